"""Progress notifications of a long call, rate-limited on their way from the tool to the client.

A call that reports none itself is reported as working, so that no client takes a slow call for a lost one.
"""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Final, Protocol

from servicekit.telemetry.redaction import redact

SendProgress = Callable[[float, float | None, str | None], Awaitable[None]]
"""Sends done, total and message to the client of one call."""

_BURST: Final = 20
_PER_SECOND: Final = 10
_FIRST_BEAT: Final = 1.0  # seconds of silence before the first notification
_BEAT: Final = 2.0  # seconds between the others
_SEND_TIMEOUT: Final = 1.0  # seconds; after that the call continues without progress


class ReportProgress(Protocol):
    """The type of `report_progress`, for ports of a service."""

    async def __call__(self, done: float, total: float | None = None, message: str | None = None) -> None: ...


async def report_progress(done: float, total: float | None = None, message: str | None = None) -> None:
    """Send a progress notification to the client of the call in progress. Never fails the call.

    Does nothing outside a call, and if the client requested no progress. Drops values that do not increase, as MCP
    demands, and those beyond 20 at first and 10 a second later; the last one (done = total) is always sent.

    Args:
        done: how much is done, in any unit.
        total: how much there is, in the same unit, if known.
        message: a sentence for the user. Never untrusted text.
    """
    progress = _current.get()
    if progress is not None:
        await progress.report(done, total, message)


class progress_sent_to:  # noqa: N801  # used in `with`, like a function
    """Pass progress of the block to `send`. Reports from tasks that outlive the block are dropped.

    While the block reports nothing, `send` gets a value below 1 after a second and every two seconds, without a total.
    """

    __slots__ = ("_progress", "_token")

    def __init__(self, send: SendProgress | None) -> None:
        self._progress = None if send is None else _Progress(send)

    def __enter__(self) -> None:
        self._token = _current.set(self._progress)
        if self._progress is not None:
            self._progress.begin()

    def __exit__(self, *_: object) -> None:
        _current.reset(self._token)
        if self._progress is not None:
            self._progress.end()


class _Progress:
    """The progress of one call, with a token bucket."""

    __slots__ = ("_beating", "_began_at", "_last", "_refilled_at", "_send", "_timer", "_tokens", "ended")

    def __init__(self, send: SendProgress) -> None:
        self._send = send
        self._last = -math.inf
        self._tokens: float = _BURST
        self._began_at = self._refilled_at = time.monotonic()
        self._timer: asyncio.TimerHandle | None = None
        self._beating: asyncio.Task[None] | None = None
        self.ended = False

    def begin(self) -> None:
        self._beat_in(_FIRST_BEAT)

    def end(self) -> None:
        self.ended = True
        self._stop_beats()
        if self._beating is not None:
            self._beating.cancel()

    async def report(self, done: float, total: float | None, message: str | None) -> None:
        if self.ended or not math.isfinite(done) or done <= self._last:
            return
        if total is not None and not math.isfinite(total):
            total = None
        is_last = total is not None and done >= total
        if not (self._take_token() or is_last):
            return
        self._stop_beats()
        await self._pass_on(done, total, redact(message) if message is not None else None)

    async def _pass_on(self, done: float, total: float | None, message: str | None) -> None:
        self._last = done
        try:
            async with asyncio.timeout(_SEND_TIMEOUT):
                await self._send(done, total, message)
        except Exception:  # a slow client is no reason to fail, and the transport reports a lost one
            self.ended = True

    def _stop_beats(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _beat_in(self, seconds: float) -> None:
        self._timer = asyncio.get_running_loop().call_later(seconds, self._start_beat)

    def _start_beat(self) -> None:
        self._beating = asyncio.get_running_loop().create_task(self._beat())

    async def _beat(self) -> None:
        """Report seconds as a value that grows towards 1: below the first value of whatever the tool will report."""
        seconds = time.monotonic() - self._began_at
        self._beat_in(_BEAT)
        await self._pass_on(1 - 1 / (1 + seconds), None, f"Working for {seconds:.0f} s.")
        if self.ended:
            self._stop_beats()

    def _take_token(self) -> bool:
        now = time.monotonic()
        self._tokens = min(_BURST, self._tokens + (now - self._refilled_at) * _PER_SECOND)
        self._refilled_at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


_current: ContextVar[_Progress | None] = ContextVar("progress", default=None)
