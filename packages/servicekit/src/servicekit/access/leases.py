"""Leases: parts of budgets that this process took from the shared store, and spends without asking it.

- A lease counts as spent from the moment it is granted, so the sum over all replicas never exceeds a limit.
- The store grants what the waiting calls need. Ahead of need it grants as many calls as this process made of late, at
  most 1/32 of what is left, and none below 64 left: near a budget's end, and for small budgets, every call is counted
  by the store and the count is exact.
- A lease ends with its slot, after 0.5 to 3 s. What is unspent then, or was not used for half a second, is given back.
  So the unspent leases of other replicas keep less than 1/16 of a limit per replica from a caller, for at most 4 s;
  that includes what is on its way back. The lease of a crashed process, at most 1/32, is lost for one window.
- A lease is renewed in the background when a quarter of it is left, and just before it ends.
"""

import asyncio
from collections.abc import Sequence
from typing import Final

from servicekit.access.lease_script import MARGIN, PART, SLOT, SLOTS, WINDOW
from servicekit.access.limits import Level

_RENEWAL: Final = 0.25
"""Seconds before its end in which a lease is renewed."""
_RECHECK: Final = 0.5
"""Seconds for which a budget counts as spent without asking again: other replicas may have given calls back."""
_NEVER: Final = float("inf")


class Lease:
    """This process's part of one budget.

    Attributes:
        left: calls that may be admitted, until the time `until`.
        remaining: what was left of the budget in the store, at the last reply.
        reset_at: when all that is spent will have returned.
        free_at: when the budget will have room for a call that it refused.
    """

    __slots__ = (
        "_before",
        "_granted",
        "_heard_at",
        "_low",
        "_refused_cost",
        "_refused_until",
        "_renew_at",
        "_seen",
        "free_at",
        "left",
        "level",
        "limit",
        "remaining",
        "reset_at",
        "returned",
        "slot",
        "until",
    )

    def __init__(self, level: Level, limit: int) -> None:
        self.level: Final = level
        self.limit: Final = limit
        self.left = self.slot = 0
        self.until = -_NEVER
        self.remaining = 0
        self.reset_at = self.free_at = 0.0
        self.returned = (0, 0)
        """A slot, and the amount of it to give back with the next request."""
        self._granted = self._before = 0
        self._low, self._renew_at = -1, _NEVER
        self._seen = -1
        self._heard_at = -_NEVER
        self._refused_cost, self._refused_until = 0, -_NEVER

    def refuses(self, cost: int, now: float) -> bool:
        """Whether the store lately refused such a call."""
        return now < self._refused_until and cost >= self._refused_cost

    def spend(self, cost: int, now: float) -> bool:
        """Count an admitted call; whether the lease should be renewed."""
        self.left -= cost
        return self.left <= self._low or now >= self._renew_at

    def stop_renewing(self) -> None:
        """Ask for no renewal until the next grant."""
        self._low, self._renew_at = -1, _NEVER

    def recent(self, now: float) -> int:
        """What was spent in the last slot or in this one, whichever is more."""
        return max(self._granted - self.left, self._before) if now < self.until + SLOT else 0

    def give_up(self) -> None:
        """Give back what is left, with the next request."""
        if self.left > 0:
            self._return(self.slot, self.left)
            self._granted -= self.left
            self.left = 0

    def give_up_unused(self, now: float) -> None:
        """Give back what is left if the lease has ended, or nothing was spent since the last look."""
        if now >= self.until or self.left == self._seen:
            self.give_up()
        self._seen = self.left

    def granted(self, slot: int, amount: int, until: float, used: int) -> None:
        """Add what the store granted, of which waiting calls will use `used`."""
        if amount == 0:
            return
        if slot < self.slot:  # a later reply came first
            self._return(slot, amount)
            return
        if slot > self.slot:
            self._before = self._granted - self.left if until < self.until + 2 * SLOT else 0
            self.give_up()
            self.slot, self._granted, self.until = slot, 0, until
        self.left += amount
        self._granted += amount
        self.until = max(self.until, until)
        self._seen = -1
        self._refused_until = -_NEVER
        ahead = self.left - used
        self._low = self.left // 4 if ahead > 3 else -1
        self._renew_at = self.until - _RENEWAL if ahead > 0 else _NEVER

    def heard(self, remaining: int, reset_at: float, sent: float, now: float) -> None:
        """Take over how the budget stands. Of two requests at the same time, the lower figure is kept."""
        self.remaining = min(remaining, self.remaining) if sent <= self._heard_at else remaining
        self.reset_at = reset_at
        self._heard_at = now

    def refused(self, cost: int, until: float, free_at: float) -> None:
        """Remember that the store has no room for a call of this cost."""
        self._refused_cost, self._refused_until, self.free_at = cost, until, free_at

    def _return(self, slot: int, amount: int) -> None:
        earlier_slot, earlier = self.returned
        self.returned = (slot, amount + (earlier if earlier_slot == slot else 0))  # of an earlier slot, it lapses


