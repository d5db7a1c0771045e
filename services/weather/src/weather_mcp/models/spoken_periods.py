"""Weekends, weeks, months, years and seasons in words, such as `last month`, `past ten days` or `winter`."""

import re
from calendar import monthrange
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Final

from weather_mcp.models.named_days import COUNT, number_of

Days = tuple[date, date]
"""The first and the last day."""

_SEASONS: Final[Mapping[str, int]] = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}
"""The first month in the north; six months later in the south (meteorological seasons)."""
_NEAR: Final[Mapping[str, int]] = {
    "last": -1, "past": -1, "previous": -1, "this": 0, "current": 0, "next": 1, "coming": 1,
}  # fmt: skip
_SEASON: Final = re.compile(r"([a-z]+)(?: (?:of )?([0-9]{4})(?:[/–-]([0-9]{4}|[0-9]{2}))?)?")
_MANY: Final = re.compile(rf"({COUNT}) (day|week)s?")
_YEAR, _HALF_YEAR = 12, 6  # months
_SATURDAY: Final = 5
_WEEK: Final = timedelta(days=7)
_DAY: Final = timedelta(days=1)


def spoken_period(plain: str, today: date, south: bool) -> Days | None:
    """The days that lower-case words mean; None if they are no weekend, week, month, year or season.

    The last days or weeks end yesterday. A season without a year is the latest that has begun. Winter of a year ends in
    it, as its January does.

    Raises:
        ValueError: the years of a season do not follow each other.
    """
    near, _, rest = plain.removeprefix("the ").partition(" ")
    if near in _NEAR:
        if rest in _UNITS:
            return _UNITS[rest](today, _NEAR[near])
        if _NEAR[near] < 0 and (many := _MANY.fullmatch(rest)) is not None:
            days = number_of(many[1]) * (1 if many[2] == "day" else _WEEK.days)
            return (today - days * _DAY, today - _DAY) if days else None
        return _season_near(rest, today, _NEAR[near], south) if rest in _SEASONS else None
    match = _SEASON.fullmatch(plain.removeprefix("the "))
    if match is None or match[1] not in _SEASONS:
        return None
    name, year, until = match.groups()
    if year is None:
        return latest_begun(lambda year: _season(name, year, south), today)
    found = _season(name, int(year) + (until is not None), south)
    if until is not None and (found[0].year == found[1].year or found[1].year % 100 != int(until) % 100):
        raise ValueError(plain)
    return found


def latest_begun(in_year: Callable[[int], Days], today: date) -> Days:
    """The latest of the periods of each year that has begun."""
    found = in_year(today.year + 1)
    return next(days for days in (found, in_year(today.year), in_year(today.year - 1)) if days[0] <= today)


def latest_over(in_year: Callable[[int], Days], today: date) -> Days:
    """The latest of the periods of each year that is over."""
    return next(days for days in map(in_year, range(today.year, today.year - 3, -1)) if days[1] < today)


def _season(name: str, year: int, south: bool) -> Days:
    month = (_SEASONS[name] + (_HALF_YEAR if south else 0) - 1) % _YEAR + 1
    first = date(year - 1 if month == _YEAR else year, month, 1)
    return first, _months_after(first, 3) - _DAY


def _season_near(name: str, today: date, away: int, south: bool) -> Days:
    def in_year(year: int) -> Days:
        return _season(name, year, south)

    if away < 0:
        return latest_over(in_year, today)
    if away > 0:
        return next(days for days in map(in_year, range(today.year, today.year + 3)) if days[0] > today)
    latest = latest_begun(in_year, today)
    begins_this_year = next(days for days in map(in_year, (today.year, today.year + 1)) if days[0].year == today.year)
    return latest if latest[1] >= today else begins_this_year


def _week(today: date, away: int) -> Days:
    first = today - today.weekday() * _DAY + away * _WEEK
    return first, first + _WEEK - _DAY


def _weekend(today: date, away: int) -> Days:
    """The current or coming one, one that is over, or the one after the coming one."""
    saturday = today + (_SATURDAY - today.weekday()) * _DAY + away * _WEEK
    return saturday, saturday + _DAY


def _month(today: date, away: int) -> Days:
    first = _months_after(today.replace(day=1), away)
    return first, first.replace(day=monthrange(first.year, first.month)[1])


def _year(today: date, away: int) -> Days:
    return date(today.year + away, 1, 1), date(today.year + away, 12, 31)


def _months_after(first: date, months: int) -> date:
    count = first.year * _YEAR + first.month - 1 + months
    return date(count // _YEAR, count % _YEAR + 1, 1)


_UNITS: Final[Mapping[str, Callable[[date, int], Days]]] = {
    "weekend": _weekend, "week": _week, "month": _month, "year": _year,
}  # fmt: skip
