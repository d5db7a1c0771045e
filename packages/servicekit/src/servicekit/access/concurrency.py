"""Concurrency limit: a bounded number of running calls, a bounded queue, and a bounded share for each caller.

A call beyond these bounds is shed at once, with the time after which to retry. Waiting callers get slots round-robin,
so a caller with many calls only delays itself.
"""

import asyncio
import math
import time
from collections import Counter, OrderedDict, deque
from contextlib import suppress
from dataclasses import dataclass

from servicekit.core.errors import Overloaded
from servicekit.telemetry.instruments import calls_shed, calls_waiting


@dataclass(frozen=True, slots=True)
class ConcurrencyLimits:
    """The bounds of one process.

    Attributes:
        running: calls that run at once.
        waiting: calls that wait for a slot.
        wait_timeout: seconds that a call waits at most.
        share: the part of `running` and `waiting` that one caller may use, 0 to 1.
    """

    running: int = 100
    waiting: int = 200
    wait_timeout: float = 2.0
    share: float = 0.5

    @property
    def running_per_caller(self) -> int:
        """Calls of one caller that run at once."""
        return max(1, int(self.running * self.share))

    @property
    def waiting_per_caller(self) -> int:
        """Calls of one caller that wait."""
        return max(1, int(self.waiting * self.share))


class Slot:
    """A concurrency slot: the right to run until it is released.

    Attributes:
        waited: seconds that the call waited for it.
    """

    __slots__ = ("_caller", "_limiter", "waited")

    def __init__(self, limiter: "ConcurrencyLimiter", caller: str, waited: float) -> None:
        self._limiter: ConcurrencyLimiter | None = limiter
        self._caller = caller
        self.waited = waited

    def release(self) -> None:
        """Free the slot. Repeated calls have no effect."""
        limiter, self._limiter = self._limiter, None
        if limiter is not None:
            limiter.release(self._caller)


class ConcurrencyLimiter:
    """Counts the running calls of one process and queues the waiting ones. Callers are identified by `Caller.key`."""

    def __init__(self, limits: ConcurrencyLimits | None = None) -> None:
        self._limits = limits or ConcurrencyLimits()
        self._running_per_caller = self._limits.running_per_caller
        self._running = 0
        self._running_by_caller: Counter[str] = Counter()
        self._waiting = 0
        self._released = asyncio.Event()
        self._queues: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()

    @property
    def running(self) -> int:
        """Calls that run now."""
        return self._running

    @property
    def waiting(self) -> int:
        """Calls that wait now."""
        return self._waiting

    def overload_of(self, caller: str) -> Overloaded | None:
        """The error that a call of this caller would get now; None where it would run or wait."""
        if self._may_run(caller):
            return None
        waiting = len(self._queues.get(caller, ()))
        if self._waiting < self._limits.waiting and waiting < self._limits.waiting_per_caller:
            return None
        return self._overloaded()

    async def acquire(self, caller: str, wait_timeout: float | None = None) -> Slot:
        """Wait for a slot.

        Args:
            caller: the caller's key.
            wait_timeout: seconds to wait at most, where that is less than the limit.

        Raises:
            Overloaded: too many calls wait, or the wait timed out.
        """
        if self._may_run(caller):
            self._start(caller)
            return Slot(self, caller, 0.0)
        if (shed := self.overload_of(caller)) is not None:
            calls_shed.add(1)
            raise shed
        started = time.monotonic()
        await self._wait(caller, min(self._limits.wait_timeout, math.inf if wait_timeout is None else wait_timeout))
        return Slot(self, caller, time.monotonic() - started)

    async def wait_idle(self, within: float) -> None:
        """Return when no call runs, or after `within` seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within):
                while self._running:
                    self._released.clear()
                    await self._released.wait()

    def release(self, caller: str) -> None:
        """End one call of this caller and start the next waiting one."""
        self._running -= 1
        self._running_by_caller[caller] -= 1
        if not self._running_by_caller[caller]:
            del self._running_by_caller[caller]
        self._released.set()
        self._grant_next()

    async def _wait(self, caller: str, seconds: float) -> None:
        granted = asyncio.get_running_loop().create_future()
        self._queues.setdefault(caller, deque()).append(granted)
        self._waiting += 1
        calls_waiting.add(1)
        try:
            await asyncio.wait({granted}, timeout=seconds)
        except asyncio.CancelledError:
            if granted.done():
                self.release(caller)
            raise
        finally:
            self._waiting -= 1
            calls_waiting.add(-1)
            if not granted.done():
                self._dequeue(caller, granted)
        if not granted.done():
            calls_shed.add(1)
            raise self._overloaded()

    def _overloaded(self) -> Overloaded:
        return Overloaded(max(1, math.ceil(self._limits.wait_timeout)))

    def _may_run(self, caller: str) -> bool:
        return self._running < self._limits.running and self._running_by_caller[caller] < self._running_per_caller

    def _start(self, caller: str) -> None:
        self._running += 1
        self._running_by_caller[caller] += 1

    def _dequeue(self, caller: str, granted: asyncio.Future[None]) -> None:
        queue = self._queues[caller]
        queue.remove(granted)
        if not queue:
            del self._queues[caller]

    def _grant_next(self) -> None:
        """Start a call of the first waiting caller below its share, and move that caller to the end of the queue."""
        caller = next((caller for caller in self._queues if self._may_run(caller)), None)
        if caller is None:
            return
        granted = self._queues[caller].popleft()
        self._queues.move_to_end(caller)
        if not self._queues[caller]:
            del self._queues[caller]
        self._start(caller)
        granted.set_result(None)
