"""Security alerts: filters, one alert, features that are off, and the secret that never appears."""

import logging
import zlib
from contextlib import suppress
from typing import Any

import pytest
from mcp.client import Client

from devkit.simulators.github.records.alerts import CodeAlert, DependabotAlert
from devkit.simulators.github.seed_planning import FOUND, LEAKED
from devkit.simulators.github.testing import simulator_in_thread
from devkit.simulators.github.variants import Variant
from tests.fixtures.calls import call, preview, refusal, walk

from .scene import MERGE, PAYMENTS, READ, SITE, WRITE, Hub, new_caller, plain

KINDS = ("dependabot", "code_scanning", "secret_scanning")


async def numbers(client: Client, kind: str, **filters: Any) -> list[int]:
    return [one["number"] for one in await walk(client, "list_security_alerts", kind=kind, **filters, **PAYMENTS)]


@pytest.mark.parametrize(
    ("kind", "filters", "expected"),
    [
        ("dependabot", {}, [2]),
        ("dependabot", {"state": "all"}, [2, 1]),
        ("dependabot", {"state": "fixed"}, [1]),
        ("dependabot", {"state": "closed", "severity": "medium"}, [1]),
        ("dependabot", {"state": "dismissed"}, []),
        ("dependabot", {"severity": "critical"}, [2]),
        ("dependabot", {"severity": "low"}, []),
        ("code_scanning", {}, [1]),
        ("code_scanning", {"state": "all"}, [2, 1]),
        ("code_scanning", {"state": "closed"}, [2]),
        ("code_scanning", {"state": "all", "severity": "note"}, [2]),
        ("code_scanning", {"severity": "high"}, [1]),
        ("code_scanning", {"severity": "low"}, []),
        ("secret_scanning", {}, [1]),
        ("secret_scanning", {"state": "resolved"}, [2]),
        ("secret_scanning", {"state": "closed"}, [2]),
        ("secret_scanning", {"state": "all", "limit": 1}, [2, 1]),
        ("Secret scanning", {"state": "ALL"}, [2, 1]),
    ],
)
async def test_alerts_are_listed_by_state_and_severity(
    reader: Client, kind: str, filters: dict[str, Any], expected: list[int]
) -> None:
    assert await numbers(reader, kind, **filters) == expected


async def test_row_says_what_is_vulnerable_and_where(reader: Client) -> None:
    rows = [(await call(reader, "list_security_alerts", kind=kind, **PAYMENTS))["items"][0] for kind in KINDS]
    package, finding, leak = rows
    assert (package["severity"], package["package"], package["path"]) == (
        "critical", "pip archiver", "requirements.txt",
    )  # fmt: skip
    assert plain(package["title"]) == "Archives write outside their folder"
    assert (finding["severity"], finding["path"], finding["line"], finding["tool"]) == (
        "high", "ledger.py", 3, "CodeQL",
    )  # fmt: skip
    assert (leak["validity"], leak["path"], leak["line"]) == ("active", "docs/incident.md", 4)
    assert "severity" not in leak


async def test_one_alert_is_shown_in_detail(reader: Client) -> None:
    async def one(kind: str, number: int) -> dict[str, Any]:
        return await call(reader, "get_security_alert", kind=kind, alert_number=f"#{number}", **PAYMENTS)

    package = await one("dependabot", 2)
    assert (package["cve_id"], package["cvss"], package["patched_version"]) == ("CVE-2026-11111", 9.8, "4.2.1")
    assert plain(package["description"]).startswith("A crafted archive")
    fixed = await one("dependabot", 1)
    assert (fixed["closing"]["at"][:10], "cvss" in fixed) == ("2026-05-06", False)
    finding = await one("code_scanning", 1)
    assert (finding["rule"], plain(finding["message"])[:10]) == ("py/sql-injection", "This query")
    assert plain(finding["advice"]) == "Use parameters of the driver."
    dismissed = (await one("code_scanning", 2))["closing"]
    assert (dismissed["by"], dismissed["reason"], plain(dismissed["comment"])) == ("mona", "won't fix", "Soon.")
    leak = await one("secret_scanning", 1)
    assert [(place["type"], place["path"], place["line"]) for place in leak["locations"]] == [
        ("commit", "docs/incident.md", 4)
    ]
    resolved = await one("secret_scanning", 2)
    assert (resolved["closing"]["reason"], resolved["locations"][0]["url"]) == (
        "revoked", "https://example.com/issues/1",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "private", "reason"),
    [
        ("dependabot", True, "Dependabot alerts are disabled for this repository"),
        ("code_scanning", True, "Code Security must be enabled"),
        ("code_scanning", False, "no analysis found"),
        ("secret_scanning", True, "Secret scanning is disabled on this repository"),
    ],
)
async def test_feature_that_is_off_is_no_empty_list(
    hub: Hub,
    writer: Client,
    kind: str,
    private: bool,
    reason: str,
) -> None:
    world = hub.simulator.world
    world.add_repository(world.accounts["acme"], "bare", private=private, description="")
    for tool, more in (("list_security_alerts", {}), ("get_security_alert", {"alert_number": 1})):
        words = await refusal(writer, tool, kind=kind, owner="acme", repo="bare", **more)
        assert "whether there are any is unknown: the feature is off" in words
        assert reason in words


@pytest.mark.parametrize("kind", KINDS)
async def test_missing_rights_are_no_empty_list(reader: Client, kind: str) -> None:
    rockets = {"owner": "globex", "repo": "rockets"}
    words = await refusal(reader, "list_security_alerts", kind=kind, **rockets)
    assert "this server's credential may not read it" in words


