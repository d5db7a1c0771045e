"""Current weather, hourly and daily forecasts, and their confidence."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field

from servicekit.schema import Clamped, Columns, Record
from weather_mcp.models.readings import Reading
from weather_mcp.models.units import TemperatureUnit, shown

Days = Annotated[int, Field(ge=1, le=16, description="Days from today, 1 to 16."), Clamped(least=False)]
Hours = Annotated[int, Field(ge=1, le=168, description="Hours from now, 1 to 168."), Clamped(least=False)]


class Hour(Record):
    """The weather at one time. Precipitation, its chance, snowfall and gusts cover the hour before."""

    time: datetime
    temperature: float | None
    feels_like: float | None
    humidity_percent: float | None
    precipitation_mm: float | None
    precipitation_chance_percent: float | None = None
    snowfall_cm: float | None
    snow_depth: float | None = None
    wind_kmh: float | None
    gusts_kmh: float | None
    wind_from_degrees: float | None
    cloud_percent: float | None
    visibility_m: float | None = None
    pressure_hpa: float | None = None
    uv_index: float | None = None
    is_day: bool | None = None
    wmo_code: int | None
    conditions: str

    def in_units(self, units: str) -> "Hour":
        """The same with temperatures in another unit."""
        changed = {"temperature": shown(self.temperature, units), "feels_like": shown(self.feels_like, units)}
        return self.model_copy(update=changed)


class Day(Record):
    """One local day. In polar night and day, `daylight_hours` is 0 or 24 and sunrise and sunset are missing."""

    date: date
    high: float | None
    low: float | None
    mean: float | None = None
    precipitation_mm: float | None
    precipitation_chance_percent: float | None = None
    snowfall_cm: float | None
    snow_depth: float | None = None
    wind_max_kmh: float | None
    gusts_max_kmh: float | None
    uv_index_max: float | None = None
    sunrise: datetime | None = None
    sunset: datetime | None = None
    daylight_hours: float | None = None
    wmo_code: int | None
    conditions: str

    def in_units(self, units: str) -> "Day":
        """The same with temperatures in another unit."""
        changed = {name: shown(getattr(self, name), units) for name in ("high", "low", "mean")}
        return self.model_copy(update=changed)


class CurrentWeather(Reading):
    """The latest weather at a place, valid at `weather.time`; not current if `stale`."""

    temperature_unit: TemperatureUnit
    weather: Hour


class Forecast(Reading):
    """Day by day."""

    temperature_unit: TemperatureUnit
    days: Annotated[list[Day], Columns()]


class HourlyForecast(Reading):
    """Hour by hour."""

    temperature_unit: TemperatureUnit
    hours: Annotated[list[Hour], Columns()]


class Spread(Record):
    """Spread of an ensemble on one day: 10th percentile, median, 90th percentile."""

    low: float
    median: float
    high: float


Agreement = Literal["high", "medium", "low"]


class DayConfidence(Record):
    """Confidence of one day.

    `wet_share_percent` is the share of members with 1 mm or more, `frost_share_percent` of those below 0 °C at some
    hour, 2 m above ground; the ground may freeze up to about 3 °C.
    """

    date: date
    agreement: Agreement
    daily_high: Spread
    daily_low: Spread
    precipitation_mm: Spread
    wind_max_kmh: Spread
    wet_share_percent: int
    frost_share_percent: int


class Confidence(Reading):
    """Agreement of an ensemble's forecasts, by day."""

    temperature_unit: TemperatureUnit
    members: int
    days: list[DayConfidence]
