"""Variables of the weather APIs: units, and their values for an hour or day of weather."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from devkit.simulators.weather.climate import Weather
from devkit.simulators.weather.query import ApiError


@dataclass(frozen=True, slots=True)
class Variable:
    """An hourly variable: unit, decimals, and value for an hour."""

    unit: str
    decimals: int
    of: Callable[[Weather], float]


HOURLY: Final[Mapping[str, Variable]] = {
    "temperature_2m": Variable("°C", 1, lambda w: w.temperature),
    "relative_humidity_2m": Variable("%", 0, lambda w: w.humidity),
    "apparent_temperature": Variable("°C", 1, lambda w: w.apparent),
    "precipitation_probability": Variable("%", 0, lambda w: w.probability),
    "precipitation": Variable("mm", 2, lambda w: w.precipitation),
    "snowfall": Variable("cm", 2, lambda w: w.snowfall),
    "snow_depth": Variable("m", 2, lambda w: w.snow_depth),
    "weather_code": Variable("wmo code", 0, lambda w: w.code),
    "cloud_cover": Variable("%", 0, lambda w: w.cloud),
    "pressure_msl": Variable("hPa", 1, lambda w: w.pressure),
    "visibility": Variable("m", 0, lambda w: w.visibility),
    "wind_speed_10m": Variable("km/h", 1, lambda w: w.wind),
    "wind_direction_10m": Variable("°", 0, lambda w: w.direction),
    "wind_gusts_10m": Variable("km/h", 1, lambda w: w.gusts),
    "uv_index": Variable("", 2, lambda w: max(0.0, w.sun) / 7.5 * (1 - 0.006 * w.cloud)),
    "is_day": Variable("", 0, lambda w: float(w.sun > -0.833)),
}


def _largest(name: str) -> tuple[str, Callable[[Sequence[float]], float]]:
    return name, max


DAILY: Final[Mapping[str, tuple[str, Callable[[Sequence[float]], float]]]] = {
    "weather_code": _largest("weather_code"),
    "temperature_2m_max": _largest("temperature_2m"),
    "temperature_2m_min": ("temperature_2m", min),
    "temperature_2m_mean": ("temperature_2m", lambda values: sum(values) / len(values)),
    "precipitation_sum": ("precipitation", sum),
    "snowfall_sum": ("snowfall", sum),
    "snow_depth_max": _largest("snow_depth"),
    "precipitation_probability_max": _largest("precipitation_probability"),
    "wind_speed_10m_max": _largest("wind_speed_10m"),
    "wind_gusts_10m_max": _largest("wind_gusts_10m"),
    "uv_index_max": _largest("uv_index"),
}


def rounded(values: Sequence[float], decimals: int) -> list[float]:
    """Values rounded for output, as integers if `decimals` is 0."""
    return [round(value, decimals) if decimals else round(value) for value in values]


def unknown(kind: str, name: str) -> ApiError:
    """The error for an unknown variable."""
    return ApiError(f"Data corrupted at path ''. Cannot initialize {kind} from invalid String value {name}.")
