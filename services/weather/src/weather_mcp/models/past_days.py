"""Past days, months and years, as people and models write them."""

import re
from calendar import monthrange
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Final
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field

from servicekit.core import Refused
from servicekit.schema import Identifier, Searched
from weather_mcp.models.locations import Place
from weather_mcp.models.named_days import MONTHS, WEEKDAYS, YEARS, NamedDay, distance, named_day
from weather_mcp.models.spoken_periods import latest_begun, latest_over, spoken_period
from weather_mcp.models.time_texts import RELATIVE, spoken_time

_DAY_RULE: Final = "must be a day, such as 2026-10-05, 5 October, yesterday, tomorrow or saturday"
_RULE: Final = "must be a past day, month or year, such as 2026-10-05, 5 October, yesterday, 2026-10 or 2026"
_MOST: Final = 40  # characters
_SAMPLE: Final = date(2026, 11, 29)  # any day: whether a text is valid does not depend on it
EARLIEST: Final = date(1940, 1, 1)
"""The first day of the archive."""
FORECAST_AHEAD: Final = timedelta(days=14)
"""How far ahead a day is compared with its normal."""
_LONGEST: Final = 366  # days
_DAY: Final = timedelta(days=1)
_WEEK: Final = 7
_DEGREES_AN_HOUR: Final = 15
_NOISE: Final = frozenset({"on", "the", "last", "past", "of", "in", "this"})
_DATE: Final = re.compile(r"([0-9]{4})(?:[-/.]([0-9]{1,2}))?(?:[-/.]([0-9]{1,2}))?")
_DOT: Final = re.compile(r"(?<=[a-z0-9])[.](?= |$)")
_COMPACT: Final = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")
_MIDNIGHT: Final = re.compile(r"[t ]00:00(?::00(?:[.]0{1,9})?)?(?:z|[+-]00:?00)?")


def past_days(text: str, today: date, *, south: bool = False, since: date | None = None) -> tuple[date, date]:
    """The first and last day that a text means.

    A weekday is the latest before today, and so is a day of a month without its year; a month or season without a year
    is the latest that has begun.

    Args:
        south: the place is south of the equator, where summer is in December.
        since: the day from which a day of a month without its year is counted, as the next one.

    Raises:
        ValueError: it is no day, month or year.
        Refused: the day of the month is another weekday than the text says.
    """
    plain = _DOT.sub("", " ".join(text.casefold().replace(",", " ").split()))
    plain = _MIDNIGHT.sub("", plain)
    try:
        match = _COMPACT.fullmatch(plain) or _DATE.fullmatch(plain)
        if match is not None:
            year, month, day = (int(group) if group else None for group in match.groups())
            return _written(year or 0, month, day)
        if (spoken := spoken_period(plain, today, south)) is not None:
            return spoken
        over, words = plain.startswith(("last ", "past ")), _without_noise(plain)
        if (named := named_day(words)) is not None and not named[1]:
            found = named[0].on_or_before(today - _DAY) if since is None else named[0].on_or_after(since)
            return found, found
        if (far := distance(plain)) is not None and far[1:] == (True, ""):
            return today + far[0], today + far[0]
        return _spoken(words.split(), today, over)
    except (ValueError, OverflowError):
        raise ValueError(_RULE) from None


def _written(year: int, month: int | None, day: int | None) -> tuple[date, date]:
    if month is None:
        return date(year, 1, 1), date(year, 12, 31)
    if day is None:
        return date(year, month, 1), date(year, month, monthrange(year, month)[1])
    return date(year, month, day), date(year, month, day)


def _without_noise(plain: str) -> str:
    return " ".join(word for word in plain.split() if word not in _NOISE)


def _spoken(words: list[str], today: date, over: bool) -> tuple[date, date]:
    """``yesterday``, ``friday``, ``october`` or ``october 2025``."""
    if (away := RELATIVE.get(" ".join(words))) is not None:
        return (today + away * _DAY,) * 2
    if len(words) == 1 and words[0] in WEEKDAYS:
        ago = (today.weekday() - WEEKDAYS[words[0]] - 1) % _WEEK + 1
        return (today - ago * _DAY,) * 2
    months = [MONTHS[word] for word in words if word in MONTHS]
    years = [int(word) for word in words if word not in MONTHS]
    if len(months) != 1 or len(years) > 1 or any(year not in YEARS for year in years):
        raise ValueError(" ".join(words))
    if years:
        return _written(years[0], months[0], None)
    return (latest_over if over else latest_begun)(lambda year: _written(year, months[0], None), today)


