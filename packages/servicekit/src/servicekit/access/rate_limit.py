"""Rate limits per server, per subject, and per subject and tool, with most calls decided in this process.

A sliding window: any period of one minute admits at most the limit, and a spent amount returns after a minute
(ADR 0004). Replicas lease parts of a budget from the shared store and spend them without asking it; the sum over all
replicas never exceeds a limit (ADR 0010). While the store is unavailable, a process spends the leases that it holds and
then counts its own calls (the local fallback).

A budget belongs to a subject of a tenant, whatever clients it uses. A tenant that spent less than its share of the
server's budget in this window can use all of that budget; any other tenant must leave one share free.
"""

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from functools import lru_cache
from typing import Final, NamedTuple

from servicekit.access.budgets import CallBudgets, SubjectBudgets, server_group
from servicekit.access.lease_broker import LeaseBroker
from servicekit.access.lease_script import WINDOW
from servicekit.access.leases import LeaseGroup
from servicekit.access.limits import Level, RateLimits
from servicekit.access.local_counts import LocalCounts
from servicekit.core.caller import Caller
from servicekit.core.errors import Unavailable
from servicekit.storage.redis.store import RedisStore
from servicekit.telemetry.instruments import rate_limit_local_fallbacks, rate_limit_refused
from servicekit.telemetry.spans import child_span

_MAX_SUBJECTS: Final = 10_000
"""Subjects, and tenants, whose leases a process holds. The leases of others are given back unused."""


