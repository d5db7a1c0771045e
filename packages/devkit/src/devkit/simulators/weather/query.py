"""Query parameters of the weather APIs: place, days and variables, validated as at Open-Meteo."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from devkit.simulators.weather.gazetteer import gazetteer


class ApiError(Exception):
    """A 400 with a reason in Open-Meteo's wording."""


@dataclass(frozen=True, slots=True)
class Span:
    """The days of an API: default and maximum number of days ahead, including today, and the first and last day.

    By default the first day is 93 days ago, and the last one the maximum number of days ahead.
    """

    default_days: int
    most_days: int
    first: date | None = None
    last: date | None = None
    dates_required: bool = False

    def allowed(self, today: date) -> tuple[date, date]:
        """First and last allowed day, for a current day in UTC."""
        ahead = today + timedelta(days=self.most_days - 1)
        return self.first or today - timedelta(days=_DAYS_BACK), self.last or ahead


_DAYS_BACK = 93
_BLOCKS = ("current", "minutely_15", "hourly", "daily")


@dataclass(frozen=True)
class WeatherQuery:
    """A validated request.

    Attributes:
        first, last: local days, both included.
        lists: the variables of ``current``, ``minutely_15``, ``hourly`` and ``daily``.
        quarters: number of quarters of an hour from the current one; by default those of all days.
        elevation: elevation of temperatures in metres; by default that of the ground.
    """

    latitude: float
    longitude: float
    zone: Any
    zone_name: str
    first: date
    last: date
    lists: Mapping[str, tuple[str, ...]]
    now: datetime
    hours_ahead: int | None = None
    elevation: float | None = None
    quarters: int | None = None
    models: tuple[str, ...] = ()

    @cached_property
    def days(self) -> list[date]:
        """All local days."""
        return [self.first + timedelta(days=number) for number in range((self.last - self.first).days + 1)]

    @cached_property
    def offset(self) -> int:
        """Seconds that local time is ahead of UTC now."""
        ahead = self.now.astimezone(self.zone).utcoffset() or timedelta()
        return int(ahead.total_seconds())

    @cached_property
    def all_hours(self) -> list[tuple[str, datetime]]:
        """The hours of all days; with `hours_ahead`, that many hours from the current one."""
        hours = [hour for day in self.days for hour in self.hours(day)]
        if self.hours_ahead is None:
            return hours
        begun = self.now - timedelta(hours=1)
        return [hour for hour in hours if hour[1] > begun][: self.hours_ahead]

    @cached_property
    def all_quarters(self) -> list[tuple[str, datetime]]:
        """The quarters of an hour of all days, or a number of them from the current one, as text and instant."""
        if self.quarters is None:
            begin, count = self.hours(self.first)[0][1], 96 * len(self.days)
        else:
            begin, count = self.now.replace(minute=self.now.minute // 15 * 15, second=0, microsecond=0), self.quarters
        instants = [begin + timedelta(minutes=15 * number) for number in range(count)]
        shift = timedelta(seconds=self.offset)
        return [((instant + shift).strftime("%Y-%m-%dT%H:%M"), instant) for instant in instants]

    def hours(self, day: date) -> list[tuple[str, datetime]]:
        """The 24 hours of a local day, as text and instant; all with today's offset, as at Open-Meteo."""
        midnight = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(seconds=self.offset)
        return [(f"{day}T{hour:02}:00", midnight + timedelta(hours=hour)) for hour in range(24)]


def read(query: Mapping[str, str], span: Span, now: datetime) -> WeatherQuery:
    """Parse and validate a query string.

    Raises:
        ApiError: a parameter is missing or invalid.
    """
    latitude, longitude = _number(query, "latitude"), _number(query, "longitude")
    if not -90 <= latitude <= 90:
        raise ApiError(f"Latitude must be in range of -90 to 90°. Given: {latitude}.")
    if not -180 <= longitude <= 180:
        raise ApiError(f"Longitude must be in range of -180 to 180°. Given: {longitude}.")
    zone, name = _zone(query.get("timezone", "GMT"), latitude, longitude)
    lists = {part: tuple(filter(None, query.get(part, "").split(","))) for part in _BLOCKS}
    if lists["daily"] and "timezone" not in query:
        raise ApiError("Timezone is required")
    first, last = _dates(query, span, now.astimezone(zone).date(), span.allowed(now.date()))
    ahead = _count(query, "forecast_hours", 0) or None
    elevation = _number(query, "elevation") if "elevation" in query else None
    quarters = _count(query, "forecast_minutely_15", 0) or None
    models = tuple(filter(None, query.get("models", "").split(",")))
    if ahead is not None:
        last = first + timedelta(days=ahead // 24 + 1)
    return WeatherQuery(latitude, longitude, zone, name, first, last, lists, now, ahead, elevation, quarters, models)


def _number(query: Mapping[str, str], name: str) -> float:
    if name not in query:
        raise ApiError(f"Value of type 'Array<Double>' required for key '{name}'.")
    try:
        return float(query[name])
    except ValueError:
        raise ApiError(f"Parameter '{name}' must be a number") from None


def _zone(name: str, latitude: float, longitude: float) -> tuple[Any, str]:
    if name == "auto":
        near = gazetteer().zone(latitude, longitude)
        if near is None:
            hours = round(longitude / 15)
            return timezone(timedelta(hours=hours)), f"Etc/GMT{-hours:+d}" if hours else "GMT"
        name = near
    if name in ("GMT", "UTC"):
        return UTC, "GMT"
    try:
        return ZoneInfo(name), name
    except (ZoneInfoNotFoundError, ValueError):
        raise ApiError("Invalid timezone") from None


def _dates(query: Mapping[str, str], span: Span, today: date, allowed: tuple[date, date]) -> tuple[date, date]:
    if "start_date" in query or "end_date" in query or span.dates_required:
        first, last = (_date(query, name) for name in ("start_date", "end_date"))
        for name, day in (("start_date", first), ("end_date", last)):
            if not allowed[0] <= day <= allowed[1]:
                words = f"Parameter '{name}' is out of allowed range from {allowed[0]} to {allowed[1]}"
                raise ApiError(words)
        if last < first:
            raise ApiError("End-date must be larger or equals than start-date")
        return first, last
    days, past = (
        _count(query, name, usual) for name, usual in (("forecast_days", span.default_days), ("past_days", 0))
    )
    if not 0 <= days <= span.most_days:
        raise ApiError(f"Forecast days is invalid. Allowed range 0 to {span.most_days}. Given {days}.")
    if not 0 <= past <= 92:
        raise ApiError(f"Past days is invalid. Allowed range 0 to 92. Given {past}.")
    return today - timedelta(days=past), today + timedelta(days=max(days, 1) - 1)


def _count(query: Mapping[str, str], name: str, usual: int) -> int:
    try:
        return int(query.get(name, usual))
    except ValueError:
        raise ApiError(f"Parameter '{name}' must be a number") from None


def _date(query: Mapping[str, str], name: str) -> date:
    try:
        return date.fromisoformat(query[name])
    except KeyError:
        raise ApiError(f"Parameter '{name}' is required") from None
    except ValueError:
        raise ApiError(f"Invalid date format in '{name}'. Make sure to use 'YYYY-MM-DD'") from None
