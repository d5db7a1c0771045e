"""Weather now, by the hour and by the day, and how sure of it the models are."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field

from servicekit.schema import Record
from weather_mcp.models.readings import Reading
from weather_mcp.models.units import TemperatureUnit, shown

Days = Annotated[int, Field(ge=1, le=16, description="How many days from today, 1 to 16.")]
Hours = Annotated[int, Field(ge=1, le=168, description="How many hours from now, 1 to 168.")]


class Hour(Record):
    """The weather at one time. Precipitation, snowfall, its chance and gusts are of the hour before it."""

    time: datetime
    temperature: float | None
    feels_like: float | None
    humidity_percent: float | None
    precipitation_mm: float | None
    precipitation_chance_percent: float | None = None
    snowfall_cm: float | None
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
    """One local day. Where the sun does not rise, or not set, `daylight_hours` is 0 or 24."""

    date: date
    high: float | None
    low: float | None
    mean: float | None = None
    precipitation_mm: float | None
    precipitation_chance_percent: float | None = None
    snowfall_cm: float | None
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
    """The latest reading at a place. `weather.time` is when it holds; where `stale` is true it is not current."""

    temperature_unit: TemperatureUnit
    weather: Hour


class Forecast(Reading):
    """Day by day."""

    temperature_unit: TemperatureUnit
    days: list[Day]


class HourlyForecast(Reading):
    """Hour by hour."""

    temperature_unit: TemperatureUnit
    hours: list[Hour]


class Spread(Record):
    """How far the members of an ensemble lie apart on one day: 10th percentile, median, 90th percentile."""

    low: float
    median: float
    high: float


Agreement = Literal["high", "medium", "low"]


class DayConfidence(Record):
    """How sure one day is. `wet_share_percent` is the share of members with 1 mm or more."""

    date: date
    agreement: Agreement
    daily_high: Spread
    precipitation_mm: Spread
    wind_max_kmh: Spread
    wet_share_percent: int


class Confidence(Reading):
    """How far equally good forecasts agree, day by day."""

    temperature_unit: TemperatureUnit
    members: int
    days: list[DayConfidence]
