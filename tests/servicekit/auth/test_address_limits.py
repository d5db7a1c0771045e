"""The count of failing authentications: its window and its bounds."""

import tracemalloc

from servicekit.auth.address_limits import MOST_COUNTED, WINDOW, AddressLimits, Blocked


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
    clock.now += WINDOW
    assert limits.count("invalid", "203.0.113.7") is None


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
    assert len(limits) == MOST_COUNTED
    assert size < 4 * 1024 * 1024
    assert limits.count("invalid", "203.0.113.7") is not None
