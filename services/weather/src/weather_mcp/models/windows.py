"""Windows: runs of hours with suitable weather."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from servicekit.schema import Record
from weather_mcp.models.forecasts import Hour
from weather_mcp.models.readings import MeasuredReading
from weather_mcp.models.units import Precipitation, Temperature, Units, Wind

_UNKNOWN: Final = " unknown"
_PARTS: Final = {
    "precipitation": "precipitation",
    "precipitation_chance_percent": "chance of precipitation",
    "is_day": "daylight",
    "wind": "wind",
    "temperature": "temperature",
}
_DRY_MM: Final = 0.1
_DRY_CHANCE: Final = 30.0  # percent; above it an hour is not dry
_HOUR: Final = timedelta(hours=1)

Stretch = tuple[Hour, Hour]
"""One hour, by the readings at its beginning and end. The second holds its precipitation."""


@dataclass(frozen=True, slots=True)
class Rules:
    """Rules for every hour of a window, in metric units."""

    dry: bool
    daylight: bool
    wind_below: float | None
    warmer_than: float | None
    colder_than: float | None

    def broken_by(self, stretch: Stretch) -> list[str]:
        """What is in the way in an hour, at its beginning or end.

        An hour with an unknown value is not relied on: ``… unknown`` is in the way, unless the
        known values are.
        """
        wind, temperature = _each(stretch, "wind"), _each(stretch, "temperature")
        above, below, colder = self.wind_below, self.warmer_than, self.colder_than
        rain, chance = stretch[1].precipitation, stretch[1].precipitation_chance_percent
        checks = (
            self.dry and _broken("rain or snow", [rain], lambda value: value >= _DRY_MM),
            self.dry and _broken("rain or snow", [chance], lambda value: value > _DRY_CHANCE),
            self.daylight and _broken("darkness", _each(stretch, "is_day"), lambda value: not value),
            above is not None and _broken("wind", wind, lambda value: value >= above),
            below is not None and _broken("cold", temperature, lambda value: value < below),
            colder is not None and _broken("heat", temperature, lambda value: value > colder),
        )
        broken = list(dict.fromkeys(name for name in checks if name))
        return [
            name for name in broken if name.removesuffix(_UNKNOWN) == name or name.removesuffix(_UNKNOWN) not in broken
        ]

    @property
    def parts(self) -> dict[str, str]:
        """The fields that the rules need, in words."""
        wanted = {
            "precipitation": self.dry,
            "precipitation_chance_percent": self.dry,
            "is_day": self.daylight,
            "wind": self.wind_below is not None,
            "temperature": self.warmer_than is not None or self.colder_than is not None,
        }
        return {name: words for name, words in _PARTS.items() if wanted[name]}


class Window(Record):
    """A run of suitable hours and their weather. A value that is unknown for one of them is left out."""

    begins: datetime
    ends: datetime
    hours: int
    temperature_low: Temperature
    temperature_high: Temperature
    wind_max: Wind
    gusts_max: Wind
    precipitation: Precipitation
    precipitation_chance_max_percent: float | None


class Windows(MeasuredReading):
    """At most five windows in order of time. Without one, `nearest` and `in_the_way` show which rule to relax.

    Hours with an unknown value are in no window; `in_the_way` counts them apart.
    """

    windows: list[Window]
    nearest: Window | None
    in_the_way: dict[str, int]


def windows_in(hours: Sequence[Hour], rules: Rules, needed: int, units: Units) -> tuple[list[Window], Window | None]:
    """Runs of at least `needed` suitable hours; if there is none, also the longest shorter run."""
    runs: list[list[Stretch]] = [[]]
    for stretch in _stretches(hours):
        if runs[-1] and runs[-1][-1][1].time != stretch[0].time:
            runs.append([])
        if rules.broken_by(stretch):
            runs.append([])
        else:
            runs[-1].append(stretch)
    long_enough = [_window(run, units) for run in runs if len(run) >= needed]
    if long_enough:
        return long_enough, None
    longest = max(runs, key=len)
    return [], _window(longest, units) if longest else None


def in_the_way(hours: Sequence[Hour], rules: Rules) -> dict[str, int]:
    """The number of hours in which ``rain or snow``, ``darkness``, ``wind``, ``cold`` or ``heat`` is in the way."""
    return dict(Counter(name for stretch in _stretches(hours) for name in rules.broken_by(stretch)).most_common())


def _stretches(hours: Sequence[Hour]) -> list[Stretch]:
    """The hours between consecutive readings that are an hour apart."""
    return [(begin, end) for begin, end in pairwise(hours) if end.time - begin.time == _HOUR]


def _each(hours: Sequence[Hour], name: str) -> list[float | None]:
    return [getattr(hour, name) for hour in hours]


def _broken(rule: str, values: Sequence[float | None], breaks: Callable[[float], bool]) -> str | None:
    """The name of a broken rule; None if all values keep it."""
    if any(value is not None and breaks(value) for value in values):
        return rule
    return f"{rule}{_UNKNOWN}" if None in values else None


def _window(run: Sequence[Stretch], units: Units) -> Window:
    ends = [end for _, end in run]
    readings = [run[0][0], *ends]
    temperatures, rain = _if_known(readings, "temperature"), _if_known(ends, "precipitation")
    window = Window(
        begins=readings[0].time,
        ends=readings[-1].time,
        hours=len(run),
        temperature_low=min(temperatures, default=None),
        temperature_high=max(temperatures, default=None),
        wind_max=max(_if_known(readings, "wind"), default=None),
        gusts_max=max(_if_known(ends, "gusts"), default=None),
        precipitation=round(sum(rain), 1) if rain else None,
        precipitation_chance_max_percent=max(_if_known(ends, "precipitation_chance_percent"), default=None),
    )
    return units.shown(window)


def _if_known(hours: Sequence[Hour], name: str) -> list[float]:
    """The values of all hours; none of them if one is unknown."""
    values = [value for value in _each(hours, name) if value is not None]
    return values if len(values) == len(hours) else []
