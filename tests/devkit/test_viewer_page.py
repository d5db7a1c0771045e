"""The viewer's page in headless Chromium."""

import itertools
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from devkit.settings import WORKSPACE

from .browser import Page, chromium
from .page_checks import FAINT, NAMELESS
from .telemetry import Piece, Viewer, running_viewer, tool_call

PICTURES = WORKSPACE / ".dev" / "pictures"
HOSTILE = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"


@pytest.fixture
def viewer() -> Iterator[Viewer]:
    with running_viewer() as running:
        yield running


@pytest.fixture
async def page(tmp_path: Path) -> AsyncIterator[Page]:
    async with chromium(tmp_path / "profile") as tab:
        await tab.shape(1440, 1000, dark=False)
        yield tab
        assert tab.errors == []


def fill(viewer: Viewer) -> tuple[str, str]:
    """Export a few calls; returns the trace ids of a successful and of a crashed one."""
    sql = Piece("SELECT orders", 3, 7, {"db.system.name": "postgresql", "db.query.text": "SELECT id FROM orders"})
    redis = Piece("EVALSHA", 1, 2, {"db.system.name": "redis"})
    http = Piece("GET", 7, 8, {"http.request.method": "GET"})
    good = viewer.export("orders", tool_call("search_orders", 0, 10, redis, Piece("tool", 2, 9, children=[sql, http])))
    bad = viewer.export("orders", tool_call("get_order", 1, 6, error=ValueError("no such column")))
    for number in range(8):
        viewer.export("weather", tool_call("get_forecast", -9_000 * number, 20 - 9_000 * number))
    return good, bad


async def test_overview_leads_to_a_query(viewer: Viewer, page: Page) -> None:
    fill(viewer)
    await page.open(f"{viewer.url}/telemetry")
    await page.wait_for("document.querySelectorAll('#list .trace').length === 10")
    assert await page.evaluate("document.querySelectorAll('#table tbody tr').length") == 3

    await page.evaluate(choose("#table tbody tr", "search_orders"))
    await page.wait_for("document.querySelectorAll('#list .trace').length === 1")
    await page.evaluate("document.querySelector('#list .trace').click()")
    await page.wait_for("document.querySelectorAll('#spans .span').length === 5")
    legend = await page.evaluate("document.querySelector('.legend').innerText")
    assert "SQL 4.00 ms 40 %" in legend
    assert "Redis 1.00 ms 10 %" in legend

    await page.evaluate(choose("#spans .span", "SELECT"))
    await page.wait_for("document.querySelector('#detail').innerText.includes('SELECT id FROM orders')")
    for width, dark in itertools.product((390, 1440), (False, True)):
        await page.shape(width, 1000, dark=dark)
        picture = await page.picture()
        assert picture.startswith(b"\x89PNG")
        keep(f"{width}-{'dark' if dark else 'light'}", picture)
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (width, dark)
        assert await page.evaluate(FAINT) == []
        assert await page.evaluate(NAMELESS) == []


def choose(rows: str, text: str) -> str:
    """A click on the row with a text."""
    return f"[...document.querySelectorAll('{rows}')].find((row) => row.innerText.includes('{text}')).click()"


