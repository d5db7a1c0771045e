"""A quota that the upstream counts and reports in response headers."""

import time
from collections.abc import Mapping, Sequence
from typing import Final

from servicekit.upstream.errors import QuotaSpent
from servicekit.upstream.http.response import UpstreamResponse
from servicekit.upstream.http.retry_after import LONGEST_WAIT, retry_after
from servicekit.upstream.resilience.quota import Clock, Pause, QuotaState

_DEFAULT_PAUSE: Final = 60.0
"""Seconds to wait after a limit without `Retry-After`, as GitHub documents it for secondary limits."""
_LIMIT_TEXTS: Final = (b"secondary rate limit", b"rate limit exceeded", b"abuse detection")
"""Texts in the body of a 403 that is about a limit; older GitHub Enterprise servers send the last one."""
_MAX_RESOURCES: Final = 20


class HeaderQuota:
    """Follows `X-RateLimit-Limit`, `-Remaining`, `-Reset` (seconds since the epoch), `-Resource`, and `Retry-After`.

    When a resource's quota is spent, its requests are refused until the reset. After a "secondary" limit all requests
    are refused until the pause ends.

    Args:
        name: the upstream's display name.
        host: the value of `server.address` in metrics.
        resource: the quota of requests that name none.
        clock: seconds since the epoch.
    """

    def __init__(self, name: str, host: str, resource: str = "core", clock: Clock = time.time) -> None:
        self._name, self._host = name, host
        self._default_resource = resource
        self._clock = clock
        self._pause = Pause(name, clock)
        self._states: dict[str, QuotaState] = {}

    async def reserve(self, cost: float, resource: str = "") -> None:
        """Check a request against the last reported quota.

        Raises:
            QuotaSpent: the quota is spent, or a pause is running.
        """
        self._pause.check()
        state = self._states.get(resource or self._default_resource)
        now = self._clock()
        if state is not None and state.remaining < cost and now < state.reset_at:
            raise QuotaSpent(self._name, state.name, state.reset_at, now)

    def update(self, response: UpstreamResponse) -> QuotaSpent | None:
        """Store the reported quota; returns the error of a response that reports a limit."""
        state = self._read(response.headers)
        if response.status not in (403, 429):
            return None
        now = self._clock()
        wait = retry_after(response.headers, now)
        if wait is None and state is not None and state.remaining < 1:
            return QuotaSpent(self._name, state.name, state.reset_at, now)
        text = response.body[:4096].lower()
        if wait is not None or response.status == 429 or any(words in text for words in _LIMIT_TEXTS):
            return self._pause.start("secondary", now + (_DEFAULT_PAUSE if wait is None else wait))
        return None

    async def states(self) -> Sequence[QuotaState]:
        """The last reported state of every resource."""
        return list(self._states.values())

    def _read(self, headers: Mapping[str, str]) -> QuotaState | None:
        numbers = [headers.get(f"x-ratelimit-{part}", "") for part in ("limit", "remaining", "reset")]
        name = headers.get("x-ratelimit-resource", self._default_resource)
        if not all(map(_is_count, numbers)) or not (name.replace("_", "").isalnum() and len(name) <= 40):
            return None
        limit, remaining, reset_at = map(float, numbers)
        state = QuotaState(name, limit, remaining, min(reset_at, self._clock() + LONGEST_WAIT))
        if name in self._states or len(self._states) < _MAX_RESOURCES:
            self._states[name] = state
            state.record_metrics(self._host)
        return state


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 12
