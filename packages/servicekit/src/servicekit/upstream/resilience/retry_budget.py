"""Retries: only where they are safe, within the deadline, and within a budget that all calls to a host share."""

import random
import time
from collections.abc import Callable
from typing import Final

from servicekit.upstream.errors import QuotaSpent, UpstreamFailed

MAX_ATTEMPTS: Final = 3
FIRST_BACKOFF: Final = 0.2
"""Seconds: the longest delay before the second attempt. It doubles with each attempt, with full jitter."""
LONGEST_WAIT_FOR_QUOTA: Final = 5.0
"""Seconds. A call whose quota resets later fails at once, with the time of the reset."""
_MIN_ATTEMPT_SECONDS: Final = 0.5  # left after the delay, so that the attempt can succeed


class RetryBudget:
    """Bounds the retries to a host as a share of its requests, so that retries do not overload it.

    Args:
        ratio: retries earned by each request.
        most: the largest saved number of retries, and the initial one.
        per_second: retries earned per second, for servers with little traffic.
        clock: monotonic, in seconds.
    """

    def __init__(
        self,
        *,
        ratio: float = 0.1,
        most: float = 10.0,
        per_second: float = 0.1,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ratio, self._most, self._per_second = ratio, most, per_second
        self._clock = clock
        self._saved = most
        self._counted_at = clock()

    def earn(self) -> None:
        """Count a request that is not a retry."""
        self._saved = min(self._saved + self._ratio, self._most)

    def spend(self) -> bool:
        """Take one retry from the budget; returns False where it is empty."""
        now = self._clock()
        self._saved = min(self._saved + (now - self._counted_at) * self._per_second, self._most)
        self._counted_at = now
        if self._saved < 1:
            return False
        self._saved -= 1
        return True


def retry_delay(
    failure: UpstreamFailed | QuotaSpent, attempt: int, *, idempotent: bool, left: float, budget: RetryBudget
) -> float | None:
    """Seconds to wait before sending the same request again; None where it must not be sent again.

    Args:
        attempt: the number of attempts made, from 1.
        idempotent: sending it twice has the same effect as once.
        left: seconds until the deadline.
    """
    if attempt >= MAX_ATTEMPTS:
        return None
    if isinstance(failure, UpstreamFailed) and not (failure.retryable and (idempotent or not failure.sent)):
        return None
    if isinstance(failure, QuotaSpent) and failure.wait > LONGEST_WAIT_FOR_QUOTA:
        return None
    asked = failure.wait if isinstance(failure, QuotaSpent) else failure.retry_after or 0.0
    pause = asked + random.uniform(0, FIRST_BACKOFF * 2 ** (attempt - 1))  # noqa: S311  # jitter, not a secret
    return pause if pause + _MIN_ATTEMPT_SECONDS <= left and budget.spend() else None
