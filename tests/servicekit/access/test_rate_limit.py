"""How often a caller may call: exact across replicas, fair between callers, over a window without edges."""

import asyncio
import secrets
import time
from typing import Any, Self

import pytest
from redis.asyncio import Redis

from servicekit.access.rate_limit import WINDOW, RateLimitDecision, RateLimiter, RateLimits
from servicekit.storage.redis import RedisStore
from servicekit.testing.service import caller

ANN, BOB = caller(), caller(subject="bob")
PLENTY = 1_000_000
SLOT = 3000  # ms


def limits(server: int = PLENTY, tenant_caller: int = PLENTY, tool: int = PLENTY) -> RateLimits:
    return RateLimits(server, tenant_caller, tool)


class Fleet:
    """Limiters of one service on one store, as replicas have them."""

    def __init__(self, url: str, count: int = 1) -> None:
        self.name = f"fleet-{secrets.token_hex(4)}"
        self.stores = [RedisStore(url) for _ in range(count)]
        self.limiters = [RateLimiter(self.name, store) for store in self.stores]

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for store in self.stores:
            await store.stop()

    async def admit(
        self, allowed: RateLimits, who: Any = ANN, tool: str = "t", cost: int = 1, at: int = 0
    ) -> RateLimitDecision:
        return await self.limiters[at].decide(who, tool, cost, allowed)

    async def burst(self, calls: int, allowed: RateLimits, **options: Any) -> list[RateLimitDecision]:
        count = len(self.limiters)
        return list(await asyncio.gather(*(self.admit(allowed, at=n % count, **options) for n in range(calls))))


def admitted(decisions: list[RateLimitDecision]) -> int:
    assert not any(decision.local_fallback for decision in decisions)
    return sum(decision.exceeded is None for decision in decisions)


@pytest.mark.parametrize("level", ["server", "caller", "tool"])
async def test_three_replicas_admit_exactly_the_limit(valkey_url: str, level: str) -> None:
    allowed = {"server": limits(60), "caller": limits(tenant_caller=60), "tool": limits(tool=60)}[level]
    for _ in range(20 if level == "caller" else 2):
        async with Fleet(valkey_url, 3) as fleet:
            decisions = await fleet.burst(180, allowed)
            assert admitted(decisions) == 60
            assert {decision.exceeded for decision in decisions} == {None, level}


async def test_limits_of_callers_and_tools_are_separate(valkey_url: str) -> None:
    async with Fleet(valkey_url) as fleet:
        allowed = limits(tool=10)
        assert admitted(await fleet.burst(5, allowed, cost=3)) == 3
        assert admitted(await fleet.burst(5, allowed, cost=1)) == 1
        assert admitted(await fleet.burst(5, allowed, tool="other")) == 5
        assert admitted(await fleet.burst(5, allowed, who=BOB)) == 5
        for other in ({"tenant": "globex"}, {"client_id": "x"}):
            assert admitted(await fleet.burst(10, allowed, who=caller(**other))) == 10


async def test_what_is_refused_costs_nothing_at_any_level(valkey_url: str) -> None:
    async with Fleet(valkey_url) as fleet:
        allowed = limits(tenant_caller=10, tool=4)
        await fleet.burst(50, allowed)
        assert admitted(await fleet.burst(50, allowed, tool="other")) == 4
        assert admitted(await fleet.burst(50, allowed, tool="third")) == 2  # 10 of the caller's in all


async def test_what_remains_and_when_it_returns(valkey_url: str) -> None:
    async with Fleet(valkey_url) as fleet:
        first = await fleet.admit(limits(tenant_caller=3))
        assert (first.limit, first.remaining, first.reset) == (3, 2, WINDOW)
        await fleet.burst(2, limits(tenant_caller=3))
        refused = await fleet.admit(limits(tenant_caller=3))
    assert (refused.exceeded, refused.remaining) == ("caller", 0)
    assert WINDOW - 4 < refused.retry_after <= WINDOW + 3
    assert "Your budget of calls for this minute is spent. Nothing was done; wait " in refused.message


