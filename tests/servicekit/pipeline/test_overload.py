"""Calls above the limits are refused with a time to retry, and refusals need no slot."""

import asyncio
from typing import Any

import httpx2
import pytest

from servicekit.testing.service import caller, connect
from tests.servicekit.apps.faults_app import faults_app
from tests.servicekit.apps.general_app import app_settings
from tests.servicekit.apps.writes_database import WritesDatabase, text_of, until
from tests.servicekit.conftest import Era, era_headers, post, request

from .test_outcomes import calls
from .ward import ANN, Ward, held, in_memory, ward


async def test_calls_above_the_limit_are_refused_with_a_retry_time(
    writes: WritesDatabase, issuer: Any, era: Era, call_log: pytest.LogCaptureFixture
) -> None:
    with ward(writes, issuer, max_calls=4, max_waiting=4, caller_share=0.5, wait_timeout=30) as site:
        async with site.client("ann", era) as ann, site.client("bob", era) as bob:
            anns = [asyncio.create_task(ann.call_tool("hold", {})) for _ in range(10)]
            concurrency = site.service.pipeline.concurrency

            async def full() -> bool:
                return (concurrency.running, concurrency.waiting) == (2, 2) and sum(task.done() for task in anns) == 6

            await until(full)
            shed = [task.exception() for task in anns if task.done()]
            assert {str(error) for error in shed} == {"The server is busy. Nothing was changed; try again in 30 s."}
            assert text_of(await bob.call_tool("quick", {})) == "Quick.", "one caller cannot hold every slot"
            body = request("tools/call", {"name": "quick", "arguments": {}}, era)
            headers = {**site.headers(), **era_headers("tools/call", "quick", era)}
            answer = await asyncio.to_thread(post, f"{site.base_url}/mcp", json=body, headers=headers)
            assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
            assert answer.json()["error"]["message"].startswith("The server is busy.")
            async with httpx2.AsyncClient() as http:
                for path in ("/live", "/ready", "/health", "/", "/.well-known/oauth-protected-resource/mcp"):
                    assert (await http.get(f"{site.base_url}{path}")).status_code == 200
            await asyncio.to_thread(_let_go, site)
            done = [task.result() for task in await _all(anns) if task.exception() is None]
            assert [text_of(result) for result in done] == ["Held."] * 4
    lines = [line for line in calls(call_log) if line["outcome"] == "shed"]
    assert [line["subject"] for line in lines] == ["ann"] * 7


def _let_go(site: Ward) -> None:
    """The server runs on an event loop of its own, in another thread."""
    site.tools.gate._loop.call_soon_threadsafe(site.tools.gate.set)  # type: ignore[attr-defined]


async def _all(tasks: list[Any]) -> list[Any]:
    await asyncio.wait(tasks)
    return tasks


async def test_a_shed_call_without_http_gets_a_sentence(writes: WritesDatabase, era: Era) -> None:
    async with in_memory(writes, era, max_calls=1, max_waiting=1, caller_share=1, wait_timeout=0.05) as (
        client,
        _,
        tools,
    ):
        holding = await held(client, tools)
        shed = await client.call_tool("quick", {})
        holding.cancel()
    assert (shed.is_error, shed.meta["fleet/retry_after"]) == (True, 1)
    assert text_of(shed) == "The server is busy. Nothing was changed; try again in 1 s."


async def test_a_refusal_needs_no_turn(writes: WritesDatabase) -> None:
    service, tools = faults_app(writes.urls, app_settings(max_calls=1, max_waiting=1, wait_timeout=0.01))
    async with service.running(), connect(service, ANN) as ann, connect(service, caller()) as other:
        holding = await held(ann, tools)
        denied = await other.call_tool("quick", {})
        holding.cancel()
    assert "needs the scope" in text_of(denied)
