"""Rate limits of one process, without the store: as a plain list of the last minute's calls would decide them."""

import math
from dataclasses import dataclass, field
from itertools import accumulate

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from servicekit.access import budgets, local_counts, rate_limit
from servicekit.access.lease_script import WINDOW
from servicekit.access.limits import Level, RateLimits
from servicekit.access.rate_limit import RateLimitDecision, RateLimiter
from servicekit.testing.service import caller
from tests.fixtures.counted import counting

Budget = tuple[str, ...]


@dataclass
class Model:
    """Every admitted call, with its time, budget and cost."""

    spent: list[tuple[float, Budget, int]] = field(default_factory=list)
    refusals: dict[Budget, list[float]] = field(default_factory=dict)

    def live(self, budget: Budget, now: float) -> list[tuple[float, int]]:
        return [(at, cost) for at, of, cost in self.spent if of == budget and at > now - WINDOW]

    def wait(self, budget: Budget, over: int, now: float) -> float:
        """Seconds until so much has returned."""
        if over <= 0:
            return 0.0
        live = self.live(budget, now)
        returned = accumulate(cost for _, cost in live)
        return next((at + WINDOW - now for (at, _), sum_ in zip(live, returned, strict=True) if sum_ >= over), WINDOW)

    def decide(self, who: tuple[str, str], tool: str, cost: int, limits: RateLimits, now: float) -> RateLimitDecision:
        tenant, client = who
        own = ("caller", tenant)
        budgets: list[tuple[Level, Budget, int, int]] = [
            ("server", ("server",), limits.server, 1),
            ("caller", own, limits.caller, 1),
        ]
        if limits.client is not None:
            budgets.append(("caller", ("client", tenant, client), limits.client, 1))
        cost = min(cost, limits.tool, limits.client_tool or limits.tool)
        budgets.append(("tool", ("tool", tenant, tool), limits.tool, cost))
        if limits.client_tool is not None:
            budgets.append(("tool", ("tool", tenant, tool, client), limits.client_tool, cost))
        waits = []
        for level, budget, limit, price in budgets:
            spent = sum(amount for _, amount in self.live(budget, now))
            reserve = limits.reserve if level == "server" else 0
            borrowed = sum(amount for _, amount in self.live(("share", tenant), now)) + price > reserve
            waits.append(self.wait(budget, spent + price - limit + (reserve if borrowed else 0), now))
        full = next((level for (level, *_), wait in zip(budgets, waits, strict=True) if wait > 0), None)
        if full is None:
            self.spent += [(now, budget, price) for _, budget, _, price in budgets]
            self.spent.append((now, ("share", tenant), 1))
        callers = [one for one in budgets if one[0] == "caller"]
        left = [limit - sum(amount for _, amount in self.live(budget, now)) for _, budget, limit, _ in callers]
        newest = self.live(callers[-1][1], now)
        reset = newest[-1][0] + WINDOW - now if newest else 0.0
        flood = full is not None and self._refused(own, now) > callers[-1][2]
        return RateLimitDecision(full, max(waits), flood, callers[-1][2], min(left), reset)

    def _refused(self, own: Budget, now: float) -> int:
        """Refusals are counted in windows that begin with the first."""
        times = self.refusals.setdefault(own, [])
        if times and now >= times[0] + WINDOW:
            times.clear()
        times.append(now)
        return len(times)


STEP = st.tuples(
    st.sampled_from([0.0, 0.0, 0.5, 7.0, 29.0, 31.0]),
    st.sampled_from([("acme", "desk"), ("acme", "phone"), ("globex", "desk")]),
    st.sampled_from(["search", "refund"]),
    st.integers(1, 4),
)
LIMITS = st.sampled_from(
    [
        RateLimits(8, 5, 4),
        RateLimits(8, 5, 4, tenant_share=0.25),
        RateLimits(6, 6, 6, tenant_share=0.5),
        RateLimits(20, 6, 5, client=3, client_tool=2),
        RateLimits(20, 3, 9),
    ]
)


@settings(max_examples=150)
@given(LIMITS, st.lists(STEP, max_size=40))
async def test_every_decision_is_that_of_a_list_of_calls(
    limits: RateLimits, steps: list[tuple[float, tuple[str, str], str, int]]
) -> None:
    now, model = 1000.0, Model()
    limiter = RateLimiter("alone", None, clock=lambda: now)
    for seconds, (tenant, client), tool, cost in steps:
        now += seconds
        who = caller(tenant=tenant, client_id=client)
        expected = model.decide((tenant, client), tool, cost, limits, now)
        assert await limiter.decide(who, tool, cost, limits) == expected


