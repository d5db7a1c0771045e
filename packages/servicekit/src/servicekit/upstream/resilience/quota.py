"""What an upstream allows us in a time: asked before each request, told of each answer, readable at any moment."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from servicekit.telemetry.instruments import upstream_quotas
from servicekit.upstream.errors import QuotaSpent
from servicekit.upstream.http.response import UpstreamResponse

Clock = Callable[[], float]
"""Seconds since the epoch."""


@dataclass(frozen=True, slots=True)
class QuotaState:
    """One limit of an upstream, as far as this server knows.

    Attributes:
        name: such as ``core`` or ``hourly``.
        limit, remaining: in requests, or in the upstream's own unit of cost.
        reset_at: when all of it is back; seconds since the epoch.
    """

    name: str
    limit: float
    remaining: float
    reset_at: float

    @property
    def reset_time(self) -> datetime:
        """`reset_at`, in UTC."""
        return datetime.fromtimestamp(self.reset_at, UTC)

    def tell(self, host: str) -> None:
        """Show it in metrics."""
        upstream_quotas[host, self.name] = self


class Quota(Protocol):
    """The limits of one upstream."""

    async def admit(self, cost: float, resource: str) -> None:
        """Count a request that is about to be sent; `resource` names the quota, where there are several.

        Raises:
            QuotaSpent: it would be over a limit, so it must not be sent.
        """
        ...

    def note(self, reply: UpstreamResponse) -> QuotaSpent | None:
        """Learn from an answer; where the answer says that a limit was met, what to tell the caller."""
        ...

    async def states(self) -> Sequence[QuotaState]:
        """Every limit that is known."""
        ...


class Pause:
    """Obeys an upstream that said when to come back."""

    def __init__(self, name: str, clock: Clock = time.time) -> None:
        self._name = name
        self._clock = clock
        self._quota, self._until = "", 0.0

    def begin(self, quota: str, until: float) -> QuotaSpent:
        """Ask nothing before `until`; gives what to tell the caller."""
        if until > self._until:
            self._quota, self._until = quota, until
        return QuotaSpent(self._name, quota, until, self._clock())

    def check(self) -> None:
        """Return when the pause is over.

        Raises:
            QuotaSpent: it is not.
        """
        if (now := self._clock()) < self._until:
            raise QuotaSpent(self._name, self._quota, self._until, now)
