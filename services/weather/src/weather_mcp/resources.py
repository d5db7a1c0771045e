"""What a client may attach to a conversation: the weather of a place, and the words of this domain."""

from weather_mcp.models.conditions import WMO_CODES
from weather_mcp.models.forecasts import CurrentWeather
from weather_mcp.models.locations import Location
from weather_mcp.models.readings import provenance
from weather_mcp.models.units import UNITS, unit_of
from weather_mcp.ports import FindPlace, Forecasts


class WeatherResources:
    """Resources."""

    def __init__(self, find_place: FindPlace, forecasts: Forecasts) -> None:
        self._find_place = find_place
        self._forecasts = forecasts

    async def current(self, place: Location) -> CurrentWeather:
        """The latest weather at a place, in °C; its time and age are in it."""
        found = await self._find_place(place)
        series = await self._forecasts.current(found.spot)
        return CurrentWeather(**provenance(found, series), temperature_unit=unit_of("celsius"), weather=series.rows[0])

    async def units(self) -> str:
        """The unit of every quantity that this server tells."""
        return UNITS

    async def wmo_codes(self) -> str:
        """WMO weather codes, as they stand in `wmo_code`, in words."""
        return _CODES


_CODES = "\n".join(("# WMO weather codes", "", *(f"- {code}: {words}" for code, words in WMO_CODES.items()), ""))
