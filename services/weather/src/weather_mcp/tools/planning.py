"""Weather for plans: what stands out, where it is better, and when it fits."""

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
from weather_mcp.tools.locating import Locator

Locations = Annotated[list[Location], Field(min_length=2, max_length=5, description="Two to five places.")]
HoursNeeded = Annotated[int, Field(ge=1, le=48, description="How many hours in a row are needed.")]
Dry = Annotated[bool, Field(description="Less than 0.1 mm in each hour, at a chance of 30 % or less.")]
Daylight = Annotated[bool, Field(description="Only hours between sunrise and sunset.")]
WindBelow = Annotated[float | None, Field(ge=1, le=200, description="Wind below this, in km/h.")]
WarmerThan = Annotated[float | None, Field(ge=-60, le=140, description="At least this temperature, in `units`.")]
ColderThan = Annotated[float | None, Field(ge=-60, le=140, description="At most this temperature, in `units`.")]

_ALERT_HOURS = 72


class PlanningTools:
    """One method is one tool; its docstring is what the model reads."""

    def __init__(self, locator: Locator, forecasts: Forecasts) -> None:
        self._locator = locator
        self._forecasts = forecasts

    async def get_alerts(self, location: Location) -> Alerts:
        """What stands out in the next 72 hours: wind, heavy rain or snow, heat, cold, fog, thunder, freezing rain.

        Derived from the forecast. No authority issued it, so it does not replace official warnings: say so. An empty
        list means that no threshold is met.
        """
        place = await self._locator.place(location)
        series = await self._forecasts.hourly(place.spot, 4)
        hours = [hour for hour in series.rows if hour.time > series.origin.hour_ago][:_ALERT_HOURS]
        return Alerts(**provenance(place, series), alerts=alerts_in(hours))

    async def compare_locations(
        self, locations: Locations, days: Days = 3, units: Units = "celsius"
    ) -> PlaceComparison:
        """The same days in two to five places side by side, and which is warmest, driest and calmest."""
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
        """When the weather suits a plan: runs of hours, from now on, that meet every rule. The first ones in time.

        Where there is none, `in_the_way` counts the hours that break each rule and `nearest` is the longest run there
        is: say what to give up. Check a window that matters with get_forecast_confidence.
        """
        if warmer_than is not None and colder_than is not None and warmer_than > colder_than:
            raise Refused("No temperature is above warmer_than and below colder_than. Change one of them.")
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
