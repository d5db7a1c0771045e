"""How many calls run at once: a bounded number, a bounded queue before it, and no caller with more than its share.

Beyond that a call is shed at once: an answer now that says when to come back is worth more than one that is late for
everybody. Those who wait are taken in turn by caller, so a caller with many calls waits behind itself only.
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
        waiting: calls that wait for a turn.
        patience: seconds that one waits at most.
        share: part of both numbers that one caller may have, 0 to 1.
    """

    running: int = 100
    waiting: int = 200
    patience: float = 2.0
    share: float = 0.5

    @property
    def running_of_caller(self) -> int:
        """Calls of one caller that run at once."""
        return max(1, int(self.running * self.share))

    @property
    def waiting_of_caller(self) -> int:
        """Calls of one caller that wait."""
        return max(1, int(self.waiting * self.share))


class Slot:
    """The right to run, until it is released.

    Attributes:
        waited: seconds that it took to get.
    """

    __slots__ = ("_concurrency", "_who", "waited")

    def __init__(self, turns: "ConcurrencyLimiter", who: str, waited: float) -> None:
        self._concurrency: ConcurrencyLimiter | None = turns
        self._who = who
        self.waited = waited

    def release(self) -> None:
        """Let the next one run. Again does nothing."""
        turns, self._concurrency = self._concurrency, None
        if turns is not None:
            turns.give_back(self._who)


class ConcurrencyLimiter:
    """The calls of one process that run, and those that wait."""

    def __init__(self, limits: ConcurrencyLimits | None = None) -> None:
        self._limits = limits or ConcurrencyLimits()
        self._running = 0
        self._running_of: Counter[str] = Counter()
        self._waiting = 0
        self._over = asyncio.Event()
        self._queues: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()

    @property
    def running(self) -> int:
        """Calls that run now."""
        return self._running

    @property
    def waiting(self) -> int:
        """Calls that wait now."""
        return self._waiting

    def no_room(self, who: str) -> Overloaded | None:
        """Why a call of this caller would be shed at once; None where it would run or wait."""
        if self._may_run(who):
            return None
        of_caller = len(self._queues.get(who, ()))
        if self._waiting < self._limits.waiting and of_caller < self._limits.waiting_of_caller:
            return None
        return Overloaded(max(1, math.ceil(self._limits.patience)))

    async def take(self, who: str, patience: float | None = None) -> Slot:
        """A turn, now or when it is this caller's.

        Args:
            who: the caller's key.
            patience: seconds to wait at most, where that is less than the limit.

        Raises:
            Overloaded: too many wait, or it took too long.
        """
        if (shed := self.no_room(who)) is not None:
            calls_shed.add(1)
            raise shed
        if self._may_run(who):
            self._start(who)
            return Slot(self, who, 0.0)
        started = time.monotonic()
        await self._wait(who, min(self._limits.patience, math.inf if patience is None else patience))
        return Slot(self, who, time.monotonic() - started)

    async def all_back(self, within: float) -> None:
        """Return when no call runs any more, or after so many seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within):
                while self._running:
                    self._over.clear()
                    await self._over.wait()

    def give_back(self, who: str) -> None:
        """One call of this caller's is over."""
        self._running -= 1
        self._running_of[who] -= 1
        if not self._running_of[who]:
            del self._running_of[who]
        self._over.set()
        self._pass_on()

    async def _wait(self, who: str, patience: float) -> None:
        turn = asyncio.get_running_loop().create_future()
        self._queues.setdefault(who, deque()).append(turn)
        self._waiting += 1
        calls_waiting.add(1)
        try:
            await asyncio.wait({turn}, timeout=patience)
        except asyncio.CancelledError:
            if turn.done():
                self.give_back(who)
            raise
        finally:
            self._waiting -= 1
            calls_waiting.add(-1)
            if not turn.done():
                self._leave(who, turn)
        if not turn.done():
            calls_shed.add(1)
            raise Overloaded(max(1, math.ceil(self._limits.patience)))

    def _may_run(self, who: str) -> bool:
        return self._running < self._limits.running and self._running_of[who] < self._limits.running_of_caller

    def _start(self, who: str) -> None:
        self._running += 1
        self._running_of[who] += 1

    def _leave(self, who: str, turn: asyncio.Future[None]) -> None:
        queue = self._queues[who]
        queue.remove(turn)
        if not queue:
            del self._queues[who]

    def _pass_on(self) -> None:
        """Let the first caller run one of its calls that has not its share already, and put it last."""
        who = next((who for who in self._queues if self._may_run(who)), None)
        if who is None:
            return
        turn = self._queues[who].popleft()
        self._queues.move_to_end(who)
        if not self._queues[who]:
            del self._queues[who]
        self._start(who)
        turn.set_result(None)
