"""Generated and spoiled inputs of every kind: no crash, no inner word in an answer, no hang, no standstill."""

import asyncio
import time
from collections import Counter
from contextlib import suppress
from urllib.parse import urlsplit

import pytest

from tests.system.load.sizes import SEED
from tests.system.load.wire import Answer, read_answer

from .catalogue import read_catalogue
from .fleet import CALL_TIMEOUT, Server
from .inputs import Input, Inputs
from .lag import Lag
from .oracle import problems
from .report import REPORT, Suite
from .sizes import share

CASES = share(0.8)
CONNECTIONS = 4
"""At once for each server."""
LATEST = CALL_TIMEOUT + 5.0
"""Seconds in which every answer begins."""


class Connection:
    """One keep-alive connection that sends raw requests."""

    def __init__(self, server: Server) -> None:
        self._address = urlsplit(server.base_url)
        self._head = (
            f"POST /mcp HTTP/1.1\r\nHost: {self._address.netloc}\r\nAuthorization: Bearer {server.token()}\r\n"
            "Accept: application/json, text/event-stream\r\nContent-Type: application/json\r\n"
        )
        self._writer: asyncio.StreamWriter | None = None

    async def ask(self, one: Input) -> Answer:
        """The answer to an input; of a stream, its beginning."""
        for _ in range(2):  # the server may have closed an idle connection
            fresh = self._writer is None
            if fresh:
                self._reader, self._writer = await asyncio.open_connection(self._address.hostname, self._address.port)
            assert self._writer is not None
            head = f"{self._head}{one.headers}Content-Length: {len(one.body)}\r\n\r\n"
            self._writer.write(head.encode("latin-1") + one.body)
            with suppress(asyncio.IncompleteReadError, OSError):
                return await self._answer(one)
            self.cut()
            if fresh:
                break
        raise ConnectionError("the server closed the connection without an answer")

    async def _answer(self, one: Input) -> Answer:
        if one.wants_stream:
            head = await self._reader.readuntil(b"\r\n\r\n")
            if b"text/event-stream" in head.lower():
                self.cut()
                return Answer(int(head.split(b" ", 2)[1]), {}, b"")
            length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0] or b"0")
            answer = Answer(int(head.split(b" ", 2)[1]), {"content-type": "application/json"}, await self._reader.readexactly(length))
            self.cut()
            return answer
        answer = await read_answer(self._reader)
        if answer.closes:
            self.cut()
        return answer

    def cut(self) -> None:
        if self._writer is not None:
            self._writer.transport.abort()
            self._writer = None


async def judged(connection: Connection, one: Input, suite: Suite, statuses: Counter[int]) -> None:
    """Try one input, and record what is wrong with its answer."""
    suite.case()
    started = time.monotonic()
    try:
        async with asyncio.timeout(LATEST):
            answer = await connection.ask(one)
    except (TimeoutError, OSError) as error:
        connection.cut()
        suite.fail(f"{type(error).__name__} after {time.monotonic() - started:.1f} s: {error}", one)
        return
    statuses[answer.status] += 1
    for problem in problems(answer, str(one)):
        suite.fail(problem, f"{one}\n      -> {answer.status} {answer.body[:600]!r}")


async def attack(server: Server, cases: int, suite: Suite, seed: int) -> None:
    """Send so many inputs to a server."""
    catalogue = await read_catalogue(server)
    inputs, statuses, in_flight = Inputs(catalogue, seed), Counter[int](), dict[int, object]()
    left = iter(range(cases))

    async def some(number: int) -> None:
        connection = Connection(server)
        for _ in left:
            in_flight[number] = one = inputs.draw()
            await judged(connection, one, suite, statuses)
        in_flight.pop(number, None)
        connection.cut()

    async with Lag(server, in_flight) as lag:
        await asyncio.gather(*map(some, range(CONNECTIONS)))
    for seconds, suspects in lag.stalls:
        await confirm_stall(server, suite, seconds, suspects)
    suite.check(not server.victim.gone_within(0), f"{server.name} died")
    suite.notes.append(f"{server.name} {dict(sorted(statuses.items()))}, /live {lag.worst:.2f} s at most")


async def confirm_stall(server: Server, suite: Suite, seconds: float, suspects: list[object]) -> None:
    """Ask each input again that was in flight when the loop stood still, alone; a stall by many inputs is none."""
    for one in suspects:
        assert isinstance(one, Input)
        async with Lag(server) as lag:
            connection = Connection(server)
            with suppress(TimeoutError, OSError):
                async with asyncio.timeout(LATEST):
                    await connection.ask(one)
            connection.cut()
            await asyncio.sleep(0.1)
        if lag.stalls:
            suite.fail(f"the loop of {server.name} stood still for {seconds:.2f} s of processor time", one)


@pytest.mark.slow
async def test_no_input_breaks_a_server(servers: dict[str, Server]) -> None:
    with REPORT.suite("fuzz") as suite:
        each = CASES // len(servers)
        jobs = (attack(server, each, suite, SEED + place) for place, server in enumerate(servers.values()))
        await asyncio.gather(*jobs)
