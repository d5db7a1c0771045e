"""The rate limits of one process, without the shared store: every call of the last minute is counted."""

from collections import OrderedDict, deque
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Final

from servicekit.access.lease_script import WINDOW
from servicekit.access.limits import Level

_MAX_KEYS: Final = 10_000


@dataclass(frozen=True, slots=True)
class Charge:
    """What a call costs in one budget.

    Attributes:
        shared: of a server's budget: the tenant's key, and the reserve for tenants below it. A tenant that spent less
            than the reserve may use the whole budget, and any other tenant all but the reserve.
    """

    level: Level
    key: Hashable
    limit: int
    cost: int
    shared: tuple[Hashable, int] | None = None


@dataclass(slots=True)
class LocalCount:
    """The decision on a call.

    Attributes:
        full: the first budget without room, as its index; None when the call is admitted.
        wait: seconds until the call would be admitted.
        remaining, reset: per budget, the amount left, and seconds until all of it returned.
    """

    full: int | None
    wait: float
    remaining: list[int]
    reset: list[float]


class _Window:
    """The calls of one key in the last minute, with the sum of their costs."""

    __slots__ = ("admitted", "spent")

    def __init__(self) -> None:
        self.admitted: deque[tuple[float, int]] = deque()
        self.spent = 0

    def add(self, now: float, cost: int) -> None:
        """Count a call at the time `now`."""
        self.admitted.append((now, cost))
        self.spent += cost

    def expire(self, before: float) -> None:
        """Drop the calls from before a time."""
        while self.admitted and self.admitted[0][0] <= before:
            self.spent -= self.admitted.popleft()[1]

    def until_free(self, over: int, now: float) -> float:
        """Seconds until calls with a cost of `over` have expired."""
        if over <= 0:
            return 0.0
        for at, cost in self.admitted:
            over -= cost
            if over <= 0:
                return at + WINDOW - now
        return WINDOW


class LocalCounts:
    """Counts calls in this process, for the keys used last."""

    def __init__(self) -> None:
        self._windows: OrderedDict[Hashable, _Window] = OrderedDict()

    def count(self, charges: Sequence[Charge], now: float) -> LocalCount:
        """Count a call in every budget, or in none where one has no room."""
        result = LocalCount(None, 0.0, [], [])
        windows = list[tuple[_Window, int]]()
        for index, charge in enumerate(charges):
            window = self._window(charge.key, now)
            windows.append((window, charge.cost))
            wait = window.until_free(window.spent + charge.cost - charge.limit, now)
            if charge.shared is not None:
                key, reserve = charge.shared
                own = self._window(key, now)
                windows.append((own, charge.cost))
                if own.spent + charge.cost > reserve:
                    wait = window.until_free(window.spent + charge.cost - charge.limit + reserve, now)
            if wait > 0 and result.full is None:
                result.full = index
            result.wait = max(result.wait, wait)
            result.remaining.append(charge.limit - window.spent)
            result.reset.append(window.admitted[-1][0] + WINDOW - now if window.admitted else 0.0)
        if result.full is None:
            for window, cost in windows:
                window.add(now, cost)
            result.remaining = [left - charge.cost for left, charge in zip(result.remaining, charges, strict=True)]
            result.reset = [WINDOW] * len(charges)
        return result

    def _window(self, key: Hashable, now: float) -> _Window:
        window = self._windows.get(key)
        if window is None:
            window = self._windows[key] = _Window()
            if len(self._windows) > _MAX_KEYS:
                self._windows.popitem(last=False)
        self._windows.move_to_end(key)
        window.expire(now - WINDOW)
        return window
