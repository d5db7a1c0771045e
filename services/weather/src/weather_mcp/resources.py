"""Resources that a client can attach to a conversation: current weather, series as CSV, units and codes."""

from servicekit.core import Refused
from weather_mcp.models.conditions import WMO_CODES
from weather_mcp.models.elements import NO_SEA
from weather_mcp.models.forecasts import CurrentWeather
from weather_mcp.models.gaps import NOW_PARTS, gaps
from weather_mcp.models.identifiers import Location
from weather_mcp.models.readings import provenance
from weather_mcp.models.tables import as_csv
from weather_mcp.models.units import UNITS
from weather_mcp.ports import ChooseUnits, Elements, FindPlace, Forecasts

_CSV_DAYS = 7


class WeatherResources:
    """One method is one resource."""

    def __init__(self, find_place: FindPlace, forecasts: Forecasts, elements: Elements, units: ChooseUnits) -> None:
        self._find_place = find_place
        self._forecasts = forecasts
        self._elements = elements
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

    async def hours_csv(self, place: Location) -> str:
        """The forecast by hour for seven days as CSV, for a spreadsheet."""
        found = await self._find_place(place)
        return as_csv(await self._forecasts.hourly(found.spot, _CSV_DAYS), await self._units(None))

    async def sea_csv(self, place: Location) -> str:
        """Waves, swell, water and wind by hour for seven days as CSV. Not for navigation."""
        found = await self._find_place(place)
        series = await self._elements.sea(found.spot)
        if all(hour.wave_height_m is None for hour in series.rows):
            raise Refused(NO_SEA)
        return as_csv(series, await self._units(None))

    async def air_csv(self, place: Location) -> str:
        """Air quality, pollen and UV index by hour for four days as CSV."""
        found = await self._find_place(place)
        return as_csv(await self._elements.air(found.spot), await self._units(None))

    async def units(self) -> str:
        """The units of all quantities."""
        return UNITS

    async def wmo_codes(self) -> str:
        """The WMO weather codes of `wmo_code`, in words."""
        return _CODES


_CODES = "\n".join(("# WMO weather codes", "", *(f"- {code}: {words}" for code, words in WMO_CODES.items()), ""))
