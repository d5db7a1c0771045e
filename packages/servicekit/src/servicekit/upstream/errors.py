"""What goes wrong with an upstream, in words that a model can act on. Never a URL, a header or what the host wrote."""

import math
from datetime import UTC, datetime

from servicekit.core.errors import NothingChanged


class UpstreamFailed(NothingChanged):
    """The upstream gave no usable answer.

    Args:
        name: the upstream, as people call it.
        reason: what it did, as the end of a sentence that begins with its name.
        sent: the request may have reached it, so that only an idempotent one may be sent again.
        again: the same request may fare better in a moment.
        retry_after: seconds that the upstream asked to be left alone.
        kind: the value of `error.type` in metrics and spans.
        unwell: it is a sign that the host is not well, and not only that this request was too much.
    """

    def __init__(
        self,
        name: str,
        reason: str,
        *,
        kind: str,
        sent: bool = True,
        again: bool = True,
        unwell: bool = True,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(name)
        when = f"in {math.ceil(retry_after)} s" if retry_after is not None else "in a few seconds"
        advice = f"try again {when}" if again or unwell else "the same request would fare no better"
        self.args = (f"{name} {reason}. Nothing was changed; {advice}.",)
        self.kind = kind
        self.sent = sent
        self.again = again
        self.unwell = unwell
        self.retry_after = retry_after


class CircuitOpen(UpstreamFailed):
    """The upstream failed so often that it is left alone for a while."""

    def __init__(self, name: str, seconds: float) -> None:
        reason = "keeps failing, so it is not being asked at the moment"
        super().__init__(name, reason, kind="breaker_open", sent=False, again=False, retry_after=max(seconds, 1.0))


class QuotaSpent(NothingChanged):
    """The upstream takes no more requests of ours for now.

    Args:
        name: the upstream, as people call it.
        quota: which of its limits, such as ``hourly``.
        reset_at: when it takes requests again, in seconds since the epoch.
        now: the same clock.

    Attributes:
        wait: whole seconds until then, at least 1.
    """

    def __init__(self, name: str, quota: str, reset_at: float, now: float) -> None:
        super().__init__(name)
        self.wait = max(1, math.ceil(reset_at - now))
        instant = datetime.fromtimestamp(math.ceil(reset_at), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        words = (
            f"This server's {quota} quota with {name} is spent. Nothing was changed; it is back at {instant}, in "
            f"{self.wait} s. What was read before may still be answered from the cache; do not call in a loop."
        )
        self.args = (words,)
