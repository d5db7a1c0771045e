"""Position of the sun by common approximations (NOAA, solar calculations), accurate to a few minutes."""

import math
from datetime import date


def declination(day_of_year: float) -> float:
    """Degrees north of the equator at which the sun is overhead."""
    return 23.44 * math.sin(2 * math.pi * (day_of_year - 81) / 365.25)


def elevation(latitude: float, day_of_year: float, solar_hour: float) -> float:
    """Degrees above the horizon; `solar_hour` is 12 at noon."""
    tilt, place = math.radians(declination(day_of_year)), math.radians(latitude)
    angle = math.radians(15 * (solar_hour - 12))
    height = math.sin(place) * math.sin(tilt) + math.cos(place) * math.cos(tilt) * math.cos(angle)
    return math.degrees(math.asin(max(-1.0, min(1.0, height))))


def daylight(latitude: float, day: date) -> tuple[float, float]:
    """Sunrise and sunset, in solar hours; (0, 24) where it does not set, (12, 12) where it does not rise."""
    tilt, place = math.radians(declination(day.timetuple().tm_yday)), math.radians(latitude)
    cosine = (math.sin(math.radians(-0.833)) - math.sin(place) * math.sin(tilt)) / (
        math.cos(place) * math.cos(tilt) or 1e-9
    )
    if cosine <= -1:
        return 0.0, 24.0
    if cosine >= 1:
        return 12.0, 12.0
    half = math.degrees(math.acos(cosine)) / 15
    return 12 - half, 12 + half