class RateLimitDecision(NamedTuple):
    """The rate limit's decision on one call.

    Attributes:
        exceeded: the level whose limit is reached; None when the call is admitted.
        retry_after: seconds until the call would be admitted.
        over_limit: the caller had as many calls refused in this window as its whole limit.
        limit, remaining, reset: the caller's limit, the remaining amount, and seconds until it resets. The remaining
            amount leaves out what other replicas lease; it can be 3 s old.
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
        remaining, reset = b"%d" % max(self.remaining, 0), b"%d" % math.ceil(self.reset)
        return [
            *_headers_of_limit(self.limit),
            (b"ratelimit", b'"caller";r=%b;t=%b' % (remaining, reset)),
            (b"x-ratelimit-remaining", remaining),
            (b"x-ratelimit-reset", reset),
        ]


@lru_cache(256)
def _headers_of_limit(limit: int) -> tuple[tuple[bytes, bytes], ...]:
    return (
        (b"ratelimit-policy", b'"caller";q=%d;w=%d' % (limit, WINDOW)),
        (b"x-ratelimit-limit", b"%d" % limit),
    )


class RateLimiter:
    """Decides whether a call is within the rate limits.

    Args:
        service: part of the keys, for services that share a store.
        store: holds the budgets of all replicas; None counts in this process.
        writes_need_store: refuse writes while the store is unavailable, instead of counting them in this process.
        clock: seconds that only grow.
    """

    def __init__(
        self,
        service: str,
        store: RedisStore | None,
        *,
        writes_need_store: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.local_fallbacks = 0
        """Decisions without the store since the start."""
        self._writes_need_store = writes_need_store
        self._service = service
        self._clock = clock
        self._broker = LeaseBroker(store, clock) if store is not None else None
        self._local = LocalCounts()
        self._subjects: OrderedDict[tuple[str | None, str], SubjectBudgets] = OrderedDict()
        self._servers: OrderedDict[tuple[str | None, int, int], LeaseGroup] = OrderedDict()

    async def decide(
        self, caller: Caller, tool: str, cost: int, limits: RateLimits, *, writes: bool = False
    ) -> RateLimitDecision:
        """Count a call, or refuse it. A refused call costs nothing. Suspends only to ask the store.

        Args:
            cost: what the call costs in the budgets of its tool; it costs 1 in the others.

        Raises:
            Unavailable: the call writes, and the store that writes need is unavailable.
        """
        now = self._clock()
        budgets = self._budgets(caller, tool, limits)
        if cost > budgets.most:
            cost = budgets.most  # a tool that costs more than the limit could never be called
        if self._broker is None:
            return self._count(budgets, cost, now, local_fallback=False)
        decision = self._decide_without_store(budgets, cost, now)
        if decision is not None:
            return decision
        try:
            with child_span("rate_limit"):
                return await self._ask(self._broker, budgets, cost)
        except Unavailable:
            self.local_fallbacks += 1
            rate_limit_local_fallbacks.add(1)
            if writes and self._writes_need_store:
                raise
        return self._count(budgets, cost, self._clock(), local_fallback=True)

    async def give_back_unused(self) -> None:
        """Give back the leases that ended, or that no call used since the last time. Runs twice a second by itself."""
        if self._broker is not None:
            await self._broker.give_back_unused()

    async def close(self) -> None:
        """Give back every lease, so that other replicas can use it. While the store is unavailable, leases lapse."""
        if self._broker is not None:
            await self._broker.close()

    async def _ask(self, broker: LeaseBroker, budgets: CallBudgets, cost: int) -> RateLimitDecision:
        """Decide with the store. One call at a time asks for a group of leases, on behalf of all that wait for it."""
        while True:
            for group in (budgets.own, budgets.server):
                group.waiting += 1
                try:
                    async with group.lock:
                        now = self._clock()
                        if not group.covers(cost, now) and not group.refusing(cost, now):
                            await broker.fetch(group, cost)
                finally:
                    group.waiting -= 1
                if not group.covers(cost, self._clock()):
                    break
            decision = self._decide_without_store(budgets, cost, self._clock())
            if decision is not None:
                return decision

    def _decide_without_store(self, budgets: CallBudgets, cost: int, now: float) -> RateLimitDecision | None:
        """Decide by what the leases hold and what the store said lately; None if that is not enough."""
        own, server = budgets.own, budgets.server
        for group in (own, server):
            if not group.covers(cost, now):
                full = group.refusing(cost, now)
                if not full:
                    return None
                wait = max(lease.free_at for lease in full) - now
                return self._refuse(budgets, full[0].level, wait, now)
        if self._broker is not None:
            if own.spend(cost, now):
                self._broker.renew(own, cost)
            if server.spend(cost, now):
                self._broker.renew(server, cost)
        limit, remaining, reset_at = budgets.standing()
        return RateLimitDecision(None, 0.0, over_limit=False, limit=limit, remaining=remaining, reset=reset_at - now)

    def _refuse(self, budgets: CallBudgets, level: Level, wait: float, now: float) -> RateLimitDecision:
        limit, remaining, reset_at = budgets.standing()
        if self._broker is not None:
            self._broker.note(budgets.own)  # which reports the refusal
        flood = self._count_refusal(budgets, level, limit, now)
        return RateLimitDecision(level, wait, flood, limit, remaining, max(0.0, reset_at - now))

    def _count(self, budgets: CallBudgets, cost: int, now: float, *, local_fallback: bool) -> RateLimitDecision:
        """Decide by this process's own calls."""
        charges = budgets.charges(cost)
        count = self._local.count(charges, now)
        limit, remaining, reset = budgets.local_standing(count)
        level = None if count.full is None else charges[count.full].level
        flood = level is not None and self._count_refusal(budgets, level, limit, now)
        return RateLimitDecision(level, count.wait, flood, limit, remaining, reset, local_fallback)

    def _count_refusal(self, budgets: CallBudgets, level: Level, limit: int, now: float) -> bool:
        """Whether the subject had more calls refused in this window than its limit."""
        flood = budgets.refusals.add(now) > limit
        rate_limit_refused.add(1, {"limit": "flood" if flood else level})
        return flood

    def _budgets(self, caller: Caller, tool: str, limits: RateLimits) -> CallBudgets:
        key = (caller.tenant, caller.subject)
        subject = self._subjects.get(key)
        if subject is None:
            subject = self._subjects[key] = SubjectBudgets(self._service, caller.tenant, caller.subject)
            if len(self._subjects) > _MAX_SUBJECTS:
                self._subjects.popitem(last=False)
        else:
            self._subjects.move_to_end(key)
        budgets = subject.calls.get((caller.client_id, tool))
        if budgets is None or (budgets.limits is not limits and budgets.limits != limits):
            budgets = subject.add(caller.client_id, tool, limits, self._server(caller.tenant, limits))
        return budgets

    def _server(self, tenant: str | None, limits: RateLimits) -> LeaseGroup:
        key = (tenant, limits.server, limits.reserve)
        group = self._servers.get(key)
        if group is None:
            group = self._servers[key] = server_group(self._service, tenant, limits)
            if len(self._servers) > _MAX_SUBJECTS:
                self._servers.popitem(last=False)
        self._servers.move_to_end(key)
        return group
