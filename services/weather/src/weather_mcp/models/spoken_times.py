"""The arguments `from` and `to`: days, parts of a day and times, as people and models write them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Annotated, Final

from pydantic import AfterValidator, Field

from servicekit.schema import Searched

_RULE: Final = "must be a day, part of a day or time, such as 2026-12-05, saturday afternoon or 2026-12-05T12:00"
_MOST: Final = 60  # characters
_DAY: Final = timedelta(days=1)
_WEEK: Final = 7
_SATURDAY: Final = 5
_NOON: Final = 12 * 60
_YEARS: Final = range(1900, 2201)

PARTS: Final[Mapping[str, tuple[int, int]]] = {
    "morning": (6, 12),
    "afternoon": (12, 18),
    "evening": (18, 24),
    "night": (21, 30),
    "tonight": (18, 30),
}
"""First and last hour of each part of a day; above 24 they are of the next day."""
_WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_WEEKDAY: Final = {name[:length]: at for at, name in enumerate(_WEEKDAYS) for length in (3, 4, 5, len(name))}
_RELATIVE: Final = {"yesterday": -1, "today": 0, "tomorrow": 1, "overmorrow": 2}
_NOISE: Final = frozenset({"on", "at", "this", "the", "coming", "in", "of"})
_DATE: Final = re.compile(r"([0-9]{4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})(?:t(?=[0-9]))?")
_CLOCK: Final = re.compile(
    r"([0-9]{1,2})(?::([0-9]{2}))?(?::[0-9]{2}(?:[.][0-9]{1,9})?)? ?(am|pm|h|uhr|o'clock)? ?"
    r"(z|utc|[+-][0-9]{2}:?[0-9]{2})?"
)


@dataclass(frozen=True, slots=True)
class SpokenTime:
    """What a text says. Without `day`, `weekday` and `ahead` it means the current day.

    Attributes:
        day: a calendar day.
        ahead: days from today.
        weekday: 0 for Monday; the next such day, or today while the range is not over (see `range_of`).
        is_weekend: Saturday and Sunday.
        part: a name in `PARTS`.
        minute: minutes after midnight, for a time.
        offset: the UTC offset of a time that names one.
    """

    day: date | None = None
    ahead: int | None = None
    weekday: int | None = None
    is_weekend: bool = False
    is_now: bool = False
    part: str | None = None
    minute: int | None = None
    offset: timedelta | None = None

    @property
    def is_time(self) -> bool:
        """Whether it is a moment, not a period."""
        return self.is_now or self.minute is not None

    def period(self, now: datetime, anchor: date | None = None) -> tuple[datetime, datetime]:
        """When it begins and ends; both are the same for a time.

        Args:
            now: the current time, in the zone of the place.
            anchor: the day from which a weekday is counted, and of a text without a day; by default today.
        """
        if self.is_now:
            return now, now
        first = self._day(now.date(), anchor or now.date())
        if self.minute is not None:
            moment = _at(first, timedelta(minutes=self.minute), now, self.offset)
            return moment, moment
        hours = PARTS[self.part] if self.part is not None else (0, 24)
        last = first + _DAY if self.is_weekend and first.weekday() == _SATURDAY else first
        return _at(first, timedelta(hours=hours[0]), now), _at(last, timedelta(hours=hours[1]), now)

    def _day(self, today: date, anchor: date) -> date:
        if self.day is not None:
            return self.day
        if self.ahead is not None:
            return today + self.ahead * _DAY
        if self.is_weekend and anchor.weekday() > _SATURDAY:
            return anchor
        weekday = _SATURDAY if self.is_weekend else self.weekday
        return anchor if weekday is None else anchor + (weekday - anchor.weekday()) % _WEEK * _DAY


def _at(day: date, after: timedelta, now: datetime, offset: timedelta | None = None) -> datetime:
    """The moment at which a clock in the zone of `now` shows a time of a day."""
    shown = datetime.combine(day, time()) + after
    zone = now.tzinfo if offset is None else timezone(offset)
    return shown.replace(tzinfo=zone).astimezone(UTC)


def spoken_time(text: str) -> SpokenTime:
    """What a text says.

    Raises:
        ValueError: it is no day, part of a day or time.
    """
    plain = " ".join(text.casefold().replace(",", " ").replace("day after tomorrow", "overmorrow").split())
    try:
        found, rest = _dated(plain)
        return _timed(found, rest) if rest else found
    except (ValueError, OverflowError):
        raise ValueError(_RULE) from None


def _dated(plain: str) -> tuple[SpokenTime, str]:
    """The day at the beginning of a text, and the rest."""
    if (match := _DATE.match(plain)) is not None:
        year, month, day = (int(group) for group in match.groups())
        if year not in _YEARS:
            raise ValueError(plain)
        return SpokenTime(day=date(year, month, day)), _without_noise(plain[match.end() :])
    word, _, rest = _without_noise(plain).partition(" ")
    rest = _without_noise(rest)
    if word == "now":
        return SpokenTime(is_now=True), rest
    if word == "weekend":
        return SpokenTime(is_weekend=True), rest
    if word in _RELATIVE:
        return SpokenTime(ahead=_RELATIVE[word]), rest
    if word in _WEEKDAY:
        return SpokenTime(weekday=_WEEKDAY[word]), rest
    if not word:
        raise ValueError(plain)
    return SpokenTime(ahead=0) if word == "tonight" else SpokenTime(), _without_noise(plain)


def _timed(found: SpokenTime, rest: str) -> SpokenTime:
    """A day with its part or time."""
    if found.is_weekend or found.is_now:
        raise ValueError(rest)
    if rest in PARTS:
        return replace(found, part=rest)
    if rest in ("noon", "midday"):
        return replace(found, minute=_NOON)
    match = _CLOCK.fullmatch(rest)
    if match is None or not (found != SpokenTime() or match[2] or match[3]):
        raise ValueError(rest)
    hour, minute, half = int(match[1]), int(match[2] or 0), match[3]
    if half in ("am", "pm"):
        if not 1 <= hour <= 12:
            raise ValueError(rest)
        hour = hour % 12 + (12 if half == "pm" else 0)
    if hour * 60 + minute > 24 * 60 or minute > 59:
        raise ValueError(rest)
    return replace(found, minute=hour * 60 + minute, offset=_offset(match[4]))


def _offset(text: str | None) -> timedelta | None:
    if text is None or text in ("z", "utc"):
        return None if text is None else timedelta()
    hours, minutes = int(text[1:3]), int(text[-2:])
    if hours > 14 or minutes > 59:
        raise ValueError(text)
    return (1 if text[0] == "+" else -1) * timedelta(hours=hours, minutes=minutes)


def _without_noise(text: str) -> str:
    words = text.split()
    while words and words[0] in _NOISE:
        words.pop(0)
    return " ".join(words)


def _checked(text: str) -> str:
    spoken_time(text)
    return text


_Text = Annotated[str, AfterValidator(_checked), Searched()]
FromText = Annotated[
    _Text | None,
    Field(max_length=_MOST, description="There: 2026-12-05T12:00, saturday afternoon."),
]
ToText = Annotated[_Text | None, Field(max_length=_MOST, description="As from.")]
