"""What is to be generated, and when each order was placed: growth, seasons, weekdays, the hours people shop."""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from itertools import accumulate

DAYS = 730
"""Two years of history, so that every month can be compared with the year before."""

TENANTS = (("acme", "Acme Trading"), ("globex", "Globex Corporation"))
ORDERS_PER_CUSTOMER = 5

_MONTH_WEIGHT = (0, 80, 78, 88, 92, 97, 95, 90, 88, 96, 104, 150, 142)  # by month, 1 to 12
_WEEKDAY_WEIGHT = (108, 102, 100, 98, 96, 104, 112)  # Monday first
_HOUR_WEIGHT = (3, 2, 1, 1, 1, 2, 4, 7, 10, 12, 13, 13, 14, 13, 12, 12, 13, 14, 15, 17, 18, 16, 11, 6)  # UTC
_HOUR_ENDS = tuple(accumulate(_HOUR_WEIGHT))


@dataclass(frozen=True)
class Plan:
    """A data set.

    Args:
        orders: how many orders, of both tenants together: four in five are acme's.
        seed: the same seed makes the same rows.
        until: the day after the last day with orders (UTC midnight).
    """

    orders: int
    seed: int
    until: date

    @cached_property
    def end(self) -> datetime:
        """The moment the data ends."""
        return datetime(self.until.year, self.until.month, self.until.day, tzinfo=UTC)

    @cached_property
    def start(self) -> datetime:
        """The moment the data begins."""
        return self.end - timedelta(days=DAYS)

    @staticmethod
    def tenant_of(index: int) -> tuple[int, int]:
        """Which tenant the order (or customer) of that index is of, and its place among those of that tenant."""
        block, place = divmod(index, 5)
        return (1, block) if place == 4 else (0, block * 4 + place)

    def count_of(self, tenant: int) -> int:
        """How many orders a tenant has."""
        globex = self.orders // 5
        return globex if tenant else self.orders - globex

    def customers_of(self, tenant: int) -> int:
        """How many customers a tenant has; at least one."""
        return self.count_of(tenant) // ORDERS_PER_CUSTOMER + 1

    @cached_property
    def _day_ends(self) -> list[int]:
        days = [self.start + timedelta(days=day) for day in range(DAYS)]
        return list(
            accumulate(
                _MONTH_WEIGHT[day.month] * _WEEKDAY_WEIGHT[day.weekday()] * (DAYS + number)  # doubles over the history
                for number, day in enumerate(days)
            )
        )

    def placed_at(self, index: int, chance: int) -> datetime:
        """When the order of that index was placed, to the second; never before those of lower indexes.

        Args:
            index: which order.
            chance: a number below 2**32 that spreads the orders unevenly.
        """
        ends = self._day_ends
        share = ((index << 32) + chance) * ends[-1] // (self.orders << 32)
        day = bisect_right(ends, share)
        begin = ends[day - 1] if day else 0
        within_day = (share - begin) * _HOUR_ENDS[-1] * 3600 // (ends[day] - begin)
        hour = bisect_right(_HOUR_ENDS, within_day // 3600)
        within_hour = within_day - (_HOUR_ENDS[hour - 1] if hour else 0) * 3600
        return self.start + timedelta(days=day, hours=hour, seconds=within_hour // _HOUR_WEIGHT[hour])
