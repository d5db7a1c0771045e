"""The deadline of the call in progress: the server's limit, or the caller's timeout if that is shorter."""

import asyncio
import math
from collections.abc import Mapping
from contextvars import ContextVar
from types import TracebackType
from typing import Any, Final, Self

TIMEOUT_KEY: Final = "fleet/timeout_ms"
"""`_meta` key of a request for the caller's timeout in milliseconds. MCP defines no such key."""

_UNWIND_SECONDS: Final = 1.0
_MAX_MS: Final = 10**9  # longer than any server limit, and small enough for a float division


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
    deadline = _current.get()
    if deadline is None or deadline.at is None:
        return None
    return max(0.0, deadline.at - asyncio.get_running_loop().time())


def shield_commit() -> None:
    """Remove the deadline before a commit, which must not be interrupted and has its own time limit."""
    deadline = _current.get()
    if deadline is not None and not deadline.is_over:
        deadline.at = None


def forget_cancellations() -> None:
    """Take back the cancellation requests that came to the call's task since its deadline began."""
    deadline = _current.get()
    if deadline is not None:
        deadline.forget_cancellations()


class Deadline:
    """The deadline of one call. In its block the call's task is cancelled when the time is over, as by
    `asyncio.timeout`; the cancellation leaves the block as `TimeoutError`.

    Attributes:
        at: the event loop's time; None once the commit has begun.
        seconds: from the beginning of the block.
        is_over: the call was stopped.
    """

    __slots__ = ("_cancelling", "_deadlines", "_is_put_off", "_token", "at", "is_over", "seconds", "task")

    def __init__(self, deadlines: "Deadlines", seconds: float) -> None:
        self._deadlines, self.seconds = deadlines, seconds
        self.at: float | None = None
        self.is_over = self._is_put_off = False
        self.task: asyncio.Task[Any] | None = None

    def __enter__(self) -> Self:
        self.task = task = asyncio.current_task()
        self._cancelling = task.cancelling() if task is not None else 0
        self._token = _current.set(self)
        self._deadlines.add(self)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._deadlines.remove(self)
        _current.reset(self._token)
        # A cancellation from elsewhere stays one (`asyncio.Timeout.__aexit__`).
        is_own = self.is_over and self.task is not None and self.task.uncancel() <= self._cancelling
        if is_own and kind is not None and issubclass(kind, asyncio.CancelledError):
            raise TimeoutError from error

    def forget_cancellations(self) -> None:
        while self.task is not None and self.task.cancelling() > self._cancelling:
            self.task.uncancel()

    def stop(self) -> None:
        """Stop the call: its time is over. One that was cancelled already first gets time to roll back."""
        if self.is_over or self.task is None or self.at is None:
            return
        if self.task.cancelling() > self._cancelling and not self._is_put_off:
            self._is_put_off = True
            self.at += _UNWIND_SECONDS
        else:
            # It still runs: what was requested before was ignored, or left behind by a task group (Python 3.11).
            self._cancelling = self.task.cancelling()
            self.is_over = True
            self.task.cancel()


_current: ContextVar[Deadline | None] = ContextVar("deadline", default=None)


class Deadlines:
    """The deadlines of the calls that run in this process. One timer serves all: most calls end long before theirs.

    Args:
        longest: seconds after which a call is stopped.
    """

    def __init__(self, longest: float) -> None:
        self._longest = longest
        self._running: dict[Deadline, None] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = math.inf
        self._loop: asyncio.AbstractEventLoop | None = None
        self._latest_end = math.inf
        self.shutting_down = False
        """Calls are being stopped because the server shuts down."""

    def deadline(self, requested: float | None, spent: float = 0.0) -> Deadline:
        """The deadline of a call, to enter with `with`.

        Args:
            requested: the caller's timeout in seconds, where it is shorter than the server's.
            spent: the seconds of it that have passed.
        """
        return Deadline(self, self._longest if requested is None else max(0.0, min(self._longest, requested - spent)))

    def add(self, deadline: Deadline) -> None:
        if deadline.task is None:
            raise RuntimeError("a call runs in a task")
        loop = deadline.task.get_loop()  # cheaper than the running loop, which asks for the process id
        deadline.at = at = min(loop.time() + deadline.seconds, self._latest_end)
        self._running[deadline] = None
        if at < self._timer_at or self._loop is not loop:
            self._start_timer(loop, at)

    def remove(self, deadline: Deadline) -> None:
        del self._running[deadline]

    def can_be_stopped(self, task: asyncio.Task[Any]) -> bool:
        """Whether the call of this task may be stopped: not once its commit has begun, nor a second time."""
        own = [deadline for deadline in self._running if deadline.task is task]
        return all(deadline.at is not None and not deadline.is_over for deadline in own)

    def stop_all(self, within: float) -> None:
        """Stop every current and future call that is still running after `within` seconds."""
        self.shutting_down = True
        self._latest_end = asyncio.get_running_loop().time() + within
        for deadline in self._running:
            if deadline.at is not None:
                deadline.at = min(deadline.at, self._latest_end)
        self._stop_late()

    def _start_timer(self, loop: asyncio.AbstractEventLoop, at: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._loop, self._timer_at = loop, at  # uvloop's handle of a time that has passed does not know it
        self._timer = loop.call_at(at, self._stop_late)

    def _stop_late(self) -> None:
        """Stop the calls whose time is over, and wait for the next deadline."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        waiting = [deadline for deadline in self._running if deadline.at is not None and not deadline.is_over]
        for deadline in waiting:
            if deadline.at is not None and deadline.at <= now:
                deadline.stop()
        later = [deadline.at for deadline in waiting if deadline.at is not None and deadline.at > now]
        if later:
            self._start_timer(loop, min(later))
        else:
            self._timer, self._timer_at = None, math.inf
