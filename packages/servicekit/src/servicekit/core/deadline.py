"""How long the call in progress may still take: the server's limit, or the caller's own where that is shorter."""

import asyncio
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final

TIMEOUT_KEY: Final = "fleet/timeout_ms"
"""Key of a request's `_meta` by which a caller says how long it will wait, in milliseconds. MCP has none of its own."""

_LONGEST_MS: Final = 10**9  # beyond every limit of ours; a number too long for a float would not divide
_clock: ContextVar[asyncio.Timeout] = ContextVar("clock")


def requested_timeout(meta: Mapping[str, Any]) -> float | None:
    """How long the caller will wait, in seconds; None where it does not say.

    Raises:
        ValueError: it says so in a way that cannot be understood; the text is fit for the caller.
    """
    stated = meta.get(TIMEOUT_KEY)
    if stated is None:
        return None
    if not isinstance(stated, int) or isinstance(stated, bool) or stated < 1:
        raise ValueError(f"_meta {TIMEOUT_KEY} must be a whole number of milliseconds, 1 or more.")
    return min(stated, _LONGEST_MS) / 1000


def remaining() -> float | None:
    """Seconds left of the call in progress, for whoever waits for something on its behalf; 0 when they are over.

    None outside a call, and where nothing may cut the call short any more.
    """
    clock = _clock.get(None)
    when = clock.when() if clock is not None else None
    return None if when is None else max(0.0, when - asyncio.get_running_loop().time())


def shield_commit() -> None:
    """Lift the deadline: what follows must not be cut in the middle, and has a time limit of its own (a commit)."""
    clock = _clock.get(None)
    if clock is not None and not clock.expired():
        clock.reschedule(None)


class Deadlines:
    """The deadlines of the calls that run in this process.

    Args:
        longest: seconds after which any call is given up.
    """

    def __init__(self, longest: float) -> None:
        self._longest = longest
        self._running: dict[asyncio.Timeout, asyncio.Task[Any] | None] = {}
        self._end = math.inf
        self.ending = False
        """The server stops, and calls are given up for that."""

    def seconds(self, stated: float | None, spent: float = 0.0) -> float:
        """How long a call may take whose caller stated a time, and which has spent some already."""
        return max(0.0, min(self._longest, math.inf if stated is None else stated - spent))

    @contextmanager
    def running(self, clock: asyncio.Timeout) -> Iterator[None]:
        """Inside the block the call in progress runs under `clock`, which has been entered."""
        token = _clock.set(clock)
        self._running[clock] = asyncio.current_task()
        self._bring_forward(clock)
        try:
            yield
        finally:
            del self._running[clock]
            _clock.reset(token)

    def may_be_cut(self, task: asyncio.Task[Any]) -> bool:
        """Whether the call of this task may still be given up: what has begun to be committed is seen through."""
        return all(clock.when() is not None for clock, whose in self._running.items() if whose is task)

    def end_all(self, within: float) -> None:
        """Give up every call that is not done in so many seconds, those to come included."""
        self.ending = True
        self._end = asyncio.get_running_loop().time() + within
        for clock in self._running:
            self._bring_forward(clock)

    def _bring_forward(self, clock: asyncio.Timeout) -> None:
        when = clock.when()  # None: it is being committed
        if when is not None and when > self._end and not clock.expired():
            clock.reschedule(self._end)
