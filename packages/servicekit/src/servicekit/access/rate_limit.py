"""Rate limits per server, per caller, and per caller and tool, decided in one round trip.

A sliding window: any period of one minute admits at most the limit, and a spent amount returns after a minute
(ADR 0004). The shared store counts under its own clock, so the count is exact across replicas. While the store is
unavailable, each process counts its own calls (the local fallback).
"""

import math
import time
from collections import OrderedDict, deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from servicekit.core.caller import Caller, caller_key
from servicekit.core.errors import Unavailable
from servicekit.storage.redis import RedisStore
from servicekit.telemetry.instruments import rate_limit_local_fallbacks, rate_limit_refused
from servicekit.telemetry.spans import child_span

Level = Literal["server", "caller", "tool"]
LEVELS: Final[tuple[Level, ...]] = ("server", "caller", "tool")

WINDOW: Final = 60.0
"""Seconds of the sliding window."""
_SLOTS: Final = 20
"""Calls are counted in slots of 3 s, so a spent amount returns up to 3 s late and never early."""
_MAX_LOCAL_CALLERS: Final = 10_000

# KEYS: one hash of slot -> spent per level, then the caller's count of refusals.
# ARGV: window and slots, then limit and cost per level. Reply: admitted, the exceeded level (1-based), milliseconds
# until admission, refusals in this window, then per level the remaining amount and milliseconds until reset.
_SCRIPT: Final = """
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local window, slots = tonumber(ARGV[1]), tonumber(ARGV[2])
local length = window / slots
local slot = math.floor(now / length)
local reply, refused, wait = {1, 0, 0, 0}, 0, 0
for level = 1, #KEYS - 1 do
  local limit, cost = tonumber(ARGV[1 + 2 * level]), tonumber(ARGV[2 + 2 * level])
  local entries, live, spent = redis.call('HGETALL', KEYS[level]), {}, 0
  for index = 1, #entries, 2 do
    local at, count = tonumber(entries[index]), tonumber(entries[index + 1])
    if at < slot - slots then
      redis.call('HDEL', KEYS[level], entries[index])
    else
      spent = spent + count
      live[#live + 1] = {at, count}
    end
  end
  table.sort(live, function(one, other) return one[1] < other[1] end)
  local back = 0
  if #live > 0 then back = (live[#live][1] + slots + 1) * length - now end
  reply[3 + 2 * level], reply[4 + 2 * level] = limit - spent, math.ceil(back)
  if spent + cost > limit then
    if refused == 0 then refused = level end
    local over, until_free = spent + cost - limit, window
    for _, entry in ipairs(live) do
      over = over - entry[2]
      if over <= 0 then until_free = (entry[1] + slots + 1) * length - now break end
    end
    wait = math.max(wait, until_free)
  end
end
if refused > 0 then
  local attempts = redis.call('INCR', KEYS[#KEYS])
  if attempts == 1 then redis.call('PEXPIRE', KEYS[#KEYS], window) end
  reply[1], reply[2], reply[3], reply[4] = 0, refused, math.ceil(wait), attempts
  return reply
end
for level = 1, #KEYS - 1 do
  local cost = tonumber(ARGV[2 + 2 * level])
  redis.call('HINCRBY', KEYS[level], slot, cost)
  redis.call('PEXPIRE', KEYS[level], window + 2 * length)
  reply[3 + 2 * level] = reply[3 + 2 * level] - cost
  if reply[4 + 2 * level] == 0 then reply[4 + 2 * level] = window end
end
return reply
"""


@dataclass(frozen=True, slots=True)
class RateLimits:
    """Limits per minute. A call costs 1 on the levels server and caller, and its registration's cost on level tool."""

    server: int
    caller: int
    tool: int

    def of(self, level: Level) -> int:
        """The limit of one level."""
        return int(getattr(self, level))


@dataclass(frozen=True, slots=True)
class RateLimitDecision:
    """The rate limit's decision on one call.

    Attributes:
        exceeded: the level whose limit is reached; None when the call is admitted.
        retry_after: seconds until the call would be admitted.
        over_limit: the caller had as many calls refused in this window as its whole limit.
        limit, remaining, reset: the caller's limit, the remaining amount, and seconds until it resets.
        local_fallback: the store was unavailable, and only this process's calls were counted.
    """

    exceeded: Level | None
    retry_after: float
    over_limit: bool
    limit: int
    remaining: int
    reset: float
    local_fallback: bool = False

    @property
    def message(self) -> str:
        """The text for the model when the call is refused."""
        wait = math.ceil(self.retry_after)
        if self.exceeded == "server":
            return f"The server has reached its rate limit. Nothing was done; try again in {wait} s."
        whose = "calls of this tool" if self.exceeded == "tool" else "calls"
        return (
            f"Your budget of {whose} for this minute is spent. Nothing was done; wait {wait} s. To need fewer calls, "
            "ask for more records at once with `limit`, or narrow the search with filters."
        )

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        """`RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers), and the older `X-RateLimit-*`."""
        reset = math.ceil(self.reset)
        return [
            (b"ratelimit-policy", f'"caller";q={self.limit};w={WINDOW:.0f}'.encode()),
            (b"ratelimit", f'"caller";r={max(self.remaining, 0)};t={reset}'.encode()),
            (b"x-ratelimit-limit", str(self.limit).encode()),
            (b"x-ratelimit-remaining", str(max(self.remaining, 0)).encode()),
            (b"x-ratelimit-reset", str(reset).encode()),
        ]


