"""The load client: HTTP/1.1 over kept connections, requests made beforehand, answers checked but not parsed.

It shares the machine with the server under measurement, so it does as little as possible for each answer.
"""

import asyncio
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Final, NamedTuple, cast

_LENGTH: Final = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CHUNKED: Final = re.compile(rb"\r\ntransfer-encoding: *chunked", re.IGNORECASE)
_END: Final = b"\r\n0\r\n\r\n"
_PATIENCE: Final = 10.0
"""Seconds for the last answers of a burst."""


class Step(NamedTuple):
    """One request as bytes, and what the response must have."""

    request: bytes
    status: bytes
    """Three digits."""
    answer: bytes
    """Part of the body."""
    counted: bool = True
    """Whether it belongs to the calls that are reported."""


@dataclass
class Burst:
    """What one burst measured.

    Attributes:
        seconds: of each counted request.
        elapsed: seconds of the whole burst.
        cpu: seconds of processor time that the server's processes used.
    """

    seconds: list[float] = field(default_factory=list)
    elapsed: float = 0.0
    cpu: float = 0.0


class WrongAnswer(Exception):
    """A server closed the connection or sent another answer than expected."""


class _Connection(asyncio.Protocol):
    """Sends one step after another until the time is over."""

    def __init__(self, steps: Iterator[Step], burst: Burst, until: float) -> None:
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._steps = steps
        self._burst = burst
        self._until = until
        self._received = b""
        self._started = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is no subclass
        self._send()

    def _send(self) -> None:
        self._started = time.perf_counter()
        step = next(self._steps, None) if self._started < self._until else None
        if step is None:
            self._finish(None)
            return
        self._step = step
        self._transport.write(step.request)

    def data_received(self, data: bytes) -> None:
        if self._received:
            data = self._received + data
        end = data.find(b"\r\n\r\n") + 4
        if end < 4 or not _is_complete(data, end):
            self._received = data
            return
        self._received = b""
        step = self._step
        if data[9:12] != step.status or (step.answer and data.find(step.answer, end) < 0):
            sent = step.request.partition(b"\r\n\r\n")[2]
            self._finish(WrongAnswer(f"{sent[:300]!r} got {data[:1500]!r}"))
            return
        if step.counted:
            self._burst.seconds.append(time.perf_counter() - self._started)
        self._send()

    def waits_for(self) -> str:
        """The request without an answer, and what was received of it."""
        return f"{self._step.request[-300:]!r} got no whole answer: {self._received[:1500]!r}"

    def connection_lost(self, exc: Exception | None) -> None:
        self._finish(WrongAnswer(f"the server closed the connection: {exc}, after {self._received[:300]!r}"))

    def _finish(self, problem: WrongAnswer | None) -> None:
        if not self.done.done():
            if problem is None:
                self.done.set_result(None)
            else:
                self.done.set_exception(problem)
            self._transport.close()


def _is_complete(data: bytes, end: int) -> bool:
    """Whether a response is whole; `end` is the end of its headers."""
    length = _LENGTH.search(data, 0, end)
    if length is not None:
        return len(data) >= end + int(length[1])
    # The headers end in the line break before a last chunk that has no other before it.
    return _CHUNKED.search(data, 0, end) is None or data.endswith(_END) or data[end:] == _END[2:]


async def burst(port: int, users: list[Iterator[Step]], seconds: float) -> Burst:
    """Send the steps of every user, each on its own connection, as fast as answers come.

    Ends after so many seconds, or when every user is out of steps.

    Raises:
        WrongAnswer: an answer is not the expected one.
    """
    measured = Burst()
    began = time.perf_counter()
    loop = asyncio.get_running_loop()
    connections = [_Connection(steps, measured, began + seconds) for steps in users]
    for connection in connections:
        await loop.create_connection(partial(_as_is, connection), "127.0.0.1", port)
    await asyncio.wait([connection.done for connection in connections], timeout=seconds + _PATIENCE)
    # Of every connection, as asyncio reports exceptions that nothing reads.
    problems = [
        connection.done.exception() if connection.done.done() else WrongAnswer(connection.waits_for())
        for connection in connections
    ]
    if problem := next(filter(None, problems), None):
        raise problem
    measured.elapsed = time.perf_counter() - began
    return measured


def _as_is(connection: _Connection) -> _Connection:
    return connection
