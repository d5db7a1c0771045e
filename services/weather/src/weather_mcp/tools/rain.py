"""The tool for rain in the next two hours."""

from servicekit.core import Refused
from weather_mcp.models.gaps import gaps
from weather_mcp.models.identifiers import Location
from weather_mcp.models.rain import RainSoon, coming, has_quarters, not_reached, rain_in
from weather_mcp.models.readings import provenance
from weather_mcp.models.unit_names import UnitsText
from weather_mcp.ports import ChooseUnits, Forecasts
from weather_mcp.tools.locator import Locator

_PARTS = {"precipitation": "precipitation", "snowfall": "snowfall"}
_INTERPOLATED = "No model has quarters of an hour there: these are interpolated from hours, so times are approximate."


class RainTools:
    def __init__(self, locator: Locator, forecasts: Forecasts, units: ChooseUnits) -> None:
        self._locator = locator
        self._forecasts = forecasts
        self._units = units

    async def get_rain_soon(self, location: Location, units: UnitsText = None) -> RainSoon:
        """Rain or snow (shower) in the next two hours by quarter hours: when it starts and stops, go now or wait."""
        place, chosen = await self._locator.place(location), await self._units(units)
        series = await self._forecasts.quarters(place.spot)
        now = series.origin.now
        quarters = coming(series.rows, now)
        if not quarters:
            raise Refused("Open-Meteo has no data for the next two hours there. Use get_hourly_forecast.")
        missing = [*gaps(quarters, _PARTS, "begins"), *not_reached(quarters, now)]
        notice = None if has_quarters(place.spot) else _INTERPOLATED
        return RainSoon(**provenance(place, series, notice, missing, chosen), **rain_in(quarters, chosen))