class Refusals:
    """How many calls of a subject were refused in this window, on all replicas as far as known."""

    __slots__ = ("count", "unsent", "until")

    def __init__(self) -> None:
        self.count = self.unsent = 0
        self.until = -_NEVER

    def add(self, now: float) -> int:
        """Count a refused call; returns the count."""
        if now >= self.until:
            self.count, self.unsent, self.until = 0, 0, now + WINDOW
        self.count += 1
        self.unsent += 1
        return self.count


class LeaseGroup:
    """The leases that one request to the store fetches together: all are granted for a call, or none.

    Args:
        keys: the budgets in the store, in one hash slot of a Redis Cluster; the refusals' key last.
        plain: leases on which a call costs 1.
        weighted: leases on which a call has the cost of its tool.
        reserve: part of the budget that only tenants below their guaranteed share can use.
        refusals: the refused calls of the subject.
    """

    __slots__ = ("_reserve", "keys", "leases", "lock", "plain", "refusals", "renewing", "waiting", "weighted")

    def __init__(
        self,
        keys: Sequence[str],
        plain: Sequence[Lease],
        weighted: Sequence[Lease] = (),
        *,
        reserve: int = 0,
        refusals: Refusals | None = None,
    ) -> None:
        self.keys: Final = tuple(keys)
        self.plain: Final = tuple(plain)
        self.weighted: Final = tuple(weighted)
        self.leases: Final = (*self.plain, *self.weighted)
        self.refusals: Final = refusals
        self.waiting = 0
        """Calls that wait for a lease."""
        self.renewing = False
        self.lock: Final = asyncio.Lock()
        self._reserve = reserve

    def covers(self, cost: int, now: float) -> bool:
        """Whether the leases admit a call."""
        for lease in self.plain:
            if lease.left < 1 or now >= lease.until:
                return False
        for lease in self.weighted:  # noqa: SIM110  # several times as fast as `all` of a generator
            if lease.left < cost or now >= lease.until:
                return False
        return True

    def spend(self, cost: int, now: float) -> bool:
        """Count an admitted call on every lease; whether one should be renewed."""
        low = False
        for lease in self.plain:
            low |= lease.spend(1, now)
        for lease in self.weighted:
            low |= lease.spend(cost, now)
        return low

    def refusing(self, cost: int, now: float) -> list[Lease]:
        """The leases whose budget has no room for a call, as the store said lately."""
        return [lease for lease, price in self._prices(cost) if lease.refuses(price, now)]

    def give_up_ending(self, cost: int, now: float) -> None:
        """Give back what no call can use any more, or what a new lease will replace."""
        for lease, price in self._prices(cost):
            if lease.left < price or now >= lease.until - MARGIN:
                lease.give_up()

    def take_arguments(self, cost: int, calls: int, now: float, *, ahead: bool) -> list[float]:
        """The arguments of the script. What is given back with them is forgotten here, so that it returns once."""
        refusals = self.refusals.unsent if self.refusals is not None else -1
        arguments: list[float] = [WINDOW * 1000, SLOTS, MARGIN * 1000, PART, calls, self._reserve, refusals]
        for lease, price in self._prices(cost):
            wanted = lease.recent(now) if ahead else 0
            arguments += [lease.limit, price, lease.left, lease.slot, wanted, *lease.returned]
            lease.returned = (0, 0)
        if self.refusals is not None:
            self.refusals.unsent = 0
        return arguments

    def apply(self, reply: Sequence[int], cost: int, sent: float, now: float) -> None:
        """Take over the store's reply to a request of the time `sent`."""
        slot, usable, calls, full, wait, refusals, forgotten = reply[:7]
        for index, (lease, price) in enumerate(self._prices(cost)):
            amount, remaining, reset = reply[7 + 3 * index : 10 + 3 * index]
            lease.heard(remaining, sent + reset / 1000, sent, now)
            lease.granted(slot, amount, sent + usable / 1000, calls * price)
            if index == full - 1:
                lease.refused(price, min(sent + wait / 1000, sent + _RECHECK), now + wait / 1000)
        if self.refusals is not None and refusals:
            self.refusals.count = refusals + self.refusals.unsent
            self.refusals.until = sent + forgotten / 1000

    @property
    def is_empty(self) -> bool:
        """Whether nothing is held, to give back or to report."""
        unsent = self.refusals is not None and self.refusals.unsent > 0
        return not unsent and not any(lease.left or lease.returned[1] for lease in self.leases)

    @property
    def has_news(self) -> bool:
        """Whether there is something to give back, or refusals to report."""
        unsent = self.refusals is not None and self.refusals.unsent > 0
        return unsent or any(lease.returned[1] for lease in self.leases)

    def _prices(self, cost: int) -> list[tuple[Lease, int]]:
        return [(lease, 1) for lease in self.plain] + [(lease, cost) for lease in self.weighted]
