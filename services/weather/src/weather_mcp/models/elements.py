"""Air, sea and rivers."""

from datetime import date, datetime
from typing import Annotated, Final, Literal

from servicekit.schema import Columns, Record
from weather_mcp.models.readings import MeasuredReading, Reading
from weather_mcp.models.units import Temperature, Wind

AirBand = Literal["good", "fair", "moderate", "poor", "very poor", "extremely poor"]
_BANDS: tuple[AirBand, ...] = ("good", "fair", "moderate", "poor", "very poor", "extremely poor")


class Air(Record):
    """The air of one hour. Pollutants in µg/m³, pollen in grains/m³; `european_aqi` has bands of 20, lower is better.

    Pollen is known in Europe only.
    """

    time: datetime
    european_aqi: int | None
    us_aqi: int | None
    pm2_5_ug_m3: float | None
    pm10_ug_m3: float | None
    nitrogen_dioxide_ug_m3: float | None
    ozone_ug_m3: float | None
    uv_index: float | None
    alder_pollen_m3: float | None = None
    birch_pollen_m3: float | None = None
    grass_pollen_m3: float | None = None
    mugwort_pollen_m3: float | None = None
    olive_pollen_m3: float | None = None
    ragweed_pollen_m3: float | None = None


class AirQuality(Reading):
    """Current air quality, and the worst coming hour.

    With `from` or `to`: the hours of the range instead of `now`, its worst hour, and the band of that hour.
    """

    now: Air | None
    band: AirBand | None
    worst_ahead: Air
    hours: Annotated[list[Air], Columns()] | None = None


NO_SEA: Final = "There is no sea at that place. Give latitude,longitude of a point at sea, for example 64.2,-22.1."
"""Why a place has neither sea conditions nor their CSV."""


class Sea(Record):
    """The sea in one hour, and the wind at 10 m. Heights in m, periods in s."""

    time: datetime
    wave_height_m: float | None
    wave_from_degrees: float | None
    wave_period_s: float | None
    swell_height_m: float | None
    swell_period_s: float | None
    water_temperature: Temperature
    wind: Wind = None
    gusts: Wind = None
    wind_from_degrees: float | None = None


class SeaDay(Record):
    """The highest waves of one day, or of its hours in the range."""

    date: date
    wave_height_max_m: float
    at: datetime


class MarineConditions(MeasuredReading):
    """Current sea conditions, and the highest waves of each day. Not for navigation.

    With `from` or `to`: the hours of the range instead of `now`, and in `days` the highest waves of these hours only.
    """

    now: Sea | None
    days: Annotated[list[SeaDay], Columns()]
    hours: Annotated[list[Sea], Columns()] | None = None


class Flow(Record):
    """A river on one day, in m³/s: main forecast, and median and maximum of the ensemble."""

    date: date
    discharge_m3s: float | None
    median_m3s: float | None
    high_m3s: float | None


FloodLevel = Literal["normal", "raised", "high", "very high"]


class FloodRisk(Reading):
    """The largest river within 5 km, relative to its last three months. Not an official warning."""

    level: FloodLevel
    why: str
    usual_m3s: float
    peak: Flow
    days: Annotated[list[Flow], Columns()]


def band_of(index: int | None) -> AirBand | None:
    """The band of a European air quality index (EEA: bands of 20, extremely poor above 100)."""
    return None if index is None else _BANDS[min(max(index - 1, 0) // 20, 5)]


_BROOK: Final = 1.0  # m³/s; peaks of smaller rivers are compared with this


def flood_level(usual: float, peak: float) -> FloodLevel:
    """The level of a peak relative to the usual flow, both in m³/s."""
    ratio = peak / max(usual, _BROOK)
    return "very high" if ratio >= 5 else "high" if ratio >= 3 else "raised" if ratio >= 1.8 else "normal"