class RateLimiter:
    """Decides whether a call is within the rate limits.

    Args:
        service: part of the keys, for services that share a store.
        store: counts the calls of all replicas; None counts in this process.
        writes_need_store: refuse writes while the store is unavailable, instead of counting them in this process.
    """

    def __init__(self, service: str, store: RedisStore | None, *, writes_need_store: bool = False) -> None:
        self._writes_need_store = writes_need_store
        self.local_fallbacks = 0
        """Decisions without the store since the start."""
        self._prefix = f"mcp:{{{service}}}:limit"
        self._store = store
        self._script = store.redis.register_script(_SCRIPT) if store is not None else None
        self._local = _LocalCounts()

    async def decide(
        self, caller: Caller, tool: str, cost: int, limits: RateLimits, *, writes: bool = False
    ) -> RateLimitDecision:
        """Count a call, or refuse it. A refused call costs nothing.

        Raises:
            Unavailable: the call writes, and the store that writes need is unavailable.
        """
        key = caller_key(caller)
        keys = [
            f"{self._prefix}:server",
            f"{self._prefix}:{key}",
            f"{self._prefix}:{key}:{tool}",
            f"{self._prefix}:{key}!",
        ]
        costs = (1, 1, min(cost, limits.tool))  # a tool that costs more than the limit could never be called
        if self._store is not None and self._script is not None:
            arguments: list[float] = [WINDOW * 1000, _SLOTS]
            for level, price in zip(LEVELS, costs, strict=True):
                arguments += [limits.of(level), price]
            try:
                with child_span("rate_limit"):
                    reply = await self._store.run(self._script(keys=keys, args=arguments), name="EVALSHA")
            except Unavailable:
                self.local_fallbacks += 1
                rate_limit_local_fallbacks.add(1)
                if writes and self._writes_need_store:
                    raise
            else:
                return _decision([int(number) for number in reply], limits, local_fallback=False)
        reply = self._local.count(keys, [limits.of(level) for level in LEVELS], costs)
        return _decision(reply, limits, local_fallback=self._store is not None)


def _decision(reply: Sequence[int], limits: RateLimits, *, local_fallback: bool) -> RateLimitDecision:
    admitted, level, wait, attempts = reply[:4]
    over_limit = not admitted and attempts > limits.caller
    if not admitted:
        rate_limit_refused.add(1, {"limit": "flood" if over_limit else LEVELS[level - 1]})
    return RateLimitDecision(
        exceeded=None if admitted else LEVELS[level - 1],
        retry_after=wait / 1000,
        over_limit=over_limit,
        limit=limits.caller,
        remaining=reply[6],
        reset=reply[7] / 1000,
        local_fallback=local_fallback,
    )


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
        for at, cost in self.admitted:
            over -= cost
            if over <= 0:
                return at + WINDOW - now
        return WINDOW


class _LocalCounts:
    """The rate limits of one process, for the local fallback."""

    def __init__(self) -> None:
        self._windows: OrderedDict[str, _Window] = OrderedDict()
        self._refusals: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def count(self, keys: Sequence[str], limits: Sequence[int], costs: Sequence[int]) -> list[int]:
        """Count a call; returns the reply of the Lua script."""
        now = time.monotonic()
        reply, refused, wait = [1, 0, 0, 0], 0, 0.0
        windows = [self._window(key, now) for key in keys[:-1]]
        for level, (window, limit, cost) in enumerate(zip(windows, limits, costs, strict=True), start=1):
            back = window.admitted[-1][0] + WINDOW - now if window.admitted else 0.0
            reply += [limit - window.spent, math.ceil(back * 1000)]
            if window.spent + cost > limit:
                refused = refused or level
                wait = max(wait, window.until_free(window.spent + cost - limit, now))
        if refused:
            reply[:4] = [0, refused, math.ceil(wait * 1000), self._refuse(keys[-1], now)]
            return reply
        for level, (window, cost) in enumerate(zip(windows, costs, strict=True)):
            window.add(now, cost)
            reply[4 + 2 * level] -= cost
            reply[5 + 2 * level] = math.ceil(WINDOW * 1000)
        return reply

    def _window(self, key: str, now: float) -> _Window:
        window = self._windows.get(key)
        if window is None:
            window = self._windows[key] = _Window()
            if len(self._windows) > _MAX_LOCAL_CALLERS:
                self._windows.popitem(last=False)
        self._windows.move_to_end(key)
        window.expire(now - WINDOW)
        return window

    def _refuse(self, key: str, now: float) -> int:
        since, attempts = self._refusals.pop(key, (now, 0))
        if now - since > WINDOW:
            since, attempts = now, 0
        self._refusals[key] = (since, attempts + 1)
        if len(self._refusals) > _MAX_LOCAL_CALLERS:
            self._refusals.popitem(last=False)
        return attempts + 1
