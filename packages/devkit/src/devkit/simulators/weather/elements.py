"""Air, sea and rivers, derived from the made-up climate."""

import math
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from devkit.simulators.weather.climate import Climate
from devkit.simulators.weather.noise import fixed, wander
from devkit.simulators.weather.places import nearest
from devkit.simulators.weather.query import WeatherQuery
from devkit.simulators.weather.variables import unknown

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_PLANTS = {
    "alder": (60, 90.0),
    "birch": (110, 300.0),
    "grass": (165, 120.0),
    "mugwort": (220, 40.0),
    "olive": (140, 150.0),
    "ragweed": (240, 60.0),
}
"""Day of the year at which each plant has the most pollen, and that maximum in grains/m³."""
Made = dict[str, tuple[str, Callable[[datetime], float | None], int]]

# Upper ends of the European air quality index's bands (EEA): µg/m³ for an index of 20, 40, 60, 80, 100.
_EUROPEAN_BANDS = {"pm2_5": (10, 20, 25, 50, 75), "pm10": (20, 40, 50, 100, 150), "ozone": (50, 100, 130, 240, 380)}


def air(climate: Climate) -> Made:
    """Pollutants: fewer in wind and rain, more in large cities."""
    place = nearest(climate.latitude, climate.longitude)
    crowd = math.log10(max(place.population, 1000)) - 3 if place is not None else 0.2
    dust = 0.6 + 0.8 * fixed(f"{climate.latitude}{climate.longitude}dust")

    def fine(instant: datetime) -> float:
        weather = climate.at(instant)
        return max(1.0, 4 * crowd * dust * 14 / (4 + weather.wind) * (0.5 if weather.precipitation else 1.0))

    def ozone(instant: datetime) -> float:
        return 48 + 1.1 * max(0.0, climate.at(instant).sun)

    made: Made = {
        "pm2_5": ("μg/m³", fine, 1),
        "pm10": ("μg/m³", lambda instant: fine(instant) * 1.6, 1),
        "nitrogen_dioxide": ("μg/m³", lambda instant: fine(instant) * 1.3, 1),
        "ozone": ("μg/m³", ozone, 1),
        "uv_index": ("", lambda instant: max(0.0, climate.at(instant).sun) / 7.5, 2),
    }
    made |= _pollen(climate)
    european = {name: made[name][1] for name in _EUROPEAN_BANDS}

    def index(instant: datetime) -> float:
        return max(_banded(value(instant) or 0.0, _EUROPEAN_BANDS[name]) for name, value in european.items())

    made["european_aqi"] = ("EAQI", index, 0)
    made["us_aqi"] = ("USAQI", lambda instant: min(500.0, fine(instant) * 3.6), 0)
    return made


def _pollen(climate: Climate) -> Made:
    """Pollen around noon of each plant's season, in Europe; elsewhere null, as in CAMS's European forecast."""
    in_europe = 30 <= climate.latitude <= 72 and -25 <= climate.longitude <= 45

    def grains(season: int, most: float) -> Callable[[datetime], float | None]:
        def at(instant: datetime) -> float | None:
            away = (instant.timetuple().tm_yday - season) / 20
            return most * math.exp(-(away**2)) * (0.2 + max(0.0, climate.at(instant).sun) / 60) if in_europe else None

        return at

    return {f"{plant}_pollen": ("grains/m³", grains(*of), 1) for plant, of in _PLANTS.items()}


def _banded(value: float, ends: tuple[int, ...]) -> float:
    before = 0
    for number, end in enumerate(ends):
        if value <= end:
            return 20 * number + 20 * (value - before) / (end - before)
        before = end
    return 100 + 20 * (value - ends[-1]) / ends[-1]


def sea(climate: Climate) -> Made:
    """Wind waves and swell; all values are null on land."""
    place = nearest(climate.latitude, climate.longitude)
    is_land = place is not None and place.inland

    def at_sea(of: Callable[[datetime], float]) -> Callable[[datetime], float | None]:
        return lambda instant: None if is_land else of(instant)

    def wind_wave(instant: datetime) -> float:
        return 0.0035 * climate.at(instant).wind ** 2

    def swell(instant: datetime) -> float:
        hour = (instant - _EPOCH) / timedelta(hours=1)
        return 2.6 * wander(f"{round(climate.latitude)}swell", hour / 3) * (0.3 + abs(climate.latitude) / 70)

    def height(instant: datetime) -> float:
        return math.hypot(wind_wave(instant), swell(instant))

    def period(instant: datetime) -> float:
        return 3 + 3.2 * math.sqrt(height(instant))

    def warmth(instant: datetime) -> float:
        season = 4 * math.cos(2 * math.pi * (instant.timetuple().tm_yday - 240) / 365) * (climate.latitude > 0 or -1)
        return max(-1.5, 28 - 0.0062 * climate.latitude**2 + season)

    return {
        "wave_height": ("m", at_sea(height), 2),
        "wave_direction": ("°", at_sea(lambda instant: climate.at(instant).direction), 0),
        "wave_period": ("s", at_sea(period), 2),
        "swell_wave_height": ("m", at_sea(swell), 2),
        "swell_wave_period": ("s", at_sea(lambda instant: period(instant) + 3), 2),
        "sea_surface_temperature": ("°C", at_sea(warmth), 1),
    }


_QUANTILES = {"": 1.0, "_median": 1.0, "_max": 1.9}


def river(query: WeatherQuery, climate: Climate) -> dict[str, Any]:
    """The daily block of the flood API: discharge of the largest river within 5 km, and the ensemble's spread."""
    base = 6 * 10 ** (2.2 * fixed(f"{climate.latitude}{climate.longitude}river"))
    today = query.now.date()
    units, values = {"time": "iso8601"}, {"time": [day.isoformat() for day in query.days]}
    for name in query.lists["daily"]:
        suffix = name.removeprefix("river_discharge")
        if suffix == name or suffix not in _QUANTILES:
            raise unknown("FloodVariableDaily", name)
        units[name] = "m³/s"
        column = [_discharge(base, climate, day, _QUANTILES[suffix], today) for day in query.days]
        values[name] = column  # type: ignore[assignment]  # a column of numbers beside one of dates
    return {"daily_units": units, "daily": values}


def _discharge(base: float, climate: Climate, day: date, quantile: float, today: date) -> float:
    hour = (datetime(day.year, day.month, day.day, tzinfo=UTC) - _EPOCH) / timedelta(hours=1)
    flow = base * (0.4 + 2.4 * wander(f"{climate.latitude}{climate.longitude}flow", hour / 4) ** 3)
    spread = 1 + (quantile - 1) * min(1.0, max(0, (day - today).days) / 20)
    return round(flow * spread, 2)
