"""The wind at sea, which Open-Meteo has in another API than the waves."""

from dataclasses import replace
from typing import Any

from servicekit.core import Refused, Unavailable
from weather_mcp.models.elements import Sea
from weather_mcp.models.readings import Series


def with_wind(waves: Series[Sea] | BaseException, wind: Series[dict[str, Any]] | BaseException) -> Series[Sea]:
    """The hours of the sea with their wind, which is unknown where it could not be read.

    Raises:
        Refused, Unavailable: the waves could not be read.
    """
    if isinstance(waves, BaseException):
        raise waves
    if isinstance(wind, (Refused, Unavailable)):
        return waves
    if isinstance(wind, BaseException):
        raise wind
    known = {row["time"]: row for row in wind.rows}
    return replace(waves, rows=[hour.model_copy(update=known.get(hour.time)) for hour in waves.rows])
