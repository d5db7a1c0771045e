"""Zendesk's rate limits of one account (https://developer.zendesk.com/api-reference/introduction/rate-limits/)."""

import time
from collections.abc import Mapping, Sequence
from typing import Final

from servicekit.upstream import Clock, Pause, QuotaSpent, QuotaState, UpstreamResponse, retry_after

_DEFAULT_WAIT: Final = 60.0
"""Seconds to wait after a 429 without `Retry-After`: limits are counted by the minute."""


class ZendeskQuota:
    """Follows `X-Rate-Limit`, `X-Rate-Limit-Remaining`, `ratelimit-reset` (in seconds) and `Retry-After`.

    When the account's minute is spent, all its requests are refused until the next one. A 429 of a single endpoint,
    such as the limit of updates to one ticket, refuses only that request.

    Args:
        name: the upstream's display name.
        host: the value of `server.address` in metrics.
        clock: seconds since the epoch.
    """

    def __init__(self, name: str, host: str, clock: Clock = time.time) -> None:
        self._name, self._host, self._clock = name, host, clock
        self._pause = Pause(name, clock)
        self._state: QuotaState | None = None

    async def reserve(self, cost: float, resource: str = "") -> None:  # noqa: ARG002
        """Check a request against the last reported limit.

        Raises:
            QuotaSpent: the minute is spent, or a pause is running.
        """
        self._pause.check()
        state, now = self._state, self._clock()
        if state is not None and state.remaining < cost and now < state.reset_at:
            raise QuotaSpent(self._name, state.name, state.reset_at, now)

    def update(self, response: UpstreamResponse) -> QuotaSpent | None:
        """Store the reported limit; returns the error of a response that reports one as spent."""
        now = self._clock()
        self._read(response.headers, now)
        if response.status != 429:
            return None
        wait = retry_after(response.headers, now)
        until = now + (_DEFAULT_WAIT if wait is None else max(wait, 1.0))
        if self._state is not None and self._state.remaining >= 1:
            return QuotaSpent(self._name, "endpoint", until, now)
        return self._pause.start("minute", until)

    async def states(self) -> Sequence[QuotaState]:
        """The last reported state."""
        return [self._state] if self._state is not None else []

    def _read(self, headers: Mapping[str, str], now: float) -> None:
        limit, remaining = _count(headers, "x-rate-limit"), _count(headers, "x-rate-limit-remaining")
        if limit is None or remaining is None:
            return
        reset = _count(headers, "ratelimit-reset")
        self._state = QuotaState("minute", limit, remaining, now + min(60.0 if reset is None else reset, 60.0))
        self._state.record_metrics(self._host)


def _count(headers: Mapping[str, str], name: str) -> float | None:
    text = headers.get(name, "")
    return float(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
