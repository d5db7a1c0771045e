"""What breaks, is late, or is given up: deadlines, cancellation, clients that do not read."""

import asyncio
import json
from contextlib import ExitStack
from typing import Any

import pytest
from mcp.shared.exceptions import MCPError

from servicekit.core.deadline import remaining
from tests.servicekit.apps.faults_app import CONNECTIONS
from tests.servicekit.apps.writes_database import WritesDatabase, text_of, until
from tests.servicekit.conftest import Era, era_headers, request
from tests.servicekit.http.raw_socket import connected

from .test_outcomes import calls
from .ward import held, in_memory, ward


async def test_the_caller_may_ask_for_less_time_and_not_for_more(writes: WritesDatabase, era: Era) -> None:
    async with in_memory(writes, era, call_timeout=7.0) as (client, _, _):
        late = await client.call_tool("hold", {}, meta={"fleet/timeout_ms": 30})
        left = {
            stated: float(text_of(await client.call_tool("time_left", {}, meta={"fleet/timeout_ms": stated})))
            for stated in (3000, 3_600_000, 10**400)
        }
    assert text_of(late) == "Not done within 0.03 s, so it was stopped. Ask for less, or try again."
    assert 0 < left[3000] <= 3 < left[3_600_000] <= 7
    assert 3 < left[10**400] <= 7
    assert remaining() is None


@pytest.mark.parametrize("stated", [0, -1, "MARKER", 1.5, True, [1]])
async def test_an_invalid_timeout_is_refused_without_echo(writes: WritesDatabase, stated: Any) -> None:
    async with in_memory(writes) as (client, _, _):
        with pytest.raises(MCPError, match="must be a whole number of milliseconds, 1 or more") as refusal:
            await client.call_tool("quick", {}, meta={"fleet/timeout_ms": stated})
    assert "MARKER" not in str(refusal.value)


async def test_a_deadline_cancels_the_statement_in_postgres(writes: WritesDatabase, issuer: Any) -> None:
    with ward(writes, issuer) as site:
        async with site.client() as client:
            for _ in range(CONNECTIONS + 1):
                meta = {"fleet/timeout_ms": 60}
                result = await client.call_tool("sleep_in_the_database", {"seconds": 60}, meta=meta)
                assert text_of(result).startswith("Not done within 0.06 s")
            await until(site.is_idle)
            assert text_of(await client.call_tool("sleep_in_the_database", {"seconds": 0})) == "Slept."


async def test_a_closed_connection_stops_the_statement_in_postgres(
    writes: WritesDatabase, issuer: Any, era: Era
) -> None:
    with ward(writes, issuer) as site:
        message = request("tools/call", {"name": "sleep_in_the_database", "arguments": {"seconds": 60}}, era)
        body = json.dumps(message).encode()
        with connected(site.base_url) as connection:
            headers = {**site.headers(), **era_headers("tools/call", "sleep_in_the_database", era)}
            connection.head(**headers, Content_Type="application/json", Content_Length=str(len(body)))
            connection.send(body)
            await until(site.sleeps)
        await until(site.is_idle)


async def test_a_closed_connection_stops_its_pipelined_calls(writes: WritesDatabase, issuer: Any, era: Era) -> None:
    with ward(writes, issuer, call_timeout=60.0) as site:
        with connected(site.base_url) as connection:
            for tool in ("hold", "quick", "quick"):
                body = json.dumps(request("tools/call", {"name": tool}, era)).encode()
                headers = {**site.headers(), **era_headers("tools/call", tool, era)}
                connection.head(**headers, Content_Type="application/json", Content_Length=str(len(body)))
                connection.send(body)

                async def inside() -> bool:
                    return site.tools.inside == 1

                await until(inside)
        await until(site.is_idle)


async def test_what_a_connected_client_cancels_is_stopped(writes: WritesDatabase, era: Era) -> None:
    async with in_memory(writes, era) as (client, service, tools):
        call = await held(client, tools)

        async def left() -> bool:
            return tools.inside == 0 and service.pipeline.concurrency.running == 0

        call.cancel()
        await asyncio.wait({call})
        await until(left)


@pytest.mark.parametrize(
    ("tool", "outcome"),
    [
        ("refuse_in_a_group", "refused"),
        ("refuse_twice_in_a_group", "refused"),
        ("fail_twice_in_a_group", "crash"),
        ("time_out_elsewhere", "crash"),
        ("break_a_pipe_elsewhere", "crash"),
        ("send_what_does_not_fit", "crash"),
    ],
)
async def test_each_failure_has_its_outcome(
    writes: WritesDatabase, tool: str, outcome: str, call_log: pytest.LogCaptureFixture
) -> None:
    async with in_memory(writes) as (client, _, tools):
        result = await client.call_tool(tool, {})
        pool = tools.database._pool
        assert pool.get_idle_size() == pool.get_size()
    assert result.is_error
    assert [line["outcome"] for line in calls(call_log)] == [outcome]
    assert (text_of(result) == "Not today.") == (outcome == "refused")


async def test_a_client_that_does_not_read_holds_no_slot(writes: WritesDatabase, issuer: Any, era: Era) -> None:
    with ward(writes, issuer, write_timeout=0.5) as site:
        body = json.dumps(request("resources/read", {"uri": "faults://wall"}, era)).encode()
        headers = {**site.headers(), **era_headers("resources/read", "faults://wall", era)}
        with ExitStack() as stack:
            connections = [stack.enter_context(connected(site.base_url, receive_buffer=4096)) for _ in range(3)]
            for connection in connections:
                connection.head(**headers, Content_Type="application/json", Content_Length=str(len(body)))
                for _ in range(8):  # more than the system's buffers take
                    connection.send(body)
                    connection.head(**headers, Content_Type="application/json", Content_Length=str(len(body)))
            for connection in connections:
                assert connection.aborted(), "the server waited for ever"
            await until(site.is_idle)


async def test_a_client_that_reads_slowly_gets_everything(writes: WritesDatabase, issuer: Any) -> None:
    answers = 4
    with ward(writes, issuer, write_timeout=0.2) as site:
        body = json.dumps(request("resources/read", {"uri": "faults://wall"}, "legacy")).encode()
        headers = {**site.headers(), **era_headers("resources/read", "faults://wall", "legacy")}
        with connected(site.base_url, receive_buffer=4096) as connection:
            for _ in range(answers):
                connection.head(**headers, Content_Type="application/json", Content_Length=str(len(body)))
                connection.send(body)
            taken = await asyncio.to_thread(connection.take_slowly, over=2.0)
    assert taken.count(b"HTTP/1.1 200 OK") == answers
    assert taken.count(b"brick ") == answers * 160_000


async def test_idle_connections_ended_by_postgres_are_replaced(
    writes: WritesDatabase, call_log: pytest.LogCaptureFixture
) -> None:
    end_all = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'accounts_writer'"
    async with in_memory(writes) as (client, _, _):
        for _ in range(8):
            await asyncio.gather(
                *(client.call_tool("sleep_in_the_database", {"seconds": 0}) for _ in range(CONNECTIONS))
            )
            await writes.rows(end_all)

    outcomes = {line["outcome"] for line in calls(call_log)}
    assert outcomes <= {"ok", "unavailable"}
    assert "ok" in outcomes
