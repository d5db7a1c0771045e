"""Counts in memory that a network of addresses cannot fill: a storage of the `limits` library, which slowapi uses."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Final

from limits.storage import Storage

SCHEME: Final = "bounded-memory"
"""The scheme of this storage's URL."""
MOST_COUNTED: Final = 10_000
"""Keys in the count. Beyond that, the key that was counted the longest ago is forgotten."""


class BoundedCounts(Storage):
    """Counts keys for a time from their first count.

    Args:
        clock: seconds since the epoch.
    """

    STORAGE_SCHEME = [SCHEME]  # noqa: RUF012  # as the library declares it

    def __init__(self, uri: str | None = None, *, clock: Callable[[], float], **_: Any) -> None:
        super().__init__(uri)
        self._clock = clock
        self._counts: OrderedDict[str, tuple[float, int]] = OrderedDict()

    @property
    def base_exceptions(self) -> type[Exception]:
        """What a storage of this kind can raise."""
        return MemoryError

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count a key, from 0 again `expiry` seconds after its first count; returns its count."""
        now = self._clock()
        ends_at, count = self._counts.pop(key, (0.0, 0))
        if ends_at <= now:
            ends_at, count = now + expiry, 0
        self._counts[key] = ends_at, count + amount
        if len(self._counts) > MOST_COUNTED:
            self._counts.popitem(last=False)
        return count + amount

    def get(self, key: str) -> int:
        """The count of a key."""
        ends_at, count = self._counts.get(key, (0.0, 0))
        return count if ends_at > self._clock() else 0

    def get_expiry(self, key: str) -> float:
        """When a key is counted from 0 again, in seconds since the epoch."""
        return self._counts.get(key, (self._clock(), 0))[0]

    def check(self) -> bool:
        """Memory is always there."""
        return True

    def reset(self) -> int:
        """Forget all keys; returns how many there were."""
        count = len(self._counts)
        self._counts.clear()
        return count

    def clear(self, key: str) -> None:
        """Forget a key."""
        self._counts.pop(key, None)

    def __len__(self) -> int:
        return len(self._counts)
