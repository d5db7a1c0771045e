"""Counts of failures: each for a time from its first, and no more keys than fit."""

import pytest

from servicekit.auth import bounded_counts
from servicekit.auth.bounded_counts import BoundedCounts


class Clock:
    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def test_a_count_ends_a_period_after_its_first() -> None:
    clock = Clock()
    counts = BoundedCounts(clock=clock)
    assert (counts.get("a"), counts.get_expiry("a")) == (0, clock.now)
    assert [counts.incr("a", 60), counts.incr("a", 60, 2)] == [1, 3]
    clock.now += 59.5
    assert counts.incr("a", 60) == 4
    assert (counts.get("a"), counts.get_expiry("a")) == (4, 1_000_060.0)
    clock.now += 0.5
    assert counts.get("a") == 0
    assert counts.incr("a", 60) == 1
    assert counts.get_expiry("a") == 1_000_120.0


def test_the_keys_counted_last_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounded_counts, "MOST_COUNTED", 2)
    counts = BoundedCounts(clock=Clock())
    for key in ("a", "b", "a", "c"):
        counts.incr(key, 60)
    assert ([counts.get(key) for key in "abc"], len(counts)) == ([2, 0, 1], 2)


def test_counts_can_be_forgotten() -> None:
    counts = BoundedCounts(clock=Clock())
    for key in ("a", "b", "b"):
        counts.incr(key, 60)
    counts.clear("a")
    counts.clear("unknown")
    assert (counts.get("a"), counts.get("b")) == (0, 2)
    assert counts.check()
    assert issubclass(counts.base_exceptions, Exception)
    assert counts.reset() == 1
    assert (counts.get("b"), counts.reset()) == (0, 0)
