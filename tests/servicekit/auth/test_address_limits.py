"""The count of failing authentications: its window and its bounds."""

import tracemalloc

import pytest

from servicekit.auth import address_limits
from servicekit.auth.address_limits import AddressLimits, Blocked
from servicekit.auth.bounded_counts import MOST_COUNTED, BoundedCounts
from tests.fixtures.counted import counting


class Clock:
    """A clock that a test moves."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_failures_count_for_a_minute() -> None:
    clock = Clock()
    limits = AddressLimits(2, clock)
    assert [limits.count("invalid", "203.0.113.7") for _ in range(2)] == [None, None]
    clock.now += 45.5
    assert limits.count("invalid", "203.0.113.7") == Blocked(15, is_first=True)
    assert limits.count("invalid", "203.0.113.7") == Blocked(15, is_first=False)
    clock.now += 60
    assert limits.count("invalid", "203.0.113.7") is None


def test_each_failure_beyond_the_limit_is_counted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = counting(monkeypatch, address_limits, "rate_limit_refused")
    limits = AddressLimits(1, Clock())
    for _ in range(4):
        limits.count("absent", "203.0.113.7")
    assert counts() == {(("limit", "address"),): 3}


def test_kinds_and_addresses_have_counts_of_their_own() -> None:
    limits = AddressLimits(1)
    for failure in ("absent", "invalid"):
        for address in ("203.0.113.7", "203.0.113.8", "2001:db8::1", "unknown"):
            assert limits.count(failure, address) is None  # type: ignore[arg-type]
    assert limits.count("invalid", "2001:db8::2") is not None


def test_memory_is_bounded_under_a_48_of_addresses() -> None:
    tracemalloc.start()
    limits = AddressLimits(3)
    for number in range(30_000):
        limits.count("invalid", f"2001:db8:7:{number:x}::1")
        if number % 1000 == 0:
            limits.count("invalid", "203.0.113.7")  # continues to fail, and is not forgotten
    size = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert size < 4 * 1024 * 1024
    assert limits.count("invalid", "203.0.113.7") is not None


def test_the_key_that_was_counted_longest_ago_is_forgotten() -> None:
    counts = BoundedCounts(clock=Clock())
    for number in range(MOST_COUNTED):
        counts.incr(f"key {number}", 60)
    counts.incr("key 0", 60)
    counts.incr("one more", 60)
    assert len(counts) == MOST_COUNTED
    assert [counts.get(key) for key in ("key 0", "key 1", "key 2", "one more")] == [2, 0, 1, 1]


def test_counts_can_be_cleared() -> None:
    counts = BoundedCounts(clock=Clock())
    counts.incr("one", 60)
    counts.incr("two", 60)
    counts.clear("one")
    assert counts.check()
    assert counts.reset() == 1
    assert (len(counts), counts.get_expiry("two")) == (0, Clock.now)
