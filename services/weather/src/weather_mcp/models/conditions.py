"""WMO weather codes (the part of table 4677 that Open-Meteo uses) in words."""

from collections.abc import Mapping
from typing import Final

WMO_CODES: Final[Mapping[int, str]] = {
    0: "clear sky",
    1: "mainly clear",
    2: "partly cloudy",
    3: "overcast",
    45: "fog",
    48: "fog that leaves rime",
    51: "light drizzle",
    53: "drizzle",
    55: "dense drizzle",
    56: "light freezing drizzle",
    57: "dense freezing drizzle",
    61: "light rain",
    63: "rain",
    65: "heavy rain",
    66: "light freezing rain",
    67: "heavy freezing rain",
    71: "light snow",
    73: "snow",
    75: "heavy snow",
    77: "snow grains",
    80: "light rain showers",
    81: "rain showers",
    82: "violent rain showers",
    85: "light snow showers",
    86: "heavy snow showers",
    95: "thunderstorm",
    96: "thunderstorm with light hail",
    99: "thunderstorm with heavy hail",
}
THUNDER: Final = frozenset({95, 96, 99})
FREEZING: Final = frozenset({56, 57, 66, 67})


def in_words(code: float | None) -> str:
    return WMO_CODES.get(int(code), "unknown") if code is not None else "unknown"
