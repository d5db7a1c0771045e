"""Blocks of a response: current, hourly and daily values with units."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from devkit.simulators.weather.climate import Climate, Weather
from devkit.simulators.weather.query import WeatherQuery
from devkit.simulators.weather.sun import daylight
from devkit.simulators.weather.variables import DAILY, HOURLY, rounded, unknown

_LONG, _LONGER = 15, 400  # days
_SUMS = ("precipitation", "snowfall")  # of an interval; all else is at its end
# South, north, west and east of the models with steps of 15 minutes: ICON-D2, AROME, HRRR.
_BY_QUARTERS = ((43.2, 58.0, -3.9, 20.3), (37.5, 55.4, -12.0, 16.0), (24.0, 49.5, -125.0, -66.5))


class Series:
    """The weather of the requested days at one place, computed once."""

    def __init__(self, query: WeatherQuery, climate: Climate) -> None:
        self._query = query
        self._climate = climate
        self._days: dict[date, list[Weather]] = {}
        # Long past periods use fewer hours, since computing all would take seconds.
        self._step = (
            1 if len(query.days) < _LONG or query.last >= query.now.date() else 3 if len(query.days) < _LONGER else 6
        )

    def day(self, day: date) -> list[Weather]:
        """The hours of a local day, or every third or sixth of them."""
        if day not in self._days:
            self._days[day] = [self.hour(instant) for _, instant in self._query.hours(day)[:: self._step]]
        return self._days[day]

    def hour(self, instant: datetime) -> Weather:
        """One hour by the current forecast."""
        return self._climate.at(instant, max(0.0, (instant - self._query.now) / timedelta(hours=1)))

    def current(self) -> dict[str, Any]:
        """The current quarter of an hour."""
        now = self._query.now.replace(minute=self._query.now.minute // 15 * 15, second=0, microsecond=0)
        local = (now + timedelta(seconds=self._query.offset)).replace(tzinfo=None)
        values: dict[str, Any] = {"time": local.isoformat(timespec="minutes"), "interval": 900}
        units = {"time": "iso8601", "interval": "seconds"}
        weather = self.hour(now)
        for name in self._query.lists["current"]:
            units[name], (values[name],) = self._hourly(name, [weather])
        return {"current_units": units, "current": values}

    def minutely_15(self) -> dict[str, Any]:
        """Units and values by quarters of an hour; where no model has them, interpolated from hours."""
        latitude, longitude = self._climate.latitude, self._climate.longitude
        is_native = any(s <= latitude <= n and w <= longitude <= e for s, n, w, e in _BY_QUARTERS)
        units = {"time": "iso8601"}
        values: dict[str, Any] = {"time": [written for written, _ in self._query.all_quarters]}
        weather = [self.hour(instant if is_native else _next_hour(instant)) for _, instant in self._query.all_quarters]
        for name in self._query.lists["minutely_15"]:
            units[name], column = self._hourly(name, weather)
            values[name] = rounded([value / 4 for value in column], 2) if name in _SUMS else column
        return {"minutely_15_units": units, "minutely_15": values}

    def hourly(
        self, suffix: str = "", known: int | None = None, step: int = 1
    ) -> tuple[dict[str, str], dict[str, Any]]:
        """Units and values of the hourly variables; `suffix` is appended to each name.

        Args:
            known: how many hours from the first have values; by default all.
            step: hours between two that are computed; those between are interpolated.
        """
        hours = self._query.all_hours[:known]
        weather = [self.hour(instant) for _, instant in hours[::step]]
        nulls = [None] * (len(self._query.all_hours) - len(hours))
        units, values = {}, dict[str, Any]()
        for name in self._query.lists["hourly"]:
            units[name + suffix], column = self._hourly(name, weather)
            values[name + suffix] = [*_between(column, step)[: len(hours)], *nulls]
        return units, values

    def daily(self) -> dict[str, Any]:
        """Units and values of the daily variables."""
        units = {"time": "iso8601"}
        values: dict[str, Any] = {"time": [day.isoformat() for day in self._query.days]}
        for name in self._query.lists["daily"]:
            if name in ("sunrise", "sunset"):
                units[name], values[name] = "iso8601", self._sun(name)
                continue
            if name not in DAILY:
                raise unknown("ForecastVariableDaily", name)
            source, fold = DAILY[name]
            variable = HOURLY[source]
            each = self._step if fold is sum else 1
            folded = [each * fold([variable.of(hour) for hour in self.day(day)]) for day in self._query.days]
            units[name], values[name] = variable.unit, rounded(folded, variable.decimals)
        return {"daily_units": units, "daily": values}

    def _hourly(self, name: str, weather: Sequence[Weather]) -> tuple[str, list[float]]:
        if name not in HOURLY:
            raise unknown("SurfacePressureAndHeightVariable", name)
        variable = HOURLY[name]
        return variable.unit, rounded([variable.of(hour) for hour in weather], variable.decimals)

    def _sun(self, name: str) -> list[str]:
        spans = [daylight(self._climate.latitude, day) for day in self._query.days]
        shift = self._query.offset / 3600 - self._climate.longitude / 15
        times = []
        for day, span in zip(self._query.days, spans, strict=True):
            begin, end = span
            if end - begin in (0, 24):  # from midnight to midnight, the same or the next (open-meteo/open-meteo#844)
                hour = 0.0 if name == "sunrise" else end - begin
            else:
                hour = (begin if name == "sunrise" else end) + shift
            moment = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(hours=hour)
            times.append(moment.strftime("%Y-%m-%dT%H:%M"))
        return times


def _between(column: Sequence[float], step: int) -> list[float]:
    """A column with values between those of two steps; after the last one, it stays."""
    pairs = zip(column, [*column[1:], *column[-1:]], strict=True)
    return [round(one + (other - one) * part / step, 2) for one, other in pairs for part in range(step)]


def _next_hour(instant: datetime) -> datetime:
    """The end of the hour before whose end a quarter ends."""
    return instant if instant.minute == 0 else instant.replace(minute=0) + timedelta(hours=1)


def times(query: WeatherQuery) -> list[str]:
    """All requested hours as text."""
    return [written for written, _ in query.all_hours]


def made(query: WeatherQuery, parts: dict[str, tuple[str, Callable[[datetime], float | None], int]]) -> dict[str, Any]:
    """The hourly block of variables given as unit, function of time, and decimals."""
    units, values = {"time": "iso8601"}, dict[str, Any](time=times(query))
    for name in query.lists["hourly"]:
        if name not in parts:
            raise unknown("Variable", name)
        units[name], function, decimals = parts[name]
        column = [function(instant) for _, instant in query.all_hours]
        values[name] = [None if value is None else round(value, decimals) for value in column]
    return {"hourly_units": units, "hourly": values}