async def test_after_the_wait_the_call_is_admitted() -> None:
    now = 0.0
    limiter, limits = RateLimiter("alone", None, clock=lambda: now), RateLimits(100, 100, 10)
    for _ in range(3):
        await limiter.decide(caller(), "t", 3, limits)
        now += 10
    refused = await limiter.decide(caller(), "t", 3, limits)
    assert (refused.exceeded, refused.retry_after) == ("tool", 30)
    now += 29.9
    assert (await limiter.decide(caller(), "t", 3, limits)).exceeded == "tool"
    now += 0.1
    assert (await limiter.decide(caller(), "t", 3, limits)).exceeded is None


async def test_the_keys_used_last_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_counts, "_MAX_KEYS", 3)  # the server's, and one subject's two
    limiter, limits = RateLimiter("alone", None), RateLimits(100, 1, 100)
    ann, bob = caller(subject="ann"), caller(subject="bob")
    assert (await limiter.decide(ann, "t", 1, limits)).exceeded is None
    assert (await limiter.decide(ann, "t", 1, limits)).exceeded == "caller"
    assert (await limiter.decide(bob, "t", 1, limits)).exceeded is None
    assert (await limiter.decide(bob, "t", 1, limits)).exceeded == "caller"
    assert (await limiter.decide(ann, "t", 1, limits)).exceeded is None, "ann's calls are forgotten"


def test_a_subject_has_a_bounded_number_of_budgets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budgets, "_MAX_CALLS", 3)
    limits = RateLimits(9, 9, 9)
    server = budgets.server_group("orders", "acme", limits)
    subject = budgets.SubjectBudgets("orders", "acme", "ann")
    for number in range(10):
        made = subject.add("client", f"tool {number}", limits, server)
        assert subject.calls["client", f"tool {number}"] is made
        assert len(subject.calls) == number % 3 + 1


async def test_the_refusal_says_whose_budget_is_spent() -> None:
    for limits, words in (
        (RateLimits(1, 9, 9), "The server has reached its rate limit. Nothing was done; try again in 60 s."),
        (RateLimits(9, 1, 9), "Your budget of calls for this minute is spent. Nothing was done; wait 60 s."),
        (RateLimits(9, 9, 1), "Your budget of calls of this tool for this minute is spent. Nothing was done; wait 60"),
    ):
        limiter = RateLimiter("alone", None, clock=lambda: 0.25)
        assert (await limiter.decide(caller(), "t", 1, limits)).exceeded is None
        refused = await limiter.decide(caller(), "t", 1, limits)
        assert refused.message.startswith(words)


async def test_refusals_are_counted_by_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = counting(monkeypatch, rate_limit, "rate_limit_refused")
    limiter = RateLimiter("alone", None, clock=lambda: 0.0)
    for _ in range(5):
        await limiter.decide(caller(), "t", 1, RateLimits(9, 2, 9))
    await limiter.decide(caller(subject="bob"), "t", 1, RateLimits(2, 9, 9))
    await limiter.decide(caller(subject="cem"), "t", 1, RateLimits(9, 9, 1))
    await limiter.decide(caller(subject="cem"), "t", 1, RateLimits(9, 9, 1))
    assert counts() == {
        (("limit", "caller"),): 2,
        (("limit", "flood"),): 1,
        (("limit", "server"),): 1,
        (("limit", "tool"),): 1,
    }


async def test_the_headers_show_the_standing() -> None:
    now = 0.25
    limiter = RateLimiter("alone", None, clock=lambda: now)
    await limiter.decide(caller(), "t", 1, RateLimits(9, 3, 9))
    now = 10.0
    decision = await limiter.decide(caller(), "t", 1, RateLimits(9, 3, 9))
    assert decision.headers == [
        (b"ratelimit-policy", b'"caller";q=3;w=60'),
        (b"x-ratelimit-limit", b"3"),
        (b"ratelimit", b'"caller";r=1;t=60'),
        (b"x-ratelimit-remaining", b"1"),
        (b"x-ratelimit-reset", b"60"),
    ]
    assert math.isclose(decision.reset, WINDOW)
