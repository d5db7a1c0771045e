"""What a text in `from` or `to` means: a day, a part of one, several days or a time."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Final

from weather_mcp.models.named_days import NamedDay

_DAY: Final = timedelta(days=1)
_WEEK: Final = 7
_SATURDAY: Final = 5

PARTS: Final[Mapping[str, tuple[int, int]]] = {
    "morning": (6, 12),
    "afternoon": (12, 18),
    "evening": (18, 24),
    "night": (21, 30),
    "tonight": (18, 30),
}
"""First and last hour of each part of a day; above 24 they are of the next day."""


@dataclass(frozen=True, slots=True)
class SpokenTime:
    """What a text says. Without any day it means the current one.

    Attributes:
        day: a calendar day.
        named: a day of a month; without its year, the next one.
        ahead: days from today.
        weekday: 0 for Monday; the next such day, or today while the range is not over (see `range_of`).
        is_weekend: Saturday and Sunday.
        is_week: Monday to Sunday; of the current week, the days from today.
        is_next: the weekend or week after the coming weekend or the current week.
        after: from now, to a time.
        part: a name in `PARTS`.
        minute: minutes after midnight, for a time.
        offset: the UTC offset of a time that names one.
    """

    day: date | None = None
    named: NamedDay | None = None
    ahead: int | None = None
    weekday: int | None = None
    is_weekend: bool = False
    is_week: bool = False
    is_next: bool = False
    is_now: bool = False
    after: timedelta | None = None
    is_distance: bool = False
    part: str | None = None
    minute: int | None = None
    offset: timedelta | None = None

    @property
    def is_time(self) -> bool:
        """Whether it is a moment, not a period."""
        return self.is_now or self.after is not None or self.minute is not None

    @property
    def is_several_days(self) -> bool:
        """Whether it is a weekend or week."""
        return self.is_weekend or self.is_week

    @property
    def is_chosen(self) -> bool:
        """Whether the result says which day was taken."""
        no_year = self.named is not None and self.named.year is None
        return no_year or self.is_distance or self.is_next or self.is_week

    def period(self, now: datetime, anchor: date | None = None) -> tuple[datetime, datetime]:
        """When it begins and ends; both are the same for a time.

        Args:
            now: the current time, in the zone of the place.
            anchor: the day from which weekdays and days of a month are counted, and of a text without a day; by default
                today.

        Raises:
            Refused: the day of the month is another weekday than the text says.
        """
        if self.is_now or self.after is not None:
            moment = now if self.after is None else now.astimezone(UTC) + self.after
            return moment, moment
        first, last = self._days(now.date(), anchor or now.date())
        if self.minute is not None:
            moment = _at(first, timedelta(minutes=self.minute), now, self.offset)
            return moment, moment
        hours = PARTS[self.part] if self.part is not None else (0, 24)
        return _at(first, timedelta(hours=hours[0]), now), _at(last, timedelta(hours=hours[1]), now)

    def _days(self, today: date, anchor: date) -> tuple[date, date]:
        """The first and the last day."""
        if self.is_several_days:
            counted = today + (_WEEK - today.weekday()) * _DAY if self.is_next else anchor
            sunday = counted + (_WEEK - 1 - counted.weekday()) * _DAY
            return (max(counted, sunday - _DAY) if self.is_weekend else counted), sunday
        first = self._day(today, anchor)
        return first, first

    def _day(self, today: date, anchor: date) -> date:
        if self.day is not None:
            return self.day
        if self.named is not None:
            return self.named.on_or_after(anchor)
        if self.ahead is not None:
            return today + self.ahead * _DAY
        return anchor if self.weekday is None else anchor + (self.weekday - anchor.weekday()) % _WEEK * _DAY


def _at(day: date, after: timedelta, now: datetime, offset: timedelta | None = None) -> datetime:
    """The moment at which a clock in the zone of `now` shows a time of a day."""
    shown = datetime.combine(day, time()) + after
    zone = now.tzinfo if offset is None else timezone(offset)
    return shown.replace(tzinfo=zone).astimezone(UTC)
