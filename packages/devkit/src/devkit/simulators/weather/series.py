"""The blocks of a response: current, hourly and daily values with units."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from devkit.simulators.weather.climate import Climate, Weather
from devkit.simulators.weather.query import Query
from devkit.simulators.weather.sun import daylight
from devkit.simulators.weather.variables import DAILY, HOURLY, in_units, unknown

_LONG, _LONGER = 15, 400  # days


class Series:
    """The weather of the requested days at a place, computed once."""

    def __init__(self, query: Query, climate: Climate) -> None:
        self._query = query
        self._climate = climate
        self._days: dict[date, list[Weather]] = {}
        # Long periods of the past use fewer hours; all hours would take seconds.
        days, is_past = len(query.days), query.last < query.now.date()
        self._step = 1 if days < _LONG or not is_past else 3 if days < _LONGER else 6

    def day(self, day: date) -> list[Weather]:
        """The computed hours of a local day."""
        if day not in self._days:
            self._days[day] = [self.hour(instant) for _, instant in self._query.hours(day)[:: self._step]]
        return self._days[day]

    def hour(self, instant: datetime) -> Weather:
        """The weather of an hour, as forecast now."""
        return self._climate.at(instant, max(0.0, (instant - self._query.now) / timedelta(hours=1)))

    def current(self) -> dict[str, Any]:
        """The block of the current quarter of an hour."""
        now = self._query.now.replace(minute=self._query.now.minute // 15 * 15, second=0, microsecond=0)
        local = (now + timedelta(seconds=self._query.offset)).replace(tzinfo=None)
        values: dict[str, Any] = {"time": local.isoformat(timespec="minutes"), "interval": 900}
        units = {"time": "iso8601", "interval": "seconds"}
        weather = self.hour(now)
        for name in self._query.lists["current"]:
            units[name], (values[name],) = self._hourly(name, [weather])
        return {"current_units": units, "current": values}

    def hourly(self, suffix: str = "") -> tuple[dict[str, str], dict[str, Any]]:
        """Units and values of every hourly variable; `suffix` is appended to each name."""
        weather = [self.hour(instant) for _, instant in self._query.all_hours]
        units, values = {}, {}
        for name in self._query.lists["hourly"]:
            units[name + suffix], values[name + suffix] = self._hourly(name, weather)
        return units, values

    def daily(self) -> dict[str, Any]:
        """Units and values of every daily variable."""
        units = {"time": "iso8601"}
        values: dict[str, Any] = {"time": [day.isoformat() for day in self._query.days]}
        for name in self._query.lists["daily"]:
            if name in ("sunrise", "sunset", "daylight_duration"):
                units[name], values[name] = self._sun(name)
                continue
            if name not in DAILY:
                raise unknown("ForecastVariableDaily", name)
            source, fold = DAILY[name]
            variable = HOURLY[source]
            each = self._step if fold is sum else 1
            folded = [each * fold([variable.of(hour) for hour in self.day(day)]) for day in self._query.days]
            units[name], values[name] = in_units(variable.unit, folded, variable.decimals, self._query)
        return {"daily_units": units, "daily": values}

    def _hourly(self, name: str, weather: Sequence[Weather]) -> tuple[str, list[float]]:
        if name not in HOURLY:
            raise unknown("SurfacePressureAndHeightVariable", name)
        variable = HOURLY[name]
        return in_units(variable.unit, [variable.of(hour) for hour in weather], variable.decimals, self._query)

    def _sun(self, name: str) -> tuple[str, list[Any]]:
        spans = [daylight(self._climate.latitude, day) for day in self._query.days]
        if name == "daylight_duration":
            return "s", [round((end - begin) * 3600, 2) for begin, end in spans]
        shift = self._query.offset / 3600 - self._climate.longitude / 15
        times = []
        for day, span in zip(self._query.days, spans, strict=True):
            begin, end = span
            if end - begin in (0, 24):  # polar night or day: midnight to midnight (open-meteo/open-meteo#844)
                hour = 0.0 if name == "sunrise" else end - begin
            else:
                hour = (begin if name == "sunrise" else end) + shift
            moment = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(hours=hour)
            times.append(moment.strftime("%Y-%m-%dT%H:%M"))
        return "iso8601", times


def times(query: Query) -> list[str]:
    """The requested hours as text."""
    return [written for written, _ in query.all_hours]


def time_blocks(query: Query, parts: dict[str, tuple[str, Callable[[datetime], float | None], int]]) -> dict[str, Any]:
    """Current and hourly blocks of variables that only depend on time: unit, function, decimals."""
    blocks: dict[str, Any] = {}
    for part, instants in (("current", [("", query.now)]), ("hourly", query.all_hours)):
        if not query.lists[part]:
            continue
        units: dict[str, str] = {"time": "iso8601"}
        values: dict[str, Any] = {}
        for name in query.lists[part]:
            if name not in parts:
                raise unknown("Variable", name)
            units[name], function, decimals = parts[name]
            column = [function(instant) for _, instant in instants]
            values[name] = [None if value is None else round(value, decimals) for value in column]
        if part == "current":
            local = (query.now + timedelta(seconds=query.offset)).replace(minute=0, tzinfo=None)
            single = {name: column[0] for name, column in values.items()}
            units["interval"] = "seconds"
            values = {"time": local.isoformat(timespec="minutes"), "interval": 3600, **single}
        else:
            values = {"time": [written for written, _ in instants], **values}
        blocks |= {f"{part}_units": units, part: values}
    return blocks