def keep(name: str, picture: bytes) -> None:
    """Save a screenshot for review."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    (PICTURES / f"viewer-{name}.png").write_bytes(picture)


async def test_url_opens_a_trace_that_arrives_later(viewer: Viewer, page: Page) -> None:
    body = {"traceId": "ab" * 16, "spanId": "cd" * 8, "name": "late", "startTimeUnixNano": "1", "endTimeUnixNano": "2"}
    await page.open(f"{viewer.url}/telemetry?trace={'ab' * 16}")
    await page.wait_for("document.querySelector('#detail').innerText.includes('Unknown trace')")
    viewer.client.post("/v1/traces", json={"resourceSpans": [{"scopeSpans": [{"spans": [body]}]}]})
    await page.wait_for("document.querySelector('#detail h2').innerText === 'late'")
    assert all("404" in error for error in page.errors)  # the trace did not exist yet
    page.errors.clear()


async def test_errors_and_failures_are_filtered(viewer: Viewer, page: Page) -> None:
    _good, bad = fill(viewer)
    for number in range(5):
        viewer.export("orders", tool_call("get_order", number, 1_500, error=ValueError("no"), outcome="refused"))
    await page.open(f"{viewer.url}/telemetry")
    await page.wait_for("document.querySelectorAll('#list .trace').length === 15")
    cells = "[...document.querySelectorAll('#table tbody tr')].find((row) => row.innerText.includes('get_order'))"
    assert await page.evaluate(f"{cells}.querySelector('.bad').innerText") == "1 (16.7 %)", "failures"
    assert await page.evaluate(f"{cells}.querySelector('.odd').innerText") == "5 (83.3 %)", "errors of callers"
    assert await page.evaluate(f"{cells}.querySelectorAll('.slow').length") == 3
    await page.evaluate("document.querySelector('[name=errors]').click()")
    await page.wait_for("document.querySelectorAll('#list .trace').length === 6")
    assert await page.evaluate("document.querySelectorAll('#list .pill.failed').length") == 1
    await page.evaluate("document.querySelector('[name=failures]').click()")
    await page.wait_for("document.querySelectorAll('#list .trace').length === 1")
    await page.evaluate("document.querySelector('#list .trace').click()")
    await page.wait_for("document.querySelectorAll('#spans .failed').length === 1")
    await page.evaluate("document.querySelector('#spans .failed').click()")
    assert "no such column" in await page.evaluate("document.querySelector('.inside pre').innerText")
    address = await page.evaluate("location.search")
    assert "failures=1" in address
    assert f"trace={bad}" in address


async def test_page_updates_itself(viewer: Viewer, page: Page) -> None:
    await page.open(f"{viewer.url}/telemetry")
    await page.wait_for("document.querySelector('#table').innerText.includes('No calls')")
    fill(viewer)
    await page.wait_for("document.querySelectorAll('#table tbody tr').length === 3")
    await page.evaluate("document.querySelector('[data-view=callers]').click()")
    await page.wait_for("document.querySelector('#table').innerText.includes('ann')")


async def test_hostile_telemetry_is_shown_as_text(viewer: Viewer, page: Page) -> None:
    child = Piece(HOSTILE, 1, 2, {HOSTILE: HOSTILE, "db.system.name": "postgresql"}, error=ValueError(HOSTILE))
    trace_id = viewer.export(HOSTILE, tool_call(HOSTILE, 0, 5, child))
    metric = {"name": HOSTILE, "unit": HOSTILE, "gauge": {"dataPoints": [{"asInt": "1"}]}}
    viewer.client.post("/v1/metrics", json={"resourceMetrics": [{"scopeMetrics": [{"metrics": [metric]}]}]})
    log = {"traceId": trace_id, "severityText": HOSTILE, "body": {"stringValue": HOSTILE}}
    viewer.client.post("/v1/logs", json={"resourceLogs": [{"scopeLogs": [{"logRecords": [log]}]}]})

    await page.open(f"{viewer.url}/telemetry?trace={trace_id}&view=metrics")
    await page.wait_for("document.querySelectorAll('#spans .span').length === 2")
    await page.evaluate("document.querySelectorAll('#spans .span').forEach((row) => row.click())")
    await page.wait_for("document.querySelector('#table tbody tr')")
    for view in ("callers", "tools"):
        await page.evaluate(f"document.querySelector('[data-view={view}]').click()")
        await page.wait_for(f"document.querySelector('[data-view={view}][aria-selected=true]')")
    shown = await page.evaluate("document.body.innerText")
    assert shown.count(HOSTILE) >= 8
    assert await page.evaluate("document.querySelectorAll('main img, main script').length") == 0
    assert await page.evaluate("document.title") == "Fleet telemetry"
    assert json.dumps(HOSTILE) in json.dumps(viewer.get(f"/api/traces/{trace_id}"))
