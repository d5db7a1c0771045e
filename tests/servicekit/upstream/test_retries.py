"""Requests are sent again where that is safe, and never more than their share."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicekit.upstream.errors import CircuitOpen, QuotaSpent, UpstreamFailed
from servicekit.upstream.resilience.retry_budget import RetryBudget, retry_delay

from .responses import failure


@pytest.mark.parametrize(
    ("failed", "attempt", "idempotent", "left", "again"),
    [
        (failure(), 1, True, 10.0, True),
        (failure(), 3, True, 10.0, False),
        (failure(), 1, False, 10.0, False),
        (failure(sent=False), 1, False, 10.0, True),
        (failure(retryable=False), 1, True, 10.0, False),
        (failure(retry_after=9.0), 1, True, 10.0, True),
        (failure(retry_after=30.0), 1, True, 10.0, False),
        (failure(), 1, True, 0.1, False),
        (QuotaSpent("library", "core", 5.0, 0.0), 1, False, 10.0, True),
        (QuotaSpent("library", "core", 6.0, 0.0), 1, False, 10.0, False),
        (QuotaSpent("library", "core", 5.0, 0.0), 1, False, 4.0, False),
        (CircuitOpen("library", 1.0), 1, True, 10.0, False),
    ],
)
def test_sending_again_needs_safety_time_and_hope(
    failed: UpstreamFailed | QuotaSpent, attempt: int, idempotent: bool, left: float, again: bool
) -> None:
    pause = retry_delay(failed, attempt, idempotent=idempotent, left=left, budget=RetryBudget())
    assert (pause is not None) is again
    if pause is not None:
        assert 0 <= pause <= left


@given(st.integers(0, 500))
def test_retries_never_outgrow_their_share(requests: int) -> None:
    budget = RetryBudget(ratio=0.1, most=10, per_second=0.0)
    retries = 0
    for _ in range(requests):
        budget.earn()
        retries += budget.spend()
    assert retries <= 10 + requests * 0.1
