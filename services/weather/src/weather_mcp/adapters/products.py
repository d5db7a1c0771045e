"""The requests to each API: variables of each field, grid, and cache lifetime."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from servicekit.upstream import CachePolicy
from weather_mcp.adapters.members import members_in
from weather_mcp.adapters.wire import ApiResponse, Block, Clock, Value, day_fields, hour_fields, quarter_fields
from weather_mcp.models.agreement import Members
from weather_mcp.models.elements import Air, Flow, Sea
from weather_mcp.models.forecasts import Day, Hour
from weather_mcp.models.rain import Quarter
from weather_mcp.models.status import Api

Row = TypeVar("Row")
_MINUTE, _HOUR, _DAY = 60.0, 3600.0, 86_400.0


@dataclass(frozen=True, slots=True)
class Product(Generic[Row]):
    """One kind of request.

    Attributes:
        path: path of the API, after its version.
        columns: field to Open-Meteo's variable.
        cell: size of the grid cells to which places are rounded, in degrees.
        rows: parses a response into rows.
    """

    api: Api
    path: str
    block: Block
    columns: Mapping[str, str]
    cell: float
    cache_policy: CachePolicy
    rows: Callable[[ApiResponse], list[Row]]

    @property
    def is_of_the_ground(self) -> bool:
        """Whether it has temperatures, which are for an elevation: the place's, or that of the cell's centre."""
        return self.api in ("forecast", "archive", "ensemble", "climate")


def _table(
    block: Block, columns: Mapping[str, str], row: type[Row], fields: Callable[[dict[str, Value], Clock], Any]
) -> Callable[[ApiResponse], list[Row]]:
    def rows(response: ApiResponse) -> list[Row]:
        clock = response.clock
        return [row(**fields(values, clock)) for values in response.table(block, columns)]

    return rows


def _flow_fields(values: dict[str, Value], _: Clock) -> dict[str, Any]:
    return {**values, "date": values["time"]}


_HOUR_COLUMNS: Final = {
    "temperature": "temperature_2m",
    "feels_like": "apparent_temperature",
    "humidity_percent": "relative_humidity_2m",
    "precipitation": "precipitation",
    "snowfall": "snowfall",
    "snow_depth": "snow_depth",
    "wind": "wind_speed_10m",
    "gusts": "wind_gusts_10m",
    "wind_from_degrees": "wind_direction_10m",
    "cloud_percent": "cloud_cover",
    "wmo_code": "weather_code",
    "is_day": "is_day",
}
_NOW_COLUMNS: Final = {**_HOUR_COLUMNS, "pressure_hpa": "pressure_msl"}
_AHEAD_COLUMNS: Final = {
    **_HOUR_COLUMNS,
    "precipitation_chance_percent": "precipitation_probability",
    "pressure_hpa": "pressure_msl",
    "visibility_m": "visibility",
    "uv_index": "uv_index",
}
_PAST_COLUMNS: Final = {
    "high": "temperature_2m_max",
    "low": "temperature_2m_min",
    "mean": "temperature_2m_mean",
    "precipitation": "precipitation_sum",
    "snowfall": "snowfall_sum",
    "wind_max": "wind_speed_10m_max",
    "gusts_max": "wind_gusts_10m_max",
    "wmo_code": "weather_code",
}
_DAY_COLUMNS: Final = {
    **_PAST_COLUMNS,
    "precipitation_chance_percent": "precipitation_probability_max",
    "snow_depth": "snow_depth_max",
    "uv_index_max": "uv_index_max",
    "sunrise": "sunrise",
    "sunset": "sunset",
}
_QUARTER_COLUMNS: Final = {"precipitation": "precipitation", "snowfall": "snowfall"}
_PERIOD_COLUMNS: Final = {name: _PAST_COLUMNS[name] for name in ("low", "mean", "precipitation")}
_PROJECTED_COLUMNS: Final = {"mean": "temperature_2m_mean"}
_MEMBER_COLUMNS: Final = {"temperature": "temperature_2m", "precipitation": "precipitation", "wind": "wind_speed_10m"}
_AIR_COLUMNS: Final = {
    "european_aqi": "european_aqi",
    "us_aqi": "us_aqi",
    "pm2_5_ug_m3": "pm2_5",
    "pm10_ug_m3": "pm10",
    "nitrogen_dioxide_ug_m3": "nitrogen_dioxide",
    "ozone_ug_m3": "ozone",
    "uv_index": "uv_index",
    "alder_pollen_m3": "alder_pollen",
    "birch_pollen_m3": "birch_pollen",
    "grass_pollen_m3": "grass_pollen",
    "mugwort_pollen_m3": "mugwort_pollen",
    "olive_pollen_m3": "olive_pollen",
    "ragweed_pollen_m3": "ragweed_pollen",
}
_SEA_COLUMNS: Final = {
    "wave_height_m": "wave_height",
    "wave_from_degrees": "wave_direction",
    "wave_period_s": "wave_period",
    "swell_height_m": "swell_wave_height",
    "swell_period_s": "swell_wave_period",
    "water_temperature": "sea_surface_temperature",
}
_WIND_COLUMNS: Final = {name: _HOUR_COLUMNS[name] for name in ("wind", "gusts", "wind_from_degrees")}
_FLOW_COLUMNS: Final = {
    "discharge_m3s": "river_discharge",
    "median_m3s": "river_discharge_median",
    "high_m3s": "river_discharge_max",
}

# Open-Meteo updates the current block every quarter of an hour, forecasts every one to six hours, ensembles and rivers
# less often; past days do not change. Grids: a few kilometres for forecasts, 9 to 25 km for the archive.
_CURRENT: Final = CachePolicy(fresh=5 * _MINUTE, stale=20 * _MINUTE, renew_first=True)
_FORECAST: Final = CachePolicy(fresh=30 * _MINUTE, stale=3 * _HOUR)
_SLOW: Final = CachePolicy(fresh=3 * _HOUR, stale=12 * _HOUR)
_LASTING: Final = CachePolicy(fresh=30 * _DAY, stale=30 * _DAY)
RECENT: Final = CachePolicy(fresh=6 * _HOUR, stale=_DAY)
"""For archived days that a later reanalysis may still change."""
NAMES: Final = CachePolicy(fresh=7 * _DAY, stale=30 * _DAY)
"""For names of places."""

NOW: Final = Product(
    "forecast", "forecast", "current", _NOW_COLUMNS, 0.05, _CURRENT,
    _table("current", _NOW_COLUMNS, Hour, hour_fields),
)  # fmt: skip
HOURS: Final = Product(
    "forecast", "forecast", "hourly", _AHEAD_COLUMNS, 0.05, _FORECAST,
    _table("hourly", _AHEAD_COLUMNS, Hour, hour_fields),
)  # fmt: skip
QUARTERS: Final = Product(
    "forecast", "forecast", "minutely_15", _QUARTER_COLUMNS, 0.02, _CURRENT,
    _table("minutely_15", _QUARTER_COLUMNS, Quarter, quarter_fields),
)  # fmt: skip
DAYS: Final = Product(
    "forecast", "forecast", "daily", _DAY_COLUMNS, 0.05, _FORECAST, _table("daily", _DAY_COLUMNS, Day, day_fields)
)
# The archive's grid, so that both refer to the elevation of the same cell when compared.
DAYS_AROUND: Final = Product(
    "forecast", "forecast", "daily", _PAST_COLUMNS, 0.1, _FORECAST, _table("daily", _PAST_COLUMNS, Day, day_fields)
)
PAST_DAYS: Final = Product(
    "archive", "archive", "daily", _PAST_COLUMNS, 0.1, _LASTING, _table("daily", _PAST_COLUMNS, Day, day_fields)
)
# Few columns, since the quota counts columns times days and a normal reads thirty times as many days.
PERIOD_DAYS: Final = Product(
    "archive", "archive", "daily", _PERIOD_COLUMNS, 0.1, _LASTING, _table("daily", _PERIOD_COLUMNS, Day, day_fields)
)
PROJECTED_DAYS: Final = Product(
    "climate", "climate", "daily", _PROJECTED_COLUMNS, 0.1, _LASTING,
    _table("daily", _PROJECTED_COLUMNS, Day, day_fields),
)  # fmt: skip
ENSEMBLE: Final[Product[Members]] = Product(
    "ensemble",
    "ensemble",
    "hourly",
    _MEMBER_COLUMNS,
    0.25,
    _SLOW,
    lambda response: members_in(response, _MEMBER_COLUMNS),
)
AIR: Final = Product(
    "air_quality", "air-quality", "hourly", _AIR_COLUMNS, 0.1, _FORECAST,
    _table("hourly", _AIR_COLUMNS, Air, hour_fields),
)  # fmt: skip
SEA: Final = Product(
    "marine", "marine", "hourly", _SEA_COLUMNS, 0.05, _FORECAST, _table("hourly", _SEA_COLUMNS, Sea, hour_fields)
)
WIND: Final[Product[dict[str, Any]]] = Product(
    "forecast", "forecast", "hourly", _WIND_COLUMNS, 0.05, _FORECAST, _table("hourly", _WIND_COLUMNS, dict, hour_fields)
)
RIVER: Final = Product(
    "flood", "flood", "daily", _FLOW_COLUMNS, 0.05, _SLOW, _table("daily", _FLOW_COLUMNS, Flow, _flow_fields)
)
