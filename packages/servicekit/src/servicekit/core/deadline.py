"""The deadline of the call in progress: the server's limit, or the caller's timeout if that is shorter."""

import asyncio
import math
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any, Final

TIMEOUT_KEY: Final = "fleet/timeout_ms"
"""`_meta` key of a request for the caller's timeout in milliseconds. MCP defines no such key."""

_MAX_MS: Final = 10**9  # longer than any server limit, and small enough for a float division
_clock: ContextVar[asyncio.Timeout] = ContextVar("clock")


def requested_timeout(meta: Mapping[str, Any]) -> float | None:
    """The caller's timeout in seconds; None without one.

    Raises:
        ValueError: the value is invalid. The text can be shown to the caller.
    """
    timeout = meta.get(TIMEOUT_KEY)
    if timeout is None:
        return None
    if not isinstance(timeout, int) or isinstance(timeout, bool) or timeout < 1:
        raise ValueError(f"_meta {TIMEOUT_KEY} must be a whole number of milliseconds, 1 or more.")
    return min(timeout, _MAX_MS) / 1000


def remaining() -> float | None:
    """Seconds until the deadline of the call in progress, at least 0; None without a deadline or outside a call."""
    clock = _clock.get(None)
    when = clock.when() if clock is not None else None
    return None if when is None else max(0.0, when - asyncio.get_running_loop().time())


def shield_commit() -> None:
    """Remove the deadline before a commit, which must not be interrupted and has its own time limit."""
    clock = _clock.get(None)
    if clock is not None and not clock.expired():
        clock.reschedule(None)


class Deadlines:
    """The deadlines of the calls that run in this process.

    Args:
        longest: seconds after which a call is stopped.
    """

    def __init__(self, longest: float) -> None:
        self._longest = longest
        self._running: dict[asyncio.Timeout, asyncio.Task[Any] | None] = {}
        self._latest_end = math.inf
        self.shutting_down = False
        """Calls are being stopped because the server shuts down."""

    def seconds(self, requested: float | None, spent: float = 0.0) -> float:
        """Seconds left for a call, given its caller's timeout and the seconds already spent."""
        return max(0.0, min(self._longest, math.inf if requested is None else requested - spent))

    def running(self, clock: asyncio.Timeout) -> "_Running":
        """Run the call in progress under `clock`, an entered timeout, inside the block."""
        return _Running(self, clock)

    def begin(self, clock: asyncio.Timeout) -> None:
        self._running[clock] = asyncio.current_task()
        self._shorten(clock)

    def end(self, clock: asyncio.Timeout) -> None:
        del self._running[clock]

    def can_be_stopped(self, task: asyncio.Task[Any]) -> bool:
        """Whether the call of this task may be stopped: not once its commit has begun."""
        return all(clock.when() is not None for clock, owner in self._running.items() if owner is task)

    def stop_all(self, within: float) -> None:
        """Stop every current and future call that is still running after `within` seconds."""
        self.shutting_down = True
        self._latest_end = asyncio.get_running_loop().time() + within
        for clock in self._running:
            self._shorten(clock)

    def _shorten(self, clock: asyncio.Timeout) -> None:
        when = clock.when()  # None: its commit has begun
        if when is not None and when > self._latest_end and not clock.expired():
            clock.reschedule(self._latest_end)


class _Running:
    """The block in which a call runs under its deadline."""

    __slots__ = ("_clock", "_deadlines", "_token")

    def __init__(self, deadlines: Deadlines, clock: asyncio.Timeout) -> None:
        self._deadlines, self._clock = deadlines, clock

    def __enter__(self) -> None:
        self._token = _clock.set(self._clock)
        self._deadlines.begin(self._clock)

    def __exit__(self, *_: object) -> None:
        self._deadlines.end(self._clock)
        _clock.reset(self._token)
