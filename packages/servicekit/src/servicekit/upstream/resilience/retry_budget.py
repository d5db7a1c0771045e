"""When a request is sent again: only where that is safe, within the deadline, and within a budget shared by all."""

import random
import time
from collections.abc import Callable
from typing import Final

from servicekit.upstream.errors import QuotaSpent, UpstreamFailed

MOST_ATTEMPTS: Final = 3
FIRST_PAUSE: Final = 0.2
"""Seconds before the second attempt at most; the pause is drawn between 0 and this, and doubles ("full jitter")."""
LONGEST_WAIT_FOR_QUOTA: Final = 5.0
"""Seconds; whoever would wait longer for a quota is told when it is back instead."""
_LAST_MOMENT: Final = 0.5  # seconds that must be left after a pause for an attempt to make sense


class RetryBudget:
    """Retries may add so much to the traffic of a host and no more, however many calls want them.

    Args:
        ratio: retries earned by each request.
        most: retries that can be saved up; a new server starts with them.
        per_second: retries earned by waiting, so that a quiet server has some.
        clock: seconds, monotonic.
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
        """Take one retry, if there is one."""
        now = self._clock()
        self._saved = min(self._saved + (now - self._counted_at) * self._per_second, self._most)
        self._counted_at = now
        if self._saved < 1:
            return False
        self._saved -= 1
        return True


def pause_before_retry(
    failure: UpstreamFailed | QuotaSpent, attempt: int, *, idempotent: bool, left: float, budget: RetryBudget
) -> float | None:
    """Seconds to wait before sending the same request again; None where it is not sent again.

    Args:
        attempt: how many were made, from 1.
        idempotent: sending it twice does no more than sending it once.
        left: seconds until the deadline.
    """
    if attempt >= MOST_ATTEMPTS:
        return None
    if isinstance(failure, UpstreamFailed) and not (failure.again and (idempotent or not failure.sent)):
        return None
    if isinstance(failure, QuotaSpent) and failure.wait > LONGEST_WAIT_FOR_QUOTA:
        return None
    asked = failure.wait if isinstance(failure, QuotaSpent) else failure.retry_after or 0.0
    pause = asked + random.uniform(0, FIRST_PAUSE * 2 ** (attempt - 1))  # noqa: S311  # spreads load, hides nothing
    return pause if pause + _LAST_MOMENT <= left and budget.spend() else None
