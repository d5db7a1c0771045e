"""Tools for planning: alerts, comparison of places, and windows of suitable weather."""

import asyncio
from typing import Annotated

from pydantic import Field

from servicekit.core import Refused
from weather_mcp.models.alerts import Alerts, alerts_in
from weather_mcp.models.comparisons import PlaceComparison, side_by_side
from weather_mcp.models.forecasts import Days, Forecast
from weather_mcp.models.locations import Location
from weather_mcp.models.readings import provenance
from weather_mcp.models.units import Units, celsius, unit_of
from weather_mcp.models.windows import Rules, Windows, in_the_way, windows_in
from weather_mcp.ports import Forecasts
from weather_mcp.tools.locator import Locator

Locations = Annotated[list[Location], Field(min_length=2, max_length=5, description="Two to five places.")]
HoursNeeded = Annotated[int, Field(ge=1, le=48, description="Consecutive hours needed.")]
Dry = Annotated[bool, Field(description="Only hours with less than 0.1 mm and a chance of rain up to 30 %.")]
Daylight = Annotated[bool, Field(description="Only hours between sunrise and sunset.")]
WindBelow = Annotated[float | None, Field(ge=1, le=200, description="Wind below this value in km/h.")]
WarmerThan = Annotated[float | None, Field(ge=-60, le=140, description="At least this temperature, in `units`.")]
ColderThan = Annotated[float | None, Field(ge=-60, le=140, description="At most this temperature, in `units`.")]

_ALERT_HOURS = 72


class PlanningTools:
    def __init__(self, locator: Locator, forecasts: Forecasts) -> None:
        self._locator = locator
        self._forecasts = forecasts

    async def get_alerts(self, location: Location) -> Alerts:
        """Weather hazards of the next 72 hours: wind, heavy rain or snow, heat, cold, fog, thunder, freezing rain.

        Derived from the forecast by fixed thresholds. Tell users that it does not replace official warnings. An empty
        list means that no threshold is reached.
        """
        place = await self._locator.place(location)
        series = await self._forecasts.hourly(place.spot, 4)
        hours = [hour for hour in series.rows if hour.time > series.origin.hour_ago][:_ALERT_HOURS]
        return Alerts(**provenance(place, series), alerts=alerts_in(hours))

    async def compare_locations(
        self, locations: Locations, days: Days = 3, units: Units = "celsius"
    ) -> PlaceComparison:
        """Compare daily forecasts of two to five places; names the warmest, driest and calmest one."""
        places = [await self._locator.place(location) for location in locations]
        found = await asyncio.gather(*(self._forecasts.daily(place.spot, days) for place in places))
        return side_by_side(
            [
                Forecast(
                    **provenance(place, series),
                    temperature_unit=unit_of(units),
                    days=[day.in_units(units) for day in series.rows],
                )
                for place, series in zip(places, found, strict=True)
            ]
        )

    async def find_weather_window(
        self,
        location: Location,
        hours_needed: HoursNeeded,
        days: Days = 7,
        dry: Dry = True,
        daylight: Daylight = False,
        wind_below_kmh: WindBelow = None,
        warmer_than: WarmerThan = None,
        colder_than: ColderThan = None,
        units: Units = "celsius",
    ) -> Windows:
        """Find windows of suitable weather: runs of consecutive hours from now that meet every rule, earliest first.

        If there is none, `in_the_way` counts the hours that break each rule and `nearest` is the longest shorter run:
        suggest which rule to relax. Check an important window with get_forecast_confidence.
        """
        if warmer_than is not None and colder_than is not None and warmer_than > colder_than:
            raise Refused("warmer_than is above colder_than, so no temperature fits. Change one of them.")
        rules = Rules(dry, daylight, wind_below_kmh, celsius(warmer_than, units), celsius(colder_than, units))
        place = await self._locator.place(location)
        series = await self._forecasts.hourly(place.spot, days)
        hours = [hour for hour in series.rows if hour.time >= series.origin.now]
        windows, nearest = windows_in(hours, rules, hours_needed, units)
        return Windows(
            **provenance(place, series),
            temperature_unit=unit_of(units),
            windows=windows,
            nearest=nearest,
            in_the_way={} if windows else in_the_way(hours, rules),
        )
