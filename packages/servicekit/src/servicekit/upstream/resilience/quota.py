"""The quota of an upstream: checked before each request, updated by each response."""

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
    """The state of one limit of an upstream.

    Attributes:
        name: the limit's name, such as ``core`` or ``hourly``.
        limit, remaining: in requests, or in the upstream's own unit of cost.
        reset_at: when the limit resets, in seconds since the epoch.
    """

    name: str
    limit: float
    remaining: float
    reset_at: float

    @property
    def reset_time(self) -> datetime:
        """`reset_at`, in UTC."""
        return datetime.fromtimestamp(self.reset_at, UTC)

    def record_metrics(self, host: str) -> None:
        """Publish this state as a metric."""
        upstream_quotas[host, self.name] = self


class Quota(Protocol):
    """The limits of one upstream."""

    async def reserve(self, cost: float, resource: str) -> None:
        """Count a request before it is sent.

        Args:
            cost: in the upstream's unit.
            resource: the quota it counts against, where there are several.

        Raises:
            QuotaSpent: the request is over a limit and must not be sent.
        """
        ...

    def update(self, response: UpstreamResponse) -> QuotaSpent | None:
        """Update the state from a response; returns the error of a response that reports a limit."""
        ...

    async def states(self) -> Sequence[QuotaState]:
        """Every known limit."""
        ...


class Pause:
    """Refuses all requests until the time that the upstream named."""

    def __init__(self, name: str, clock: Clock = time.time) -> None:
        self._name = name
        self._clock = clock
        self._quota, self._until = "", 0.0

    def start(self, quota: str, until: float) -> QuotaSpent:
        """Refuse requests until `until` (seconds since the epoch); returns the error for the caller."""
        if until > self._until:
            self._quota, self._until = quota, until
        return QuotaSpent(self._name, quota, until, self._clock())

    def check(self) -> None:
        """Check that no pause is running.

        Raises:
            QuotaSpent: a pause is running.
        """
        if (now := self._clock()) < self._until:
            raise QuotaSpent(self._name, self._quota, self._until, now)
