"""A quota that this server counts itself, for all replicas, because the upstream does not report it."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from servicekit.core.errors import Unavailable
from servicekit.storage.redis.store import RedisStore
from servicekit.upstream.errors import QuotaSpent
from servicekit.upstream.http.response import UpstreamResponse
from servicekit.upstream.http.retry_after import retry_after
from servicekit.upstream.resilience.quota import Clock, Pause, QuotaState

_THOUSANDTHS: Final = 1000  # costs are counted in whole thousandths, since Redis adds integers exactly

_CONCURRENCY_PAUSE: Final = 2.0  # seconds to wait after a 429 that names no window

# KEYS: one counter per window. ARGV: the cost, then limit and lifetime in seconds per window.
# Reply: the window that is full (1-based; 0 for none), then the amount spent in each.
_SCRIPT: Final = """
local reply = {0}
for window = 1, #KEYS do
  local spent = tonumber(redis.call('GET', KEYS[window]) or '0')
  if reply[1] == 0 and spent + ARGV[1] > tonumber(ARGV[2 * window]) then reply[1] = window end
  reply[window + 1] = spent
end
if reply[1] == 0 then
  for window = 1, #KEYS do
    reply[window + 1] = redis.call('INCRBY', KEYS[window], ARGV[1])
    redis.call('EXPIRE', KEYS[window], ARGV[2 * window + 1])
  end
end
return reply
"""


@dataclass(frozen=True, slots=True)
class Window:
    """A fixed window: at most `limit` in `seconds`. Windows start at multiples of `seconds` since the epoch."""

    name: str
    limit: float
    seconds: int

    def begins(self, now: float) -> int:
        """The start of the window that contains `now`, in seconds since the epoch."""
        return int(now) // self.seconds * self.seconds


class CountedQuota:
    """Counts requests and refuses those beyond a limit, before the upstream does.

    Args:
        name: the upstream's display name.
        host: the value of `server.address` in metrics.
        windows: every limit; a request must fit into all.
        store: counts for all replicas. Without it, or while it is unavailable, each process counts its own requests.
        clock: seconds since the epoch.
    """

    def __init__(
        self, name: str, host: str, windows: Sequence[Window], store: RedisStore | None, clock: Clock = time.time
    ) -> None:
        self._name, self._host = name, host
        self._windows = tuple(windows)
        self._store = store
        self._script: Any = store.script(_SCRIPT) if store is not None else None
        self._clock = clock
        self._pause = Pause(name, clock)
        self._local_counts: dict[str, int] = {}

    async def reserve(self, cost: float, resource: str = "") -> None:  # noqa: ARG002  # one quota for all resources
        """Count a request of `cost`, in all windows or in none.

        Raises:
            QuotaSpent: a window is full.
        """
        self._pause.check()
        now = self._clock()
        full, spent = await self._count(round(cost * _THOUSANDTHS), now)
        for state in self._states_of(spent, now):
            state.record_metrics(self._host)
        if full:
            window = self._windows[full - 1]
            raise QuotaSpent(self._name, window.name, window.begins(now) + window.seconds, now)

    def update(self, response: UpstreamResponse) -> QuotaSpent | None:
        """Pause after a 429, whatever was counted: other clients may share this address."""
        if response.status != 429:
            return None
        now = self._clock()
        if (wait := retry_after(response.headers, now)) is not None:
            return self._pause.start(self._windows[0].name, now + wait)
        text = response.body[:1024].lower()
        window = next((one for one in self._windows if one.name.encode() in text), None)
        if window is None:  # a limit on concurrent requests
            return self._pause.start("concurrency", now + _CONCURRENCY_PAUSE)
        return self._pause.start(window.name, window.begins(now) + window.seconds)

    async def states(self) -> Sequence[QuotaState]:
        """The state of every window."""
        now = self._clock()
        _, spent = await self._count(0, now)
        return self._states_of(spent, now)

    async def _count(self, cost: int, now: float) -> tuple[int, Sequence[int]]:
        """The full window (1-based, or 0), and the amount spent in each, in thousandths."""
        keys = [f"mcp:{{quota:{self._name}}}:{window.seconds}:{window.begins(now)}" for window in self._windows]
        if self._store is not None:
            arguments: list[float] = [cost]
            for window in self._windows:
                arguments += [round(window.limit * _THOUSANDTHS), window.seconds + 60]
            try:
                reply = await self._store.run(self._script(keys=keys, args=arguments), name="EVALSHA")
            except Unavailable:
                pass  # counted locally, without the requests of the other replicas
            else:
                return int(reply[0]), [int(number) for number in reply[1:]]
        return self._count_locally(keys, cost)

    def _count_locally(self, keys: Sequence[str], cost: int) -> tuple[int, Sequence[int]]:
        spent = [self._local_counts.get(key, 0) for key in keys]
        limits = [round(window.limit * _THOUSANDTHS) for window in self._windows]
        full = next((n for n, (used, most) in enumerate(zip(spent, limits, strict=True), 1) if used + cost > most), 0)
        if not full:
            self._local_counts = {key: used + cost for key, used in zip(keys, spent, strict=True)}
            spent = list(self._local_counts.values())
        return full, spent

    def _states_of(self, spent: Sequence[int], now: float) -> list[QuotaState]:
        return [
            QuotaState(
                window.name,
                window.limit,
                max(0.0, window.limit - used / _THOUSANDTHS),
                window.begins(now) + window.seconds,
            )
            for window, used in zip(self._windows, spent, strict=True)
        ]