async def test_a_flood_differs_from_a_spent_budget(valkey_url: str) -> None:
    async with Fleet(valkey_url) as fleet:
        decisions = [await fleet.admit(limits(tenant_caller=5)) for _ in range(12)]
    assert [decision.over_limit for decision in decisions] == [False] * 10 + [True] * 2


async def seed(url: str, fleet: Fleet, slots: dict[int, int]) -> None:
    """Say what was spent in the past: slots ago to calls."""
    redis = Redis.from_url(url)
    try:
        keys = [key async for key in redis.scan_iter(f"mcp:{{{fleet.name}}}:limit:*")]
        seconds, microseconds = await redis.time()
        now = (seconds * 1000 + microseconds // 1000) // SLOT
        for key in keys:
            await redis.delete(key)
            if key.endswith(b"!"):
                continue  # the count of refusals
            await redis.hset(key, mapping={str(now - ago): count for ago, count in slots.items()})
    finally:
        await redis.aclose()


async def away_from_a_slots_edge() -> None:
    """Start early in a slot, so that the few milliseconds of a test stay inside it."""
    left = SLOT - int(time.time() * 1000) % SLOT
    if left < 700:
        await asyncio.sleep(left / 1000 + 0.01)


@pytest.mark.parametrize(
    ("spent", "left"),
    [
        ({0: 60}, 0),
        ({20: 60}, 0),  # may be as young as 57 s
        ({21: 60}, 60),  # is at least 60 s old
        ({21: 30, 20: 30}, 30),
        ({10: 59}, 1),
        ({25: 60, 24: 60, 1: 10}, 50),
    ],
)
async def test_what_was_spent_returns_after_a_minute_and_never_before(
    valkey_url: str, spent: dict[int, int], left: int
) -> None:
    await away_from_a_slots_edge()
    async with Fleet(valkey_url, 2) as fleet:
        await fleet.admit(limits(tenant_caller=60))
        await seed(valkey_url, fleet, spent)
        assert admitted(await fleet.burst(70, limits(tenant_caller=60))) == left


async def test_the_reported_wait_is_enough_and_not_too_long(valkey_url: str) -> None:
    await away_from_a_slots_edge()
    async with Fleet(valkey_url) as fleet:
        await fleet.admit(limits(tenant_caller=60))
        await seed(valkey_url, fleet, {19: 5, 3: 55})
        one = await fleet.admit(limits(tenant_caller=60))
        assert 3 < one.retry_after <= 6  # the oldest slot of 3 s leaves the window after two more
        await seed(valkey_url, fleet, {3: 60})
        assert 51 < (await fleet.admit(limits(tenant_caller=60))).retry_after <= 54


async def test_counts_do_not_stay_in_the_store_for_ever(valkey_url: str) -> None:
    async with Fleet(valkey_url) as fleet:
        await fleet.burst(5, limits(tenant_caller=2))
        redis = Redis.from_url(valkey_url)
        keys = [key async for key in redis.scan_iter(f"mcp:{{{fleet.name}}}:*")]
        assert len(keys) == 4
        assert all([0 < await redis.ttl(key) <= WINDOW + 6 for key in keys])
        await redis.aclose()


async def test_a_flushed_store_counts_from_nothing(valkey_url: str) -> None:
    async with Fleet(valkey_url) as fleet:
        assert admitted(await fleet.burst(5, limits(tenant_caller=3))) == 3
        redis = Redis.from_url(valkey_url)
        for key in [key async for key in redis.scan_iter(f"mcp:{{{fleet.name}}}:*")]:
            await redis.delete(key)
        await redis.script_flush()
        await redis.aclose()
        assert admitted(await fleet.burst(5, limits(tenant_caller=3))) == 3


async def test_a_lowered_limit_counts_earlier_calls(valkey_url: str) -> None:
    async with Fleet(valkey_url) as fleet:
        assert admitted(await fleet.burst(8, limits(tenant_caller=10))) == 8
        refused = await fleet.admit(limits(tenant_caller=5))
    assert (refused.exceeded, dict(refused.headers)[b"x-ratelimit-remaining"]) == ("caller", b"0")
