"""A made-up climate: deterministic weather by place and hour."""

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from devkit.simulators.weather.noise import fixed, wander
from devkit.simulators.weather.sun import elevation

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_LAPSE = 0.0065  # degrees a metre
_WARMING = 0.025  # degrees a year since 2000


@dataclass(frozen=True, slots=True)
class Weather:
    """One hour at one place, in Open-Meteo's default units."""

    temperature: float
    humidity: float
    apparent: float
    precipitation: float
    probability: float
    cloud: float
    wind: float
    gusts: float
    direction: float
    pressure: float
    visibility: float
    sun: float
    code: int
    snow_depth: float

    @property
    def snowfall(self) -> float:
        """Centimetres: 7 for 10 mm of water, as Open-Meteo converts it."""
        return self.precipitation * 0.7 if self.temperature < 1 else 0.0


class Climate:
    """The climate of one place.

    Attributes:
        latitude, longitude: centre of its grid cell, 0.0625 degrees wide.
        member: number of the ensemble member; 0 is the forecast that comes true.
        elevation: metres above sea level; by default that of the ground.
    """

    def __init__(self, latitude: float, longitude: float, member: int = 0, elevation: float | None = None) -> None:
        self.latitude, self.longitude = round(latitude * 16) / 16, round(longitude * 16) / 16
        self.member = member
        region = f"{round(latitude / 2)},{round(longitude / 2)}"
        self._key = region
        polar = abs(self.latitude)
        self._continental = 0.35 + 0.5 * fixed(f"{region}continental")
        self._mean = 28 - 0.0055 * polar**2 + 3 * (fixed(f"{region}mean") - 0.5)
        # Wet at the equator and in the westerlies, dry in the subtropics (20 to 30 degrees).
        self._wet = 0.42 + 0.10 * math.exp(-((polar / 10) ** 2)) + 0.08 * math.exp(-(((polar - 55) / 15) ** 2))
        self._wet -= 0.12 * math.exp(-(((polar - 25) / 7) ** 2))
        ground = round(5 + 240 * fixed(f"{region}height") ** 2)
        self.elevation = ground if elevation is None else elevation
        self._mean -= _LAPSE * (self.elevation - ground)
        self._wind = 14 + 15 * math.exp(-(((polar - 57) / 14) ** 2)) * (1.1 - self._continental)

    def at(self, instant: datetime, lead: float = 0.0) -> Weather:
        """The weather of one hour. Members drift apart with `lead`, the hours ahead of now."""
        hour = (instant - _EPOCH) / timedelta(hours=1)
        day = instant.timetuple().tm_yday + instant.hour / 24
        solar = (instant.hour + instant.minute / 60 + self.longitude / 15) % 24
        sun = elevation(self.latitude, day, solar)
        wetness = self._noise("wet", hour, lead) + self._wet - 0.46
        cloud = max(0.0, min(1.0, 2.1 * (wetness - 0.27)))
        precipitation = self._precipitation(hour, wetness)
        temperature = self._temperature(instant, hour, solar, cloud, lead)
        humidity = min(100.0, 48 + 38 * cloud + 14 * (precipitation > 0) - 0.3 * max(sun, 0) + 8)
        wind = self._wind * (0.35 + 1.3 * self._noise("wind", hour, lead))
        warm = max(0.0, min(1.0, (temperature - 10) / 15))
        feels = temperature - 0.08 * wind * (1 - warm) + 0.05 * (humidity - 50) * warm
        return Weather(
            temperature=temperature,
            humidity=humidity,
            apparent=feels,
            precipitation=precipitation,
            probability=max(0.0, min(100.0, 260 * (wetness - 0.42) + 20 * (precipitation > 0))),
            cloud=100 * cloud,
            wind=wind,
            gusts=wind * (1.4 + 0.7 * self._noise("gust", hour, lead)),
            direction=(225 + 300 * (self._noise("direction", hour, lead) - 0.5)) % 360,
            pressure=1014 + 44 * (0.5 - wetness),
            visibility=max(400.0, 45_000 - 9_000 * precipitation - 300 * max(humidity - 70, 0)),
            sun=sun,
            code=_code(temperature, precipitation, cloud, humidity, wind),
            snow_depth=self._snow_depth(instant, hour),
        )

    def _temperature(self, instant: datetime, hour: float, solar: float, cloud: float, lead: float) -> float:
        season = self._season(instant)
        swing = (3 + 5 * self._continental) * (1.1 - 0.7 * cloud) * math.cos(math.radians(self.latitude))
        daily = swing * math.cos(2 * math.pi * (solar - 15) / 24)
        unrest = 12 * (self._noise("heat", hour, lead) - 0.5) * (0.4 + abs(self.latitude) / 60)
        return self._mean + season + daily + unrest + _WARMING * (instant.year - 2000)

    def _season(self, instant: datetime) -> float:
        day = instant.timetuple().tm_yday
        return 0.28 * self.latitude * self._continental * math.cos(2 * math.pi * (day - 201) / 365.25)

    def _snow_depth(self, instant: datetime, hour: float) -> float:
        """Metres: more the colder the time of year, and none above freezing."""
        frost = -(self._mean + self._season(instant) + _WARMING * (instant.year - 2000))
        return 0.06 * frost * wander(f"{self._key}snow", hour / 6) if frost > 0 else 0.0

    def _precipitation(self, hour: float, wetness: float) -> float:
        amount = max(0.0, wetness - 0.58) * 11 * wander(f"{self._key}shower", hour * 3) ** 2
        return amount if amount >= 0.1 else 0.0

    def _noise(self, name: str, hour: float, lead: float) -> float:
        value = wander(f"{self._key}{name}", hour)
        if self.member == 0:
            return value
        drift = wander(f"{self._key}{name}{self.member}", hour) - 0.5
        return value + drift * min(1.0, lead / 200)


def _code(temperature: float, precipitation: float, cloud: float, humidity: float, wind: float) -> int:
    """The WMO 4677 code in the subset that Open-Meteo uses."""
    if precipitation >= 0.1:
        strength = 0 if precipitation < 1 else 1 if precipitation < 4 else 2
        if temperature < 1:
            return (71, 73, 75)[strength]
        if temperature > 18 and precipitation > 3:
            return 95
        return (51, 53, 55)[strength] if precipitation < 0.4 else (61, 63, 65)[strength]
    if humidity > 97 and wind < 12:
        return 45
    return 0 if cloud < 0.12 else 1 if cloud < 0.35 else 2 if cloud < 0.7 else 3
