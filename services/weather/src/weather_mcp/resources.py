"""Resources that a client can attach to a conversation: current weather, units and weather codes."""

from weather_mcp.models.conditions import WMO_CODES
from weather_mcp.models.forecasts import CurrentWeather
from weather_mcp.models.gaps import NOW_PARTS, gaps
from weather_mcp.models.identifiers import Location
from weather_mcp.models.readings import provenance
from weather_mcp.models.units import UNITS
from weather_mcp.ports import ChooseUnits, FindPlace, Forecasts


class WeatherResources:
    """One method is one resource."""

    def __init__(self, find_place: FindPlace, forecasts: Forecasts, units: ChooseUnits) -> None:
        self._find_place = find_place
        self._forecasts = forecasts
        self._units = units

    async def current(self, place: Location) -> CurrentWeather:
        """The latest weather at a place with its time and age."""
        found = await self._find_place(place)
        units = await self._units(None)
        series = await self._forecasts.current(found.spot)
        missing = gaps(series.rows[:1], NOW_PARTS)
        return CurrentWeather(
            **provenance(found, series, missing=missing, units=units), weather=units.shown(series.rows[0])
        )

    async def units(self) -> str:
        """The units of all quantities."""
        return UNITS

    async def wmo_codes(self) -> str:
        """The WMO weather codes of `wmo_code`, in words."""
        return _CODES


_CODES = "\n".join(("# WMO weather codes", "", *(f"- {code}: {words}" for code, words in WMO_CODES.items()), ""))