def _checked(text: str) -> str:
    with suppress(Refused):  # depends on the day
        past_days(text, _SAMPLE)
    return text


FirstDay = Annotated[
    str,
    Identifier("a past day, month or year such as 2026-10-05", "2026-10-05"),
    AfterValidator(_checked),
    Field(max_length=_MOST, description="Day, month or year: 2026-10-05, yesterday, 2026-10."),
]
LastDay = Annotated[
    Annotated[str, AfterValidator(_checked), Searched()] | None,
    Field(max_length=_MOST, description="Default: the end of first_day."),
]


def one_day(text: str, today: date) -> date:
    """The day that a text means: past as in the archive, ahead as in forecasts; a weekday is the next, or today.

    A day of a month without its year is the next one if the forecast reaches it, else the last one.

    Raises:
        ValueError: it is no day.
        Refused: the day of the month is another weekday than the text says.
    """
    try:
        said = spoken_time(text)
    except ValueError:
        said = None
    if said is not None and said.named is not None and said.minute is None and said.part is None:
        soon = _soon(said.named, today)
        return said.named.on_or_before(today) if soon is None else soon
    if said is not None and not (said.is_time or said.is_several_days or said.part):
        return said.period(datetime(today.year, today.month, today.day, tzinfo=UTC))[0].date()
    try:
        first, last = past_days(text, today)
    except ValueError:
        raise ValueError(_DAY_RULE) from None
    if first != last:
        raise ValueError(_DAY_RULE)
    return first


def _soon(named: NamedDay, today: date) -> date | None:
    """The next such day, if the forecast reaches it."""
    with suppress(Refused):  # that day is another weekday
        found = named.on_or_after(today)
        return found if found <= today + FORECAST_AHEAD else None
    return None


def _checked_day(text: str) -> str:
    with suppress(Refused):  # depends on the day
        one_day(text, _SAMPLE)
    return text


OneDay = Annotated[
    Annotated[str, AfterValidator(_checked_day), Searched()] | None,
    Field(max_length=_MOST, description="YYYY-MM-DD, from 1940 to 14 days ahead; default: today."),
]


def days_between(first_day: str, last_day: str | None, today: date, *, south: bool = False) -> tuple[date, date, date]:
    """The first day of the first text, and the first and last day of the other; a year may stand in the last only."""
    first, last = past_days(first_day, today, south=south)
    if last_day is None:
        return first, first, last
    begins, last = past_days(last_day, today, south=south, since=first)
    if last < first and any(word.strip(".,") in MONTHS for word in first_day.casefold().split()):
        first = past_days(first_day, last + _DAY, south=south)[0]
    return first, begins, last


def asked_days(first_day: str, last_day: str | None, today: date, *, south: bool = False) -> tuple[date, date, bool]:
    """The first and last day of two arguments, and whether the last one was moved back to yesterday.

    Raises:
        Refused: they are in the wrong order, too far apart, or not past.
    """
    first, latest_begins, last = days_between(first_day, last_day, today, south=south)
    yesterday = today - _DAY
    if first < EARLIEST or last < first or latest_begins > today:
        raise Refused(f"Give days from {EARLIEST} to yesterday, and first_day no later than last_day.")
    is_cut = latest_begins < last and last > yesterday
    if is_cut:
        last = max(yesterday, first)
    if (last - first).days >= _LONGEST:
        raise Refused(f"At most {_LONGEST} days per call. Give a shorter period, or call once for each year.")
    return first, last, is_cut


def today_at(place: Place) -> date:
    """The current day there; without a known zone, by the longitude."""
    now = datetime.now(UTC)
    try:
        return now.astimezone(ZoneInfo(place.timezone or "")).date()
    except (KeyError, ValueError, OSError):
        return (now + timedelta(hours=place.longitude / _DEGREES_AN_HOUR)).date()
