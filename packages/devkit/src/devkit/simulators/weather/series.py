"""The blocks of an answer: current, hourly and daily values with their units."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from devkit.simulators.weather.climate import Climate, Weather
from devkit.simulators.weather.query import Ask
from devkit.simulators.weather.sun import daylight
from devkit.simulators.weather.variables import DAILY, HOURLY, in_units, unknown

_LONG, _LONGER = 15, 400  # days


class Series:
    """The weather of the days that were asked for, at one place, worked out once."""

    def __init__(self, ask: Ask, climate: Climate) -> None:
        self._ask = ask
        self._climate = climate
        self._days: dict[date, list[Weather]] = {}
        # Long spans of the past are worked out from fewer hours, or they would take seconds.
        self._step = 1 if len(ask.days) < _LONG or ask.last >= ask.now.date() else 3 if len(ask.days) < _LONGER else 6

    def day(self, day: date) -> list[Weather]:
        """The hours of a local day, or every so many of them."""
        if day not in self._days:
            self._days[day] = [self.hour(instant) for _, instant in self._ask.hours(day)[:: self._step]]
        return self._days[day]

    def hour(self, instant: datetime) -> Weather:
        """One hour, as it is forecast now."""
        return self._climate.at(instant, max(0.0, (instant - self._ask.now) / timedelta(hours=1)))

    def current(self) -> dict[str, Any]:
        """The last quarter of an hour that has begun."""
        now = self._ask.now.replace(minute=self._ask.now.minute // 15 * 15, second=0, microsecond=0)
        local = (now + timedelta(seconds=self._ask.offset)).replace(tzinfo=None)
        values: dict[str, Any] = {"time": local.isoformat(timespec="minutes"), "interval": 900}
        units = {"time": "iso8601", "interval": "seconds"}
        weather = self.hour(now)
        for name in self._ask.lists["current"]:
            units[name], (values[name],) = self._hourly(name, [weather])
        return {"current_units": units, "current": values}

    def hourly(self, suffix: str = "") -> tuple[dict[str, str], dict[str, Any]]:
        """Units and values of every hourly variable; `suffix` is written behind each name."""
        weather = [self.hour(instant) for _, instant in self._ask.all_hours]
        units, values = {}, {}
        for name in self._ask.lists["hourly"]:
            units[name + suffix], values[name + suffix] = self._hourly(name, weather)
        return units, values

    def daily(self) -> dict[str, Any]:
        """Every daily variable."""
        units = {"time": "iso8601"}
        values: dict[str, Any] = {"time": [day.isoformat() for day in self._ask.days]}
        for name in self._ask.lists["daily"]:
            if name in ("sunrise", "sunset", "daylight_duration"):
                units[name], values[name] = self._sun(name)
                continue
            if name not in DAILY:
                raise unknown("ForecastVariableDaily", name)
            source, fold = DAILY[name]
            variable = HOURLY[source]
            each = self._step if fold is sum else 1
            folded = [each * fold([variable.of(hour) for hour in self.day(day)]) for day in self._ask.days]
            units[name], values[name] = in_units(variable.unit, folded, variable.decimals, self._ask)
        return {"daily_units": units, "daily": values}

    def _hourly(self, name: str, weather: Sequence[Weather]) -> tuple[str, list[float]]:
        if name not in HOURLY:
            raise unknown("SurfacePressureAndHeightVariable", name)
        variable = HOURLY[name]
        return in_units(variable.unit, [variable.of(hour) for hour in weather], variable.decimals, self._ask)

    def _sun(self, name: str) -> tuple[str, list[Any]]:
        spans = [daylight(self._climate.latitude, day) for day in self._ask.days]
        if name == "daylight_duration":
            return "s", [round((end - begin) * 3600, 2) for begin, end in spans]
        shift = self._ask.offset / 3600 - self._climate.longitude / 15
        times = []
        for day, span in zip(self._ask.days, spans, strict=True):
            begin, end = span
            if end - begin in (0, 24):  # from midnight to midnight, the same or the next (open-meteo/open-meteo#844)
                hour = 0.0 if name == "sunrise" else end - begin
            else:
                hour = (begin if name == "sunrise" else end) + shift
            moment = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(hours=hour)
            times.append(moment.strftime("%Y-%m-%dT%H:%M"))
        return "iso8601", times


def times(ask: Ask) -> list[str]:
    """Every hour that was asked for, as it is written."""
    return [written for written, _ in ask.all_hours]


def made(ask: Ask, parts: dict[str, tuple[str, Callable[[datetime], float | None], int]]) -> dict[str, Any]:
    """Current and hourly blocks of variables that are functions of time alone: unit, function, decimals."""
    blocks: dict[str, Any] = {}
    for part, instants in (("current", [("", ask.now)]), ("hourly", ask.all_hours)):
        if not ask.lists[part]:
            continue
        units: dict[str, str] = {"time": "iso8601"}
        values: dict[str, Any] = {}
        for name in ask.lists[part]:
            if name not in parts:
                raise unknown("Variable", name)
            units[name], function, decimals = parts[name]
            column = [function(instant) for _, instant in instants]
            values[name] = [None if value is None else round(value, decimals) for value in column]
        if part == "current":
            local = (ask.now + timedelta(seconds=ask.offset)).replace(minute=0, tzinfo=None)
            single = {name: column[0] for name, column in values.items()}
            units["interval"] = "seconds"
            values = {"time": local.isoformat(timespec="minutes"), "interval": 3600, **single}
        else:
            values = {"time": [written for written, _ in instants], **values}
        blocks |= {f"{part}_units": units, part: values}
    return blocks
