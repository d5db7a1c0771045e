"""What lifecycles of generated records share: a status by age, and time that passes."""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import accumulate
from typing import TypeVar

from servicekit.sample_data.draws import Draws

Status = TypeVar("Status")


def status_by_age(
    statuses: Sequence[Status], shares_by_age: Sequence[tuple[int, tuple[int, ...]]], age: timedelta, chance: int
) -> Status:
    """Choose the status of a record.

    Args:
        statuses: every status.
        shares_by_age: the greatest age in hours, and the share of each status up to that age, per mille.
        age: of the record.
        chance: a random number below 1000.
    """
    hours = age / timedelta(hours=1)
    shares = next(shares for most, shares in shares_by_age if hours <= most)
    return statuses[bisect_right(tuple(accumulate(shares)), chance)]


class Lifecycle:
    """The current time of a record whose history is generated. A subclass collects its rows."""

    __slots__ = ("_draws", "_end", "at")

    def __init__(self, draws: Draws, start: datetime, end: datetime) -> None:
        self._draws, self._end = draws, end
        self.at = start

    def _advance(self, hours: int) -> None:
        """Let a random time of up to `hours` pass, at most until the end of the data."""
        later = self.at + timedelta(seconds=60 + self._draws.below(hours * 3600))
        self.at = min(later, self._end)
