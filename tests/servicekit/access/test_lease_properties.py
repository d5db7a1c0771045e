"""Leases under any order of calls, pauses, crashes and returns: never over a limit, and under it only as stated."""

import secrets
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from servicekit.access.lease_script import MARGIN, PART, SLOT, WINDOW
from servicekit.testing.service import caller

from .fleet import Fleet, limits

REPLICAS = 3
RETURN = WINDOW + MARGIN + SLOT
"""Seconds after which what was spent has returned for certain."""
RECHECK = 0.5
"""Seconds for which a refusal may be remembered."""

replica = st.integers(0, REPLICAS - 1)
pause = st.sampled_from([0.0, 0.0, 0.05, 0.3, 0.6, 2.3, 2.5, 5.0, 20.0, 54.5, 57.4, 59.6, 61.0])
action = st.one_of(
    st.tuples(st.just("calls"), replica, st.integers(1, 40)),
    st.tuples(st.just("burst"), replica, st.integers(1, 200)),
    st.tuples(st.sampled_from(["crash", "return", "close"]), replica, st.just(0)),
)
steps = st.lists(st.tuples(pause, action, st.sampled_from("abc")), min_size=3, max_size=30)


class History:
    """Every admitted call, and the crashes of replicas."""

    def __init__(self) -> None:
        self.calls: list[tuple[float, Any]] = []
        self.crashes = 0

    def recent(self, now: float, seconds: float, who: Any = None) -> int:
        """Admitted calls of the last seconds."""
        return sum(at > now - seconds and who in (None, whose) for at, whose in self.calls)


async def take(fleet: Fleet, kind: str, at: int, count: int, allowed: Any, who: Any = None) -> list[bool]:
    """Take one step; returns which calls were admitted."""
    if kind == "calls":
        return [(await fleet.admit(allowed, at=at, who=who)).exceeded is None for _ in range(count)]
    if kind == "burst":
        return [decision.exceeded is None for decision in await fleet.burst(count, allowed, at=at, who=who)]
    if kind == "crash":
        fleet.replace(at)
    elif kind == "return":
        await fleet.limiters[at].give_back_unused()
    else:
        await fleet.limiters[at].close()
    return []


@settings(max_examples=150)
@given(steps, st.sampled_from([5, 63, 64, 100, 300]))
async def test_no_window_is_over_its_limit(valkey_url: str, steps: list[Any], limit: int) -> None:
    history = History()
    async with Fleet(valkey_url, REPLICAS) as fleet:
        for seconds, (kind, at, count), _ in steps:
            await fleet.move(seconds)
            history.crashes += kind == "crash"
            results = await take(fleet, kind, at, count, limits(subject=limit))
            history.calls += [(fleet.now, "ann")] * sum(results)
            assert history.recent(fleet.now, WINDOW) <= limit
            if not all(results):
                most = limit // PART if limit > 63 else 0  # in hand, and as much again on its way back
                idle = (2 * REPLICAS + history.crashes) * most
                assert history.recent(fleet.now, RETURN + RECHECK) >= limit - idle
        await fleet.move(RETURN)
        assert sum(await take(fleet, "burst", 0, 2 * limit, limits(subject=limit))) == limit


@given(steps, st.sampled_from([10, 40, 60]))
async def test_a_tenant_below_its_share_is_refused_by_full_budgets_only(
    valkey_url: str, steps: list[Any], limit: int
) -> None:
    history, allowed = History(), limits(limit, tenant_share=0.25)
    async with Fleet(valkey_url, REPLICAS) as fleet:
        for seconds, (kind, at, count), tenant in steps:
            await fleet.move(seconds)
            results = await take(fleet, kind, at, count, allowed, caller(tenant=tenant, subject=secrets.token_hex(4)))
            history.calls += [(fleet.now, tenant)] * sum(results)
            total = history.recent(fleet.now, WINDOW)
            assert total <= limit
            if results and results[-1] and history.recent(fleet.now, WINDOW, tenant) > allowed.reserve:
                assert total <= limit - allowed.reserve
            long = RETURN + RECHECK
            if not all(results) and history.recent(fleet.now, long, tenant) < allowed.reserve:
                assert history.recent(fleet.now, long) >= limit
