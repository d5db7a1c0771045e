"""Progress: it reaches a client that asked, in order, on every transport; it never fails a call or outlives it."""

import asyncio
import json
from typing import Any

import httpx2
import pytest
from mcp.client import Client

from devkit.issuer.testing import RunningIssuer
from servicekit.core import progress
from servicekit.core.progress import progress_sent_to, report_progress
from servicekit.pipeline.call import call
from servicekit.pipeline.request import RequestInfo
from servicekit.testing.service import caller
from tests.servicekit.apps.content_app import (
    LOOK,
    ContentTools,
    Site,
    client,
    content_app,
    content_at,
    content_site,
    in_memory,
    over_http,
)
from tests.servicekit.apps.pipeline_parts import boundary
from tests.servicekit.conftest import ACCEPT, Era, era_headers, request

__all__ = ["client", "content_at"]

Report = tuple[float, float | None, str | None]


class Heard(list[Report]):
    """The progress that a client received, as its callback."""

    async def __call__(self, done: float, total: float | None, message: str | None) -> None:
        self.append((done, total, message))


async def test_a_client_that_asks_hears_what_increases(client: Client) -> None:
    heard = Heard()
    result = await client.call_tool("expose", {}, progress_callback=heard)
    assert not result.is_error
    assert heard == [(0, 3, "Opening"), (1, 3, None), (2.5, None, "Closing"), (3, 3, None)]


async def test_a_client_that_does_not_ask_is_answered_all_the_same(client: Client) -> None:
    assert (await client.call_tool("expose", {})).content[0].text == "done"


async def test_a_flood_is_thinned_and_its_end_is_sent(client: Client) -> None:
    heard = Heard()
    await client.call_tool("flood", {}, progress_callback=heard)
    assert heard[:20] == [(step, 1000, None) for step in range(1, 21)]
    assert heard[-1] == (1000, 1000, None)
    assert len(heard) < 100


async def test_a_leftover_task_sends_no_progress(era: Era) -> None:
    tools, heard = ContentTools(), Heard()
    async with in_memory(era, tools) as client:
        result = await client.call_tool("leave_something_running", {}, progress_callback=heard)
        assert result.content[0].text == "ann"
        await asyncio.gather(*tools.leftovers)
        await client.call_tool("expose", {}, progress_callback=heard)
    assert [done for done, _, _ in heard] == [1, 0, 1, 2.5, 3]


async def test_outside_a_call_nothing_happens() -> None:
    await report_progress(1)


@pytest.mark.parametrize("era", ["legacy", "modern"])
@pytest.mark.parametrize(("token", "events"), [("mine", 5), (7, 5), (None, None)])
def test_progress_turns_an_answer_into_a_stream(
    content_at: Site, era: str, token: str | int | None, events: int | None
) -> None:
    endpoint, headers = content_at
    meta = {"_meta": {"progressToken": token}} if token is not None else {}
    message = request("tools/call", {"name": "expose", "arguments": {}, **meta}, era)
    headers = {**headers, **ACCEPT, **era_headers("tools/call", "expose", era)}
    response = httpx2.post(endpoint, json=message, headers=headers, trust_env=False)
    kind = response.headers["Content-Type"]
    if events is None:
        assert era == "legacy" or kind == "application/json"
        return
    assert kind == "text/event-stream"
    sent = [
        json.loads(line.removeprefix("data: ")) for line in response.text.splitlines() if line.startswith("data: {")
    ]
    assert len(sent) == events
    assert [note["params"]["progressToken"] for note in sent[:-1]] == [token] * 4
    assert sent[-1]["result"]["content"][0]["text"] == "done"


async def test_a_client_that_leaves_in_the_middle_stops_the_tool(issuer: RunningIssuer, era: Era) -> None:
    tools = ContentTools()
    modern = "legacy" if era == "legacy" else "modern"
    message = request("tools/call", {"name": "wait", "_meta": {"progressToken": 1}}, modern)
    with content_site(issuer, tools) as (endpoint, headers):
        headers = {**headers, **ACCEPT, **era_headers("tools/call", "wait", modern)}
        async with (
            httpx2.AsyncClient(trust_env=False) as http,
            http.stream("POST", endpoint, json=message, headers=headers) as response,
        ):
            async for line in response.aiter_lines():
                if line.startswith("data: {"):
                    break
        assert await asyncio.to_thread(tools.stopped.wait, 5)


async def test_a_call_given_up_in_memory_stops_the_tool(era: Era) -> None:
    tools = ContentTools()
    async with in_memory(era, tools) as client:
        calling = asyncio.create_task(client.call_tool("wait", {}))
        assert await asyncio.to_thread(tools.started.wait, 5)
        calling.cancel()
        with pytest.raises(asyncio.CancelledError):
            await calling
        assert await asyncio.to_thread(tools.stopped.wait, 5)


@pytest.mark.parametrize("failure", [ConnectionResetError, RuntimeError])
async def test_progress_that_cannot_be_sent_fails_no_call(failure: type[Exception]) -> None:
    tried: list[float] = []

    async def broken(done: float, *_: Any) -> None:
        tried.append(done)
        raise failure

    operation = content_app(ContentTools()).registry.tools["expose"]
    reply = await call(boundary(), operation, {}, caller(LOOK), RequestInfo("r", progress=broken))
    assert (reply.outcome, reply.text, tried) == ("ok", "done", [0])


async def test_a_client_that_does_not_read_holds_up_no_call(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "_SEND_TIMEOUT", 0.01)
    tried: list[float] = []

    async def stuck(done: float, *_: Any) -> None:
        tried.append(done)
        await asyncio.Event().wait()

    with progress_sent_to(stuck):
        await report_progress(1)
        await report_progress(2)
    assert tried == [1]


@pytest.mark.parametrize("transport", ["http", "memory"])
async def test_a_tool_that_reports_nothing_is_shown_as_working(issuer: RunningIssuer, era: Era, transport: str) -> None:
    tools = ContentTools()

    async def hear(*_: Any) -> None:
        tools.heard.set()

    with content_site(issuer, tools) as site:
        async with over_http(site, era) if transport == "http" else in_memory(era, tools) as client:
            result = await client.call_tool("ponder", {}, progress_callback=hear)
    assert result.content[0].text == "done"


async def test_the_working_notes_grow_below_what_a_tool_reports(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "_FIRST_BEAT", 0.01)
    monkeypatch.setattr(progress, "_BEAT", 0.01)
    heard: list[Report] = []
    several = asyncio.Event()

    async def hear(*report: Any) -> None:
        heard.append(report)
        if len(heard) >= 3:
            several.set()

    with progress_sent_to(hear):
        await several.wait()
        await report_progress(1, 2, "Read 1 of 2.")
        notes = len(heard)
        later = asyncio.Event()
        asyncio.get_running_loop().call_later(0.05, later.set)
        await later.wait()
    assert heard[-1] == (1, 2, "Read 1 of 2.")
    assert len(heard) == notes  # a tool that reports speaks for itself
    values = [done for done, total, _ in heard[:-1] if total is None]
    assert len(values) == len(heard) - 1
    assert values == sorted(set(values))
    assert max(values) < 1
    assert heard[0][2] == "Working for 0 s."
