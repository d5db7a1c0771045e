"""How often a caller may call: exact across replicas, fair between callers, over a window without edges."""

import tracemalloc

import anyio
import anyio.lowlevel
import pytest
from redis.crc import key_slot

from servicekit.access.budgets import SubjectBudgets, server_group
from servicekit.access.lease_script import WINDOW
from servicekit.access.limits import RateLimits
from servicekit.access.rate_limit import RateLimitDecision, RateLimiter
from servicekit.testing.service import caller

from .fleet import BOB, LATE, Fleet, admitted, at_once, limits, until


@pytest.mark.parametrize("level", ["server", "caller", "tool"])
async def test_three_replicas_admit_exactly_the_limit(valkey_url: str, level: str) -> None:
    allowed = {"server": limits(60), "caller": limits(subject=60), "tool": limits(tool=60)}[level]
    for _ in range(20 if level == "caller" else 2):
        async with Fleet(valkey_url, 3) as fleet:
            decisions = await fleet.burst(300, allowed)
            assert admitted(decisions) == 60
            assert {decision.exceeded for decision in decisions} == {None, level}


@pytest.mark.parametrize("limit", [63, 64, 300, 1000])
async def test_a_burst_spends_every_lease(valkey_url: str, limit: int) -> None:
    async with Fleet(valkey_url, 3) as fleet:
        before = [await fleet.admit(limits(subject=limit), at=number % 3) for number in range(limit // 2)]
        assert admitted(before + await fleet.burst(2 * limit, limits(subject=limit))) == limit


async def test_most_calls_need_no_reply_of_the_store(valkey_url: str) -> None:
    async with Fleet(valkey_url) as fleet:
        allowed = limits(6000, 3000, 3000)
        assert admitted([await fleet.admit(allowed) for _ in range(500)]) == 500
        assert fleet.replies < 50


async def test_small_budgets_are_counted_by_the_store(valkey_url: str) -> None:
    async with Fleet(valkey_url, 2) as fleet:
        left = [(await fleet.admit(limits(subject=63), at=number % 2)).remaining for number in range(63)]
    assert left == list(range(62, -1, -1))


async def test_a_lease_is_renewed_before_it_is_spent(valkey_url: str) -> None:
    async with Fleet(valkey_url) as fleet:
        for number in range(400):
            decision = fleet.admit(limits())
            assert (await decision if number < 100 else at_once(decision)).exceeded is None
            await anyio.sleep(0.001)


async def test_a_lease_is_renewed_before_it_ends(valkey_url: str) -> None:
    async with Fleet(valkey_url) as fleet:

        async def renewed() -> bool:
            assert at_once(fleet.admit(limits())).exceeded is None
            return all([await fleet.redis.hlen(key) == 2 for key in await fleet.keys()])  # slots

        for _ in range(100):
            await fleet.admit(limits())
            await anyio.sleep(0.001)
        await fleet.move(2.3)  # a slot has 2.5 s
        await until(renewed)
        await fleet.move(0.3)
        assert at_once(fleet.admit(limits())).exceeded is None


async def test_budgets_of_subjects_and_tools_are_separate(valkey_url: str) -> None:
    async with Fleet(valkey_url) as fleet:
        allowed = limits(tool=10)
        assert admitted(await fleet.burst(5, allowed, cost=3)) == 3
        assert admitted(await fleet.burst(5, allowed, cost=1)) == 1
        assert admitted(await fleet.burst(5, allowed, tool="other")) == 5
        assert admitted(await fleet.burst(5, allowed, who=BOB)) == 5
        assert admitted(await fleet.burst(20, allowed, who=caller(tenant="globex"))) == 10


async def test_a_subject_has_one_budget_for_all_clients(valkey_url: str) -> None:
    async with Fleet(valkey_url, 3) as fleet:
        decisions = list[RateLimitDecision]()
        for number in range(13):
            decisions += await fleet.burst(20, limits(subject=50), who=caller(client_id=f"client {number}"))
    assert admitted(decisions) == 50


async def test_a_lower_limit_of_a_client_caps_within_the_subject(valkey_url: str) -> None:
    async with Fleet(valkey_url, 2) as fleet:
        base = limits(subject=10, tool=8)
        capped = base.for_client(4, 3)
        assert admitted(await fleet.burst(9, capped)) == 3
        assert admitted(await fleet.burst(9, capped, tool="other")) == 1
        shown = await fleet.admit(capped)
        assert (shown.exceeded, shown.limit, shown.remaining) == ("caller", 4, 0)
        assert admitted(await fleet.burst(9, base, who=caller(client_id="other"))) == 5  # 8 of the tool
        assert admitted(await fleet.burst(9, base, who=caller(client_id="other"), tool="third")) == 1  # 10 in all


async def test_a_higher_limit_of_a_client_raises_the_subjects(valkey_url: str) -> None:
    async with Fleet(valkey_url) as fleet:
        base = limits(subject=10)
        raised = base.for_client(15, None)
        assert (raised.caller, raised.client) == (15, None)
        assert admitted(await fleet.burst(12, raised, who=caller(client_id="trusted"))) == 12
        assert admitted(await fleet.burst(5, base)) == 0
        assert admitted(await fleet.burst(5, raised, who=caller(client_id="trusted"))) == 3


@pytest.mark.parametrize("shared", [True, False], ids=["store", "alone"])
async def test_a_flooding_tenant_leaves_others_a_share(valkey_url: str, shared: bool) -> None:
    allowed = limits(50, tenant_share=0.2)
    async with Fleet(valkey_url, 3 if shared else 1) as fleet:
        if not shared:
            fleet.limiters = [RateLimiter("alone", None)]
        assert admitted(await fleet.burst(200, allowed)) == 40  # what is unused is borrowed, but for one share
        assert admitted(await fleet.burst(20, allowed, who=caller(tenant="globex", subject="eve"))) == 10
        assert admitted(await fleet.burst(20, allowed, who=caller(tenant="initech"))) == 0  # 50 in all
        refused = await fleet.admit(allowed)
    assert refused.exceeded == "server"


async def test_tenants_share_what_no_tenant_spent(valkey_url: str) -> None:
    allowed = limits(50, tenant_share=0.2)
    async with Fleet(valkey_url, 2) as fleet:
        assert admitted(await fleet.burst(20, allowed)) == 20
        assert admitted(await fleet.burst(50, allowed, who=caller(tenant="globex"))) == 20
        assert admitted(await fleet.burst(50, allowed, who=caller(tenant="initech"))) == 10
        assert admitted(await fleet.burst(50, allowed)) == 0


async def test_a_refused_call_costs_nothing_at_any_level(valkey_url: str) -> None:
    async with Fleet(valkey_url) as fleet:
        allowed = limits(subject=10, tool=4)
        await fleet.burst(50, allowed)
        assert admitted(await fleet.burst(50, allowed, tool="other")) == 4
        assert admitted(await fleet.burst(50, allowed, tool="third")) == 2  # 10 of the subject's in all


async def test_remaining_and_reset_are_those_of_the_subject(valkey_url: str) -> None:
    async with Fleet(valkey_url) as fleet:
        first = await fleet.admit(limits(subject=3))
        assert (first.limit, first.remaining) == (3, 2)
        assert WINDOW < first.reset <= LATE
        await fleet.burst(2, limits(subject=3))
        refused = await fleet.admit(limits(subject=3))
    assert (refused.exceeded, refused.remaining) == ("caller", 0)
    assert WINDOW < refused.retry_after <= LATE
    assert "Your budget of calls for this minute is spent. Nothing was done; wait " in refused.message


async def test_leased_calls_count_as_remaining(valkey_url: str) -> None:
    async with Fleet(valkey_url, 2) as fleet:
        left = [(await fleet.admit(limits(subject=1000))).remaining for _ in range(100)]
        assert left == list(range(999, 899, -1))
        assert (await fleet.admit(limits(subject=1000), at=1)).remaining <= 899


async def test_a_flood_differs_from_a_spent_budget(valkey_url: str) -> None:
    async with Fleet(valkey_url) as fleet:
        decisions = [await fleet.admit(limits(subject=5)) for _ in range(12)]
    assert [decision.over_limit for decision in decisions] == [False] * 10 + [True] * 2


async def test_replicas_count_refusals_together(valkey_url: str) -> None:
    async with Fleet(valkey_url, 2) as fleet:
        await fleet.burst(5, limits(subject=5), at=0)
        first = [await fleet.admit(limits(subject=5), at=0) for _ in range(5)]
        await fleet.limiters[0].give_back_unused()
        assert not any(decision.over_limit for decision in first)
        await fleet.admit(limits(subject=5), at=1)
        assert (await fleet.admit(limits(subject=5), at=1)).over_limit


async def test_a_refused_caller_costs_no_round_trips(valkey_url: str) -> None:
    async with Fleet(valkey_url) as fleet:
        await fleet.burst(10, limits(subject=5))
        before = fleet.replies
        assert {at_once(fleet.admit(limits(subject=5))).exceeded for _ in range(100)} == {"caller"}
        assert fleet.replies == before


async def test_a_refused_caller_is_admitted_after_the_wait(valkey_url: str) -> None:
    async with Fleet(valkey_url) as fleet:
        await fleet.burst(5, limits(subject=5))
        refused = await fleet.admit(limits(subject=5))
        await fleet.move(refused.retry_after - 0.01)
        assert admitted(await fleet.burst(5, limits(subject=5))) == 0
        await fleet.move(0.01)
        assert admitted(await fleet.burst(10, limits(subject=5))) == 5


async def test_a_cheaper_call_is_admitted_after_a_dear_one(valkey_url: str) -> None:
    async with Fleet(valkey_url) as fleet:
        costs = [4, 3, 4, 2, 1]
        decisions = [(await fleet.admit(limits(tool=10), cost=cost)).exceeded for cost in costs]
    assert decisions == [None, None, "tool", None, None]


@pytest.mark.parametrize("age", [0, 1.9, 2.1, 59])
async def test_a_call_counts_for_a_minute_and_at_most_3_s_longer(valkey_url: str, age: float) -> None:
    async with Fleet(valkey_url, 2) as fleet:
        await fleet.move(age)
        allowed = limits(subject=60)
        assert admitted(await fleet.burst(30, allowed)) == 30
        await fleet.move(20)
        assert admitted(await fleet.burst(70, allowed)) == 30
        await fleet.move(40)  # the first are 60 s old
        assert admitted(await fleet.burst(70, allowed)) == 0
        await fleet.move(3)
        assert admitted(await fleet.burst(70, allowed)) == 30


async def test_memory_is_bounded_however_many_callers_there_are() -> None:
    limiter, allowed = RateLimiter("alone", None), limits(tenant_share=0.1)
    tracemalloc.start()
    try:
        sizes = list[int]()
        for _ in range(2):
            for number in range(11_000):
                await limiter.decide(caller(subject=f"{len(sizes)} {number}"), "t", 1, allowed)
            sizes.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
    assert sizes[1] < 1.2 * sizes[0], "the server's own calls are counted one by one"


def test_keys_of_one_request_are_in_one_hash_slot() -> None:
    allowed = RateLimits(100, 50, 20, client=10, client_tool=5, tenant_share=0.1)
    slots = set[int]()
    for number in range(50):
        server = server_group("orders", "acme", allowed)
        budgets = SubjectBudgets("orders", "acme", f"subject {number}").add("client", "tool", allowed, server)
        assert (len(budgets.own.keys), len(server.keys)) == (5, 2)
        for group in (budgets.own, server):
            assert len({key_slot(key.encode()) for key in group.keys}) == 1
        slots.add(key_slot(budgets.own.keys[0].encode()))
    assert len(slots) > 40, "subjects are spread over the slots"


async def test_counts_do_not_stay_in_the_store_for_ever(valkey_url: str) -> None:
    async with Fleet(valkey_url) as fleet:
        await fleet.burst(5, limits(subject=2, tenant_share=0.1))
        await fleet.limiters[0].give_back_unused()
        keys = await fleet.keys()
        assert sorted(key.split(":limit:")[1].split(":")[0] for key in keys) == [
            "caller",
            "refused",
            "server",
            "tenant",
            "tool",
        ]
        assert all([0 < await fleet.redis.ttl(key) <= WINDOW + 6 for key in keys])


async def test_a_flushed_store_counts_from_nothing(valkey_url: str) -> None:
    async with Fleet(valkey_url, 2) as fleet:
        assert admitted(await fleet.burst(5, limits(subject=3), at=0)) == 3
        await fleet.redis.delete(*await fleet.keys())
        await fleet.redis.script_flush()
        assert admitted(await fleet.burst(5, limits(subject=3), at=1)) == 3


async def test_a_lowered_limit_counts_earlier_calls(valkey_url: str) -> None:
    async with Fleet(valkey_url) as fleet:
        assert admitted(await fleet.burst(8, limits(subject=10))) == 8
        refused = await fleet.admit(limits(subject=5))
    assert (refused.exceeded, dict(refused.headers)[b"x-ratelimit-remaining"]) == ("caller", b"0")
