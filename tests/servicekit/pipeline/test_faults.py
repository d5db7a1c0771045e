"""What breaks, is late, or is given up: deadlines, cancellation, overload, clients that do not read."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
from mcp.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError

from devkit.issuer.testing import RunningIssuer
from servicekit.core.deadline import remaining
from servicekit.server.service import Service
from servicekit.testing.service import caller, connect, serving
from tests.servicekit.apps.faults_app import CONNECTIONS, READ, FaultTools, faults_app
from tests.servicekit.apps.general_app import app_settings
from tests.servicekit.apps.writes_database import WritesDatabase, text_of, until
from tests.servicekit.conftest import ACCEPT, Era, at, era_headers, post, request
from tests.servicekit.http.raw_socket import connected

from .test_outcomes import calls

ANN = caller(READ)
SLEEPING = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'SELECT pg_sleep%'"


@dataclass
class Ward:
    """The faults app over HTTP, its tools, and the database behind them."""

    writes: WritesDatabase
    issuer: RunningIssuer
    base_url: str
    service: Service
    tools: FaultTools

    def headers(self, subject: str = "ann") -> dict[str, str]:
        token = self.issuer.mint(f"{self.base_url}/mcp", scopes=[READ], subject=subject)
        return {"Authorization": f"Bearer {token}", **ACCEPT}

    @asynccontextmanager
    async def client(self, subject: str = "ann", era: Era = "auto") -> AsyncIterator[Client]:
        limits = httpx2.Limits(max_connections=100)
        async with (
            httpx2.AsyncClient(headers=self.headers(subject), timeout=20, limits=limits) as http,
            Client(streamable_http_client(f"{self.base_url}/mcp", http_client=http), mode=era) as client,
        ):
            yield client

    async def is_idle(self) -> bool:
        """Whether nothing sleeps in Postgres, no slot is taken, and every connection is in the pool."""
        pool = self.tools.database._pool
        sleeping = (await self.writes.rows(SLEEPING))[0][0]
        return (
            not sleeping and not self.service.pipeline.concurrency.running and pool.get_idle_size() == pool.get_size()
        )

    async def sleeps(self) -> bool:
        """Whether something sleeps in Postgres."""
        return bool((await self.writes.rows(SLEEPING))[0][0])


@contextmanager
def ward(writes: WritesDatabase, issuer: RunningIssuer, **settings: Any) -> Iterator[Ward]:
    made: list[tuple[Service, FaultTools]] = []

    def build(port: int) -> Service:
        made.append(faults_app(writes.urls, app_settings(**at(port, issuer.url), **settings)))
        return made[0][0]

    with ExitStack() as stack:
        base_url = stack.enter_context(serving(build))
        yield Ward(writes, issuer, base_url, *made[0])


@asynccontextmanager
async def in_memory(
    writes: WritesDatabase, era: Era = "auto", **settings: Any
) -> AsyncIterator[tuple[Client, Service, FaultTools]]:
    service, tools = faults_app(writes.urls, app_settings(**settings))
    async with service.running(), connect(service, ANN, mode=era) as client:
        yield client, service, tools


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


async def held(client: Client, tools: FaultTools) -> asyncio.Task[Any]:
    """A call that has its slot, and keeps it."""
    call = asyncio.create_task(client.call_tool("hold", {}))

    async def inside() -> bool:
        return tools.inside == 1

    await until(inside)
    return call


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
    async with service.running(), connect(service, ANN) as ann, connect(service, caller()) as nobody:
        holding = await held(ann, tools)
        denied = await nobody.call_tool("quick", {})
        holding.cancel()
    assert "needs the scope" in text_of(denied)


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
