"""Errors of upstream calls, with texts for the model.

They contain no URLs and no headers, and the host's own words only as `words.said_by` fences them.
"""

import math
from datetime import UTC, datetime

from servicekit.core.errors import NothingChanged


class UpstreamFailed(NothingChanged):
    """The upstream gave no usable response.

    Args:
        name: the upstream's display name.
        reason: what happened, as the predicate of a sentence that begins with the name.
        sent: the request may have reached the upstream, so only an idempotent request may be sent again.
        retryable: the same request may succeed later.
        retry_after: seconds to wait, where the upstream named them.
        kind: the value of `error.type` in metrics and spans.
        trips_breaker: counts as a failure of the host. False for failures that only concern this request.
        said: the sentence with the host's own words (`words.said_by`).
    """

    def __init__(
        self,
        name: str,
        reason: str,
        *,
        kind: str,
        sent: bool = True,
        retryable: bool = True,
        trips_breaker: bool = True,
        retry_after: float | None = None,
        said: str = "",
    ) -> None:
        super().__init__(name)
        when = f"in {math.ceil(retry_after)} s" if retry_after is not None else "in a few seconds"
        advice = f"try again {when}" if retryable or trips_breaker else "repeating the same request will not help"
        self.args = (f"{name} {reason}.{said} Nothing was changed; {advice}.",)
        self.kind = kind
        self.sent = sent
        self.retryable = retryable
        self.trips_breaker = trips_breaker
        self.retry_after = retry_after


def request_refused(name: str, status: int, said: str) -> UpstreamFailed:
    """The upstream refused this request with an HTTP status; `said` as in `UpstreamFailed`."""
    reason = f"refused with HTTP {status}"
    return UpstreamFailed(name, reason, kind=str(status), retryable=False, trips_breaker=False, said=said)


class CircuitOpen(UpstreamFailed):
    """The circuit breaker is open: the upstream failed repeatedly and gets no requests for a while."""

    def __init__(self, name: str, seconds: float) -> None:
        reason = "failed repeatedly, so this server sends it no requests for now"
        super().__init__(name, reason, kind="circuit_open", sent=False, retryable=False, retry_after=max(seconds, 1.0))


class QuotaSpent(NothingChanged):
    """The quota with the upstream is spent.

    Args:
        name: the upstream's display name.
        quota: the limit that was reached, such as ``hourly``.
        reset_at: when the quota resets, in seconds since the epoch.
        now: the current time on the same clock.

    Attributes:
        wait: whole seconds until the reset, at least 1.
    """

    def __init__(self, name: str, quota: str, reset_at: float, now: float) -> None:
        super().__init__(name)
        self.wait = max(1, math.ceil(reset_at - now))
        instant = datetime.fromtimestamp(math.ceil(reset_at), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        words = (
            f"This server's {quota} quota with {name} is spent. Nothing was changed; it resets at {instant}, in "
            f"{self.wait} s. Earlier reads may still be answered from the cache; do not retry in a loop."
        )
        self.args = (words,)
