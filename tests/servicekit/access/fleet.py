"""Rate limiters of one service on one store, as replicas have them, on a clock that a test moves."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Self

import anyio
import pytest
from redis.asyncio import Redis

from servicekit.access import lease_broker
from servicekit.access.lease_script import LEASE_SCRIPT, WINDOW
from servicekit.access.limits import RateLimits
from servicekit.access.rate_limit import RateLimitDecision, RateLimiter
from servicekit.storage.redis.store import RedisStore, Result
from servicekit.testing.service import caller

PLENTY = 1_000_000
BEGIN = 1_000_000_000.0
"""The start of a slot."""
BOB = caller(subject="bob")
LATE = WINDOW + 3
"""Seconds until all that was spent has returned."""


class CountedStore(RedisStore):
    """A store that counts the commands it answered."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.replies = 0

    async def run(self, command: Awaitable[Result], *, name: str, skip_pause: bool = False) -> Result:
        try:
            return await super().run(command, name=name, skip_pause=skip_pause)
        finally:
            self.replies += 1

    def crash(self) -> None:
        """Answer nothing any more, as for a process that is gone."""
        self._paused_until = float("inf")


class Fleet:
    """Limiters on one store. Its clock is also the store's, and stands still until it is moved."""

    def __init__(self, url: str, count: int = 1) -> None:
        self.name = f"fleet-{secrets.token_hex(4)}"
        self.now = BEGIN
        self._url = url
        self.redis = Redis.from_url(url)
        self.stores = [CountedStore(url) for _ in range(count)]
        self.limiters = [self._limiter(store) for store in self.stores]
        self._crashed: list[CountedStore] = []

    async def __aenter__(self) -> Self:
        await self.move(0)
        return self

    async def __aexit__(self, *_: object) -> None:
        for limiter in self.limiters:
            await limiter.close()
        for store in (*self.stores, *self._crashed):
            await store.stop()
        await self.redis.aclose()

    def _limiter(self, store: RedisStore) -> RateLimiter:
        script = LEASE_SCRIPT.replace("redis.call('TIME')", f"redis.call('MGET', '{self.name}:s', '{self.name}:us')")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(lease_broker, "LEASE_SCRIPT", script)
            return RateLimiter(self.name, store, clock=lambda: self.now)

    def replace(self, at: int) -> None:
        """Let a replica crash, and start another in its place."""
        self.stores[at].crash()
        self._crashed.append(self.stores[at])
        self.stores[at] = CountedStore(self._url)
        self.limiters[at] = self._limiter(self.stores[at])

    async def move(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds
        milliseconds = int(self.now * 1000)
        await self.redis.mset({f"{self.name}:s": milliseconds // 1000, f"{self.name}:us": milliseconds % 1000 * 1000})

    async def admit(
        self, limits: RateLimits, who: Any = None, tool: str = "t", cost: int = 1, at: int = 0
    ) -> RateLimitDecision:
        """Decide one call at one of the limiters."""
        return await self.limiters[at].decide(who or caller(), tool, cost, limits)

    async def burst(self, calls: int, limits: RateLimits, **options: Any) -> list[RateLimitDecision]:
        """Decide concurrent calls, spread over the limiters where no `at` is given."""
        count = len(self.limiters)
        each = ({"at": number % count, **options} for number in range(calls))
        return list(await asyncio.gather(*(self.admit(limits, **one) for one in each)))

    @property
    def replies(self) -> int:
        """Replies of the store until now."""
        return sum(store.replies for store in self.stores)

    async def keys(self) -> list[str]:
        """The keys of the service in the store."""
        return sorted([key.decode() async for key in self.redis.scan_iter(f"mcp:*{self.name}*")])

    async def spent(self, name: str) -> int:
        """What the store counts in the budget whose key ends so."""
        (key,) = [key for key in await self.keys() if key.endswith(name)]
        return sum(int(amount) for amount in await self.redis.hvals(key))


def limits(server: int = PLENTY, subject: int = PLENTY, tool: int = PLENTY, **options: Any) -> RateLimits:
    """Limits, without one where none is given."""
    return RateLimits(server, subject, tool, **options)


def admitted(decisions: list[RateLimitDecision]) -> int:
    """How many calls were admitted, all of them by the store's budgets."""
    assert not any(decision.local_fallback for decision in decisions)
    return sum(decision.exceeded is None for decision in decisions)


def at_once(decision: Coroutine[Any, Any, RateLimitDecision]) -> RateLimitDecision:
    """A decision that must not suspend."""
    try:
        decision.send(None)
    except StopIteration as done:
        value: RateLimitDecision = done.value
        return value
    decision.close()
    raise AssertionError("the decision waits for the store")


async def several(fleet: Fleet, calls: int, allowed: RateLimits, **options: Any) -> int:
    """How many of these calls were admitted, made one after another, as a caller makes them."""
    return admitted([await fleet.admit(allowed, **options) for _ in range(calls)])


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Wait for what happens in the background."""
    with anyio.fail_after(5):
        while not await condition():  # noqa: ASYNC110  # the store tells no event
            await anyio.sleep(0.01)
