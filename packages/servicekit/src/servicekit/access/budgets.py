"""Which budgets a call counts against: the server's, and the subject's with its tools and clients.

The keys of a subject share a hash tag, and so do the server's, so that the keys of one request to the store are in one
hash slot of a Redis Cluster, and subjects are spread over its nodes.
"""

from collections.abc import Mapping
from hashlib import blake2b
from typing import Final

from servicekit.access.leases import Lease, LeaseGroup, Refusals
from servicekit.access.limits import Level, RateLimits
from servicekit.access.local_counts import Charge, LocalCount

_MAX_CALLS: Final = 1000
"""Combinations of client and tool of one subject that a process keeps."""


class CallBudgets:
    """The budgets of one subject's calls of one tool through one client.

    Attributes:
        own: leases of the subject's budgets.
        server: leases of the server's budget, for this tenant.
        most: the most that a call can cost.
    """

    __slots__ = ("_charges", "_client", "_cost", "_keys", "limits", "most", "own", "refusals", "server", "subject")

    def __init__(self, limits: RateLimits, own: LeaseGroup, server: LeaseGroup, refusals: Refusals) -> None:
        self.limits: Final = limits
        self.own: Final = own
        self.server: Final = server
        self.refusals: Final = refusals
        self.most: Final = min(limits.tool, limits.client_tool or limits.tool)
        self.subject: Final = own.plain[0]
        self._client: Final = own.plain[1] if limits.client is not None else None
        self._charges: list[Charge] = []
        self._cost = 0

    def standing(self) -> tuple[int, int, float]:
        """The limit, what remains of it, and when it resets: of the client's budget where it has one."""
        subject, client = self.subject, self._client
        remaining = subject.left + subject.remaining
        if client is None:
            return subject.limit, remaining, subject.reset_at
        return client.limit, min(remaining, client.left + client.remaining), client.reset_at

    def local_standing(self, count: LocalCount) -> tuple[int, int, float]:
        """As `standing`, by the counts of this process; seconds until it resets."""
        if self._client is None:
            return self.subject.limit, count.remaining[1], count.reset[1]
        return self._client.limit, min(count.remaining[1:3]), count.reset[2]

    def charges(self, cost: int) -> list[Charge]:
        """What a call costs in each budget: the server's, then the subject's."""
        if cost != self._cost:
            reserve, (server,) = self.limits.reserve, self.server.plain
            shared = (self.server.keys[1], reserve) if reserve else None
            self._charges = [Charge(server.level, self.server.keys[0], server.limit, 1, shared)]
            prices = [1] * len(self.own.plain) + [cost] * len(self.own.weighted)
            for key, lease, price in zip(self.own.keys, self.own.leases, prices, strict=False):  # refusals' key is last
                self._charges.append(Charge(lease.level, key, lease.limit, price))
            self._cost = cost
        return self._charges


class SubjectBudgets:
    """The budgets of one subject of a tenant."""

    __slots__ = ("_leases", "_prefix", "_refusals", "calls")

    def __init__(self, service: str, tenant: str | None, subject: str) -> None:
        self._prefix = f"mcp:{{{service}:{_hash(tenant or '', subject)}}}:limit"
        self._refusals = Refusals()
        self._leases: dict[tuple[str, int], Lease] = {}
        self.calls: dict[tuple[str, str], CallBudgets] = {}
        """By client id and tool."""

    def add(self, client_id: str, tool: str, limits: RateLimits, server: LeaseGroup) -> CallBudgets:
        """Make the budgets of calls of a tool through a client."""
        if len(self.calls) >= _MAX_CALLS:  # their leases lapse, or are given back
            self.calls.clear()
            self._leases.clear()
        client = _hash(client_id)
        plain = self._leases_of("caller", {"caller": limits.caller, f"client:{client}": limits.client})
        weighted = self._leases_of("tool", {f"tool:{tool}": limits.tool, f"client:{client}:{tool}": limits.client_tool})
        keys = [f"{self._prefix}:{name}" for name in (*plain, *weighted, "refused")]
        own = LeaseGroup(keys, list(plain.values()), list(weighted.values()), refusals=self._refusals)
        budgets = self.calls[client_id, tool] = CallBudgets(limits, own, server, self._refusals)
        return budgets

    def _leases_of(self, level: Level, limits: Mapping[str, int | None]) -> dict[str, Lease]:
        """The leases of budgets by name, without those that have no limit. Calls with the same limit share a lease."""
        return {
            name: self._leases.setdefault((name, limit), Lease(level, limit))
            for name, limit in limits.items()
            if limit is not None
        }


def server_group(service: str, tenant: str | None, limits: RateLimits) -> LeaseGroup:
    """The lease of the server's budget for the calls of one tenant. Callers without a tenant count as one."""
    prefix, reserve = f"mcp:{{{service}}}:limit", limits.reserve
    keys = [f"{prefix}:server", *([f"{prefix}:tenant:{_hash(tenant or '')}"] if reserve else [])]
    return LeaseGroup(keys, [Lease("server", limits.server)], reserve=reserve)


def _hash(*names: str) -> str:
    return blake2b("\x1f".join(names).encode(), digest_size=12).hexdigest()
