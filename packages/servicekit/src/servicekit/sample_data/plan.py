"""The plan of a data set: its size, and when each record is created, by growth, season, weekday and hour."""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from itertools import accumulate
from typing import ClassVar

DAYS = 730
"""Two years, so that every month has the same month of the previous year."""

TENANTS = (("acme", "Acme Trading"), ("globex", "Globex Corporation"))


@dataclass(frozen=True)
class SamplePlan:
    """A data set. Subclasses may set the weights of months, weekdays and hours; by default all are alike.

    Args:
        size: number of main records of both tenants; four in five are acme's.
        seed: the same seed makes the same rows.
        until: the first day without records (UTC).
    """

    size: int
    seed: int
    until: date

    MONTHS: ClassVar[tuple[int, ...]] = (0, *[1] * 12)
    """By month, 1 to 12; index 0 is unused."""
    WEEKDAYS: ClassVar[tuple[int, ...]] = (1,) * 7
    """Monday first."""
    HOURS: ClassVar[tuple[int, ...]] = (1,) * 24
    """By hour of the day (UTC)."""

    @cached_property
    def end(self) -> datetime:
        return datetime(self.until.year, self.until.month, self.until.day, tzinfo=UTC)

    @cached_property
    def start(self) -> datetime:
        return self.end - timedelta(days=DAYS)

    @staticmethod
    def tenant_of(index: int) -> tuple[int, int]:
        """Tenant of a record, and its position among that tenant's records."""
        block, place = divmod(index, 5)
        return (1, block) if place == 4 else (0, block * 4 + place)

    def count_of(self, tenant: int) -> int:
        globex = self.size // 5
        return globex if tenant else self.size - globex

    @cached_property
    def _hour_ends(self) -> tuple[int, ...]:
        return tuple(accumulate(self.HOURS))

    @cached_property
    def _day_ends(self) -> list[int]:
        days = [self.start + timedelta(days=day) for day in range(DAYS)]
        return list(
            accumulate(
                self.MONTHS[day.month] * self.WEEKDAYS[day.weekday()] * (DAYS + number)  # doubles over the history
                for number, day in enumerate(days)
            )
        )

    def moment_of(self, index: int, chance: int) -> datetime:
        """Creation time of a record, to the second; never before records of lower indexes.

        Args:
            index: of the record.
            chance: a random number below 2**32.
        """
        ends = self._day_ends
        share = ((index << 32) + chance) * ends[-1] // (self.size << 32)
        day = bisect_right(ends, share)
        begin = ends[day - 1] if day else 0
        within_day = (share - begin) * self._hour_ends[-1] * 3600 // (ends[day] - begin)
        hour = bisect_right(self._hour_ends, within_day // 3600)
        within_hour = within_day - (self._hour_ends[hour - 1] if hour else 0) * 3600
        return self.start + timedelta(days=day, hours=hour, seconds=within_hour // self.HOURS[hour])
