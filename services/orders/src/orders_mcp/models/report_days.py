"""The days of a report in a time zone, their days, weeks and months, and the days that they are compared with."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from typing import Literal

from orders_mcp.models.days import Period, period, start_of

Comparison = Literal["previous_period", "last_year"]
Bucket = Literal["day", "week", "month"]
MAX_PERIOD_DAYS = 366
_DAY = timedelta(days=1)


class InvalidPeriod(ValueError):
    """The period is reversed or too long, as the message says."""


@dataclass(frozen=True, slots=True)
class ReportDays:
    """The days of a report, both ends included.

    Raises:
        InvalidPeriod: `last` is before `first`, or the period is longer than a year.
    """

    first: date
    last: date
    zone: tzinfo

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise InvalidPeriod("to_day is before from_day. Swap them.")
        if (self.last - self.first).days >= MAX_PERIOD_DAYS:
            raise InvalidPeriod(f"The period has more than {MAX_PERIOD_DAYS} days. Choose closer from_day and to_day.")

    @property
    def period(self) -> Period:
        """From the first midnight to the last."""
        return period(self.first, self.last, self.zone)

    def before(self, comparison: Comparison) -> "ReportDays":
        """The days to compare with.

        Whole months are compared with as many whole months, so November with October. Other days are compared with as
        many days right before them, or with the same dates a year earlier.
        """
        following = self.last + _DAY
        if self.first.day == following.day == 1:
            months = 12 if comparison == "last_year" else _month_number(following) - _month_number(self.first)
            return ReportDays(months_later(self.first, -months), months_later(following, -months) - _DAY, self.zone)
        if comparison == "last_year":
            return ReportDays(months_later(self.first, -12), months_later(self.last, -12), self.zone)
        length = following - self.first
        return ReportDays(self.first - length, self.last - length, self.zone)

    def starts(self, bucket: Bucket) -> list[date]:
        """The first day of each day, week (Monday) or month that the report touches."""
        if bucket == "month":
            first = self.first.replace(day=1)
            count = _month_number(self.last) - _month_number(first) + 1
            return [months_later(first, place) for place in range(count)]
        days = 7 if bucket == "week" else 1
        first = self.first - timedelta(days=self.first.weekday() if bucket == "week" else 0)
        return [first + timedelta(days=place) for place in range(0, (self.last - first).days + 1, days)]

    def instants(self, bucket: Bucket) -> list[datetime]:
        """When each day, week or month starts."""
        return [start_of(day, self.zone) for day in self.starts(bucket)]

    def labels(self, bucket: Bucket) -> list[str]:
        """The names of the days, weeks or months: ``2026-11-30``, or ``2026-11`` for a month."""
        return [day.isoformat()[: 7 if bucket == "month" else 10] for day in self.starts(bucket)]


def months_later(day: date, months: int) -> date:
    """The same day of another month, or the last day of it where that month is shorter."""
    year, month = divmod(_month_number(day) + months, 12)
    following = date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1)
    return min(date(year, month + 1, 1) + timedelta(days=day.day - 1), following - _DAY)


def _month_number(day: date) -> int:
    return day.year * 12 + day.month - 1
