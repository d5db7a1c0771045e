"""Current weather, hourly and daily forecasts, and their confidence."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field

from servicekit.schema import Clamped, Columns, Record
from weather_mcp.models.readings import MeasuredReading
from weather_mcp.models.units import Precipitation, Snowfall, Temperature, Wind

Days = Annotated[int, Field(ge=1, le=16, description="Days from today, 1 to 16."), Clamped(least=False)]
Hours = Annotated[int, Field(ge=1, le=168, description="Hours from now, 1 to 168."), Clamped(least=False)]


class Hour(Record):
    """The weather at one time. Precipitation, its chance, snowfall and gusts cover the hour before."""

    time: datetime
    temperature: Temperature
    feels_like: Temperature
    humidity_percent: float | None
    precipitation: Precipitation
    precipitation_chance_percent: float | None = None
    snowfall: Snowfall
    snow_depth: Snowfall = None
    wind: Wind
    gusts: Wind
    wind_from_degrees: float | None
    cloud_percent: float | None
    visibility_m: float | None = None
    pressure_hpa: float | None = None
    uv_index: float | None = None
    is_day: bool | None = None
    wmo_code: int | None
    conditions: str


class Day(Record):
    """One local day. In polar night and day, `daylight_hours` is 0 or 24 and sunrise and sunset are missing."""

    date: date
    high: Temperature
    low: Temperature
    mean: Temperature = None
    precipitation: Precipitation
    precipitation_chance_percent: float | None = None
    snowfall: Snowfall
    snow_depth: Snowfall = None
    wind_max: Wind
    gusts_max: Wind
    uv_index_max: float | None = None
    sunrise: datetime | None = None
    sunset: datetime | None = None
    daylight_hours: float | None = None
    wmo_code: int | None
    conditions: str


class CurrentWeather(MeasuredReading):
    """The latest weather at a place, valid at `weather.time`; not current if `stale`."""

    weather: Hour


class Forecast(MeasuredReading):
    """Day by day."""

    days: Annotated[list[Day], Columns()]


class HourlyForecast(MeasuredReading):
    """Hour by hour."""

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
    precipitation: Spread
    wind_max: Spread
    wet_share_percent: int
    frost_share_percent: int


class Confidence(MeasuredReading):
    """Agreement of an ensemble's forecasts, by day."""

    members: int
    days: list[DayConfidence]
