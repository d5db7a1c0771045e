"""Windows: runs of hours in which the weather is what somebody needs."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from servicekit.record import Record
from weather_mcp.models.forecasts import Hour
from weather_mcp.models.readings import Reading
from weather_mcp.models.units import TemperatureUnit, shown

_SHOWN: Final = 5
_DRY_MM: Final = 0.1
_DRY_CHANCE: Final = 30.0  # percent; above it an hour is not called dry


@dataclass(frozen=True, slots=True)
class Rules:
    """What every hour of a window must meet. Temperatures in °C."""

    dry: bool
    daylight: bool
    wind_below_kmh: float | None
    warmer_than: float | None
    colder_than: float | None

    def broken_by(self, hour: Hour) -> list[str]:
        """The rules that an hour breaks; what is not known is not relied upon."""
        wind, temperature = hour.wind_kmh, hour.temperature
        checks = (
            ("dry", self.dry and not _is_dry(hour)),
            ("daylight", self.daylight and not hour.is_day),
            ("wind", self.wind_below_kmh is not None and (wind is None or wind >= self.wind_below_kmh)),
            ("too cold", self.warmer_than is not None and (temperature is None or temperature < self.warmer_than)),
            ("too warm", self.colder_than is not None and (temperature is None or temperature > self.colder_than)),
        )
        return [name for name, is_broken in checks if is_broken]


class Window(Record):
    """A run of hours that fit, `ends` excluded, and what they are like."""

    begins: datetime
    ends: datetime
    hours: int
    temperature_low: float | None
    temperature_high: float | None
    wind_max_kmh: float | None
    gusts_max_kmh: float | None
    precipitation_mm: float
    precipitation_chance_max_percent: float | None


class Windows(Reading):
    """Windows in order of time, at most five. Where there is none, `nearest` and `in_the_way` say what to give up."""

    temperature_unit: TemperatureUnit
    windows: list[Window]
    nearest: Window | None
    in_the_way: dict[str, int]


def windows_in(hours: Sequence[Hour], rules: Rules, needed: int, units: str) -> tuple[list[Window], Window | None]:
    """Every run of at least `needed` hours that fit; and, where there is none, the longest shorter one."""
    runs: list[list[Hour]] = [[]]
    for hour in hours:
        if rules.broken_by(hour) or (runs[-1] and hour.time - runs[-1][-1].time != timedelta(hours=1)):
            runs.append([])
        if not rules.broken_by(hour):
            runs[-1].append(hour)
    long_enough = [_window(run, units) for run in runs if len(run) >= needed]
    if long_enough:
        return long_enough[:_SHOWN], None
    longest = max(runs, key=len)
    return [], _window(longest, units) if longest else None


def in_the_way(hours: Sequence[Hour], rules: Rules) -> dict[str, int]:
    """How many hours break each rule, the greatest number first."""
    return dict(Counter(name for hour in hours for name in rules.broken_by(hour)).most_common())


def _is_dry(hour: Hour) -> bool:
    if hour.precipitation_mm is None or hour.precipitation_mm >= _DRY_MM:
        return False
    return (hour.precipitation_chance_percent or 0.0) <= _DRY_CHANCE


def _window(run: Sequence[Hour], units: str) -> Window:
    temperatures = [shown(hour.temperature, units) for hour in run]
    known = [value for value in temperatures if value is not None]
    return Window(
        begins=run[0].time,
        ends=run[-1].time + timedelta(hours=1),
        hours=len(run),
        temperature_low=min(known, default=None),
        temperature_high=max(known, default=None),
        wind_max_kmh=max((hour.wind_kmh for hour in run if hour.wind_kmh is not None), default=None),
        gusts_max_kmh=max((hour.gusts_kmh for hour in run if hour.gusts_kmh is not None), default=None),
        precipitation_mm=round(sum(hour.precipitation_mm or 0.0 for hour in run), 1),
        precipitation_chance_max_percent=max(
            (hour.precipitation_chance_percent for hour in run if hour.precipitation_chance_percent is not None),
            default=None,
        ),
    )
