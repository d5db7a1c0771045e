"""Progress of a call that takes its time: from the tool that makes it to the client that asked to hear of it."""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final, Protocol

Send = Callable[[float, float | None, str | None], Awaitable[None]]
"""Takes how much is done, of how much, and a sentence about it, to the client of one call."""

_BURST: Final = 20
_PER_SECOND: Final = 10
_PATIENCE: Final = 1.0  # seconds; a client that reads no faster hears no more, and its call goes on


class ReportProgress(Protocol):
    """`report_progress` as a port of a service may ask for it."""

    async def __call__(self, done: float, total: float | None = None, message: str | None = None) -> None: ...


async def report_progress(done: float, total: float | None = None, message: str | None = None) -> None:
    """Tell the client of the call in progress how far it is. Never fails the call, and may be called anywhere.

    Nothing happens where the client did not ask, and outside a call. What does not increase is dropped, as the protocol
    demands (MCP, progress), and so is what comes faster than 10 a second after the first 20; the end is always told.

    Args:
        done: how much is done by now, in any unit.
        total: how much there is, in the same unit, where that is known.
        message: a sentence for the person who waits; never text that somebody outside wrote.
    """
    progress = _current.get()
    if progress is not None:
        await progress.report(done, total, message)


@contextmanager
def reporting_to(send: Send | None) -> Iterator[None]:
    """Take reports made inside the block to `send`. Those that a left-over task makes later go nowhere."""
    progress = None if send is None else _Progress(send)
    token = _current.set(progress)
    try:
        yield
    finally:
        _current.reset(token)
        if progress is not None:
            progress.ended = True


class _Progress:
    """The reports of one call."""

    __slots__ = ("_allowance", "_filled_at", "_last", "_send", "ended")

    def __init__(self, send: Send) -> None:
        self._send = send
        self._last = -math.inf
        self._allowance: float = _BURST
        self._filled_at = time.monotonic()
        self.ended = False

    async def report(self, done: float, total: float | None, message: str | None) -> None:
        if self.ended or not math.isfinite(done) or done <= self._last:
            return
        if total is not None and not math.isfinite(total):
            total = None
        at_the_end = total is not None and done >= total
        if not (self._take() or at_the_end):
            return
        self._last = done
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._send(done, total, message)
        except Exception:  # the client is slow, or gone: the one is no reason to stop, of the other the transport tells
            self.ended = True

    def _take(self) -> bool:
        """One report off the allowance, where there is one."""
        now = time.monotonic()
        self._allowance = min(_BURST, self._allowance + (now - self._filled_at) * _PER_SECOND)
        self._filled_at = now
        if self._allowance < 1:
            return False
        self._allowance -= 1
        return True


_current: ContextVar[_Progress | None] = ContextVar("progress", default=None)