async def test_feature_that_is_on_without_alerts_is_an_empty_list(reader: Client) -> None:
    assert (await call(reader, "list_security_alerts", kind="dependabot", **SITE))["items"] == []


@pytest.mark.parametrize(
    ("tool", "asked", "words"),
    [
        ("list_security_alerts", {"kind": "secret_scanning", "severity": "high"}, "Leave severity out."),
        ("list_security_alerts", {"kind": "dependabot", "severity": "warning"}, "Use one of critical, high, medium"),
        ("list_security_alerts", {"kind": "dependabot", "state": "resolved"}, "are never resolved (state)"),
        ("list_security_alerts", {"kind": "secret_scanning", "state": "fixed"}, "Use one of open, closed, resolved"),
        ("list_security_alerts", {"kind": "secrets"}, "must be one of dependabot, code_scanning, secret_scanning"),
        *(
            ("get_security_alert", {"kind": kind, "alert_number": 99}, "There is no alert 99 among the ")
            for kind in KINDS
        ),
    ],
)
async def test_wrong_filter_or_number_is_refused(reader: Client, tool: str, asked: dict[str, Any], words: str) -> None:
    assert words in await refusal(reader, tool, **asked, **PAYMENTS)


async def test_every_page_of_dependabot_alerts_is_read(hub: Hub, writer: Client) -> None:
    alerts = hub.simulator.world.repositories["acme/payments"].alerts.dependabot
    assert alerts is not None
    for number in range(3, 12):
        fields: dict[str, Any] = dict.fromkeys(("manifest", "ghsa_id", "summary", "description", "vulnerable"), "x")
        alerts.append(DependabotAlert(
            number=number, created_at=FOUND, updated_at=FOUND, package="p", severity="low", **fields,
        ))  # fmt: skip
    for limit in (1, 2, 3, 10, 50):
        assert await numbers(writer, "dependabot", limit=limit) == [2, *range(11, 2, -1)]


async def test_severities_are_filtered_where_the_server_does_not(hub: Hub, writer: Client) -> None:
    alerts = hub.simulator.world.repositories["acme/payments"].alerts.code
    assert alerts is not None
    for number in range(3, 9):
        alerts.append(CodeAlert(
            number=number, created_at=FOUND, updated_at=FOUND, rule="r", description="d", path="p", line=1,
            message="m", commit="0" * 40, level="low" if number % 2 else "medium",
        ))  # fmt: skip
    assert await numbers(writer, "code_scanning", severity="low", limit=2) == [7, 5, 3]


async def test_toolset_needs_its_scope_and_is_off_by_default(hub: Hub) -> None:
    async with hub.client(new_caller(READ, WRITE, MERGE)) as client:
        names = {tool.name for tool in (await client.list_tools()).tools}
        assert not {"list_security_alerts", "get_security_alert"} & names
    async with hub.client(toolsets="default") as client:
        words = await refusal(client, "list_security_alerts", kind="dependabot", **SITE)
        assert "X-MCP-Toolsets: default,security" in words


async def test_reading_alerts_of_a_public_repository_guards_public_writes(writer: Client) -> None:
    await call(writer, "list_security_alerts", kind="dependabot", **SITE)
    shown, _ = await preview(writer, "add_comment", issue_number=1, body="CVE-2026-1", **SITE)
    assert "acme/website, its security alerts" in shown["effect"]


@pytest.fixture(params=[None, Variant()], ids=["github.com", "a server that does not hide secrets"])
def leaky(request: pytest.FixtureRequest, valkey_url: str, tmp_path: Any) -> Any:
    with simulator_in_thread(tmp_path / "repositories", variant=request.param) as running:
        yield Hub(running, valkey_url, tmp_path)


async def test_secret_never_appears(leaky: Hub, caplog: pytest.LogCaptureFixture) -> None:
    alerts = leaky.simulator.world.repositories["acme/payments"].alerts.secrets
    assert alerts is not None
    if leaky.simulator.variant is not None:  # github.com does not send the secret by which it could be recognised
        alerts[0].display_name = f"Key {LEAKED}"
        alerts[0].locations[0][1]["path"] = f"docs/{LEAKED}.md"
    caplog.set_level(logging.DEBUG)
    async with leaky.client() as client:
        seen = [
            (await client.call_tool(tool, {"kind": "secret_scanning", **more, **PAYMENTS})).model_dump_json()
            for tool, more in (
                ("list_security_alerts", {"state": "all"}),
                ("get_security_alert", {"alert_number": 1}),
                ("get_security_alert", {"alert_number": 2}),
                ("get_security_alert", {"alert_number": 99}),
            )
        ]
        cached = await _stored(leaky)
    assert leaky.requests("GET", "*/secret-scanning/alerts*") >= 4
    audit = "".join(file.read_text(errors="replace") for file in leaky.directory.glob("audit-*"))
    assert "get_security_alert" in audit
    assert all(LEAKED not in text for text in (*seen, audit, caplog.text, cached))
    assert '"isError":true' not in "".join(seen[:3])


async def _stored(hub: Hub) -> str:
    """The paths and bodies of everything that the server keeps in the shared store."""
    from redis.asyncio import Redis

    found = []
    async with Redis.from_url(hub.valkey_url) as store:
        async for name in store.scan_iter("mcp:github:upstream:*"):
            content = await store.get(name)
            head, _, body = (content or b"").partition(b"\n")
            with suppress(zlib.error):
                found.append(head + zlib.decompress(body))
    assert found, "the cache is where this test looks"
    return b"".join(found).decode(errors="replace")
