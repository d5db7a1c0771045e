"""Abused streams: slow readers, half-open requests, cuts, thousands of opens, garbage to resume from."""

import asyncio
import random
from contextlib import AsyncExitStack, suppress
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from tests.system.load.sizes import SEED
from tests.system.load.wire import Wire, read_answer

from . import hostile_values
from .connection import signed_in
from .fleet import Fleet
from .idle import Watched, start_watched
from .lag import Lag
from .report import REPORT, Suite
from .sizes import share
from .streams import Stream
from .writes import counting, is_done

OPENS = share(0.02)
AT_ONCE = 40
PER_CALLER = 20
"""Streams that one caller may have, by default."""
MOST_MEMORY = 80 * 2**20
"""Bytes that the process may have grown by afterwards."""
WANTED: dict[str, Any] = {"toolsListChanged": True}


class Abuser:
    """Opens streams in every wrong way, as many different callers."""

    def __init__(self, watched: Watched, chance: random.Random, suite: Suite) -> None:
        self._server, self._chance, self._suite = watched.server, chance, suite
        self._tokens = [self._server.token(subject=f"caller-{number}") for number in range(50)]
        self.ways = (self._cut_at_once, self._half_open, self._cut_in_the_middle, self._resumed, self._read_and_cut)

    async def once(self) -> None:
        """One stream, abused in one way."""
        self._suite.case()
        stream = Stream(self._server, WANTED, self._chance.choice(self._tokens), self._garbage())
        reader, writer = await asyncio.open_connection("127.0.0.1", self._server.settings["port"])
        try:
            with suppress(TimeoutError, OSError, asyncio.IncompleteReadError):
                async with asyncio.timeout(10):
                    await self._chance.choice(self.ways)(reader, writer, stream.request)
        finally:
            writer.transport.abort()

    def _garbage(self) -> str:
        text = "".join(one for one in hostile_values.text(self._chance)[:1000] if one.isprintable() and ord(one) < 256)
        return f"Last-Event-ID: {text}\r\n" if self._chance.random() < 0.5 else ""

    async def _cut_at_once(self, _: Any, writer: asyncio.StreamWriter, request: bytes) -> None:
        writer.write(request)

    async def _half_open(self, _: Any, writer: asyncio.StreamWriter, request: bytes) -> None:
        writer.write(request[: self._chance.randrange(len(request))])
        await writer.drain()
        await asyncio.sleep(self._chance.random() * 0.2)

    async def _cut_in_the_middle(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes
    ) -> None:
        writer.write(request)
        await reader.read(self._chance.randint(1, 200))

    async def _resumed(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, _: bytes) -> None:
        """GET, with which earlier revisions resume a stream, is refused, whatever it resumes from."""
        head = f"GET /mcp HTTP/1.1\r\n{signed_in(self._server, self._tokens[0])}{self._garbage()}\r\n"
        writer.write(head.encode("latin-1"))
        answer = await read_answer(reader)
        if answer.status != 405:
            self._suite.fail(f"GET was answered {answer.status}", head)

    async def _read_and_cut(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> None:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith((b"HTTP/1.1 200", b"HTTP/1.1 503", b"HTTP/1.1 4")):
            self._suite.fail("a stream was answered strangely", head)
        await asyncio.sleep(self._chance.random() * 0.1)


async def slow_readers(watched: Watched, suite: Suite) -> None:
    """Readers that read nothing do not hold up a writer, and every change is announced to those that read."""
    server = watched.server
    wire = server.wire()
    new = {"title": "Watched", "body": "x", "queue_id": "it-support", "requester_email": "mona@example.com"}
    _, message = await wire.call("create_ticket", new)
    ticket = message["result"]["structuredContent"]["ticket_id"]
    wanted = {"resourceSubscriptions": [f"ticket://{ticket}"]}
    async with AsyncExitStack() as stack:
        token = server.token(subject="slow")
        streams = [await stack.enter_async_context(Stream(server, wanted, token)) for _ in range(PER_CALLER)]
        one_more = await stack.enter_async_context(Stream(server, wanted, token))
        suite.check(one_more.refusal is not None, "a caller has more streams than allowed", one_more.status)
        async with asyncio.timeout(60):
            for number in range(50):
                note = {"ticket_id": ticket, "body": f"{number} {uuid4()}"}
                _, done = await wire.call("add_internal_note", note)
                suite.check(is_done(done), "a write failed under slow readers", done)
        acknowledged, event = await streams[0].event(5), await streams[0].event(5)
        suite.check(acknowledged is not None and event is not None, "no change was announced", event)
    wire.cut()


async def cancel_storm(watched: Watched, suite: Suite) -> None:
    """Cancellations of requests that do not exist, and of those of others, are accepted and do nothing."""
    wires = [watched.server.wire(subject=f"caller-{number}") for number in range(10)]

    async def cancel(wire: Wire) -> None:
        head = signed_in(watched.server)
        body = b'{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}'
        reader, writer = await asyncio.open_connection("127.0.0.1", watched.server.settings["port"])
        for _ in range(20):
            writer.write(f"POST /mcp HTTP/1.1\r\n{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
            answer = await read_answer(reader)
            suite.check(answer.status == 202, f"a cancellation was answered {answer.status}", answer.body)
            _, message = await wire.call("list_queues", {})
            suite.check(is_done(message), "a call was cancelled by another caller", message)
        writer.transport.abort()

    await asyncio.gather(*map(cancel, wires))
    for wire in wires:
        wire.cut()


async def filled_pools(watched: Watched) -> None:
    """Open every connection that the server may keep."""
    wires = [watched.server.wire() for _ in range(AT_ONCE)]
    note = {"ticket_id": "T-1", "body": "Seen."}
    for _ in range(3):
        await asyncio.gather(*(wire.call("search_tickets", {"limit": 20}) for wire in wires))
        await asyncio.gather(*(wire.call("add_internal_note", note) for wire in wires))
    for wire in wires:
        wire.cut()


async def attack(watched: Watched, connection: asyncpg.Connection, suite: Suite) -> None:
    abuser = Abuser(watched, random.Random(SEED), suite)
    wire = watched.server.wire()
    await filled_pools(watched)
    await asyncio.sleep(0.5)  # tasks are counted ten times a second
    held, memory = watched.held, watched.server.resident()
    left = iter(range(OPENS))

    async def some() -> None:
        for _ in left:
            await abuser.once()

    async with Lag(watched.server) as lag:
        await asyncio.gather(*(some() for _ in range(AT_ONCE)))
        await slow_readers(watched, suite)
        await cancel_storm(watched, suite)
    suite.check(not lag.stalls, f"the loop stood still: {lag.stalls}")
    await watched.settled(suite, held, connection, "after the streams")
    grown = watched.server.resident() - memory
    suite.check(grown < MOST_MEMORY, f"the process has grown by {grown / 2**20:.0f} MiB")
    async with AsyncExitStack() as stack:  # every stream was given back
        token = watched.server.token(subject="caller-1")
        for _ in range(PER_CALLER):
            stream = await stack.enter_async_context(Stream(watched.server, WANTED, token))
            suite.check(stream.refusal is None, "a stream was not given back", stream.refusal)
    suite.notes.append(
        f"/live {lag.worst[1]:.2f} s at most, {grown / 2**20:+.1f} MiB, {watched.held} tasks and descriptors"
    )
    wire.cut()


@pytest.fixture
def watched(fleet: Fleet) -> Any:
    watched = start_watched(fleet, "ticketing")
    yield watched
    watched.server.victim.kill()


@pytest.mark.slow
async def test_abused_streams_leave_nothing_behind(watched: Watched) -> None:
    with REPORT.suite("streams") as suite:
        async with counting(watched.server) as connection:
            await attack(watched, connection, suite)
