"""Air, sea and rivers."""

from itertools import groupby
from statistics import median

from servicekit.core import Refused
from weather_mcp.models.elements import (
    AirQuality,
    FloodRisk,
    MarineConditions,
    Sea,
    SeaDay,
    band_of,
    flood_level,
)
from weather_mcp.models.locations import Location
from weather_mcp.models.readings import provenance
from weather_mcp.ports import Elements
from weather_mcp.tools.locating import Locator

_SEA_DAYS = 7
_NOT_FOR_NAVIGATION = "A model, coarse near coasts: not for navigation."


class ElementTools:
    """One method is one tool; its docstring is what the model reads."""

    def __init__(self, locator: Locator, elements: Elements) -> None:
        self._locator = locator
        self._elements = elements

    async def get_air_quality(self, location: Location) -> AirQuality:
        """Air quality at a place now, and the worst hour of the next four days: European and US index, pollutants, UV.

        Say the band (good to extremely poor) and what causes it; advise, do not diagnose.
        """
        place = await self._locator.place(location)
        series = await self._elements.air(place.spot)
        hours = [hour for hour in series.rows if hour.time > series.origin.hour_ago]
        known = [hour for hour in hours if hour.european_aqi is not None]
        if not known:
            raise Refused("The air there is not known at the moment. Try a larger place nearby.")
        worst = max(known, key=lambda hour: hour.european_aqi or 0)
        return AirQuality(
            **provenance(place, series), now=hours[0], band=band_of(hours[0].european_aqi), worst_ahead=worst
        )

    async def get_marine_conditions(self, location: Location) -> MarineConditions:
        """The sea off a place: waves, swell, water temperature now, and the highest waves of each of seven days.

        For a point at sea or on a coast; inland there is none. Not for navigation.
        """
        place = await self._locator.place(location)
        series = await self._elements.sea(place.spot)
        hours = [hour for hour in series.rows if hour.time > series.origin.hour_ago]
        known = [hour for hour in hours if hour.wave_height_m is not None]
        if not known:
            raise Refused("There is no sea at that place. Give latitude,longitude of a point on the water.")
        days = groupby(known, key=lambda hour: hour.time.date())
        highest = [max(group, key=_height) for _, group in days][:_SEA_DAYS]
        return MarineConditions(
            **provenance(place, series, _NOT_FOR_NAVIGATION),
            now=hours[0],
            days=[SeaDay(date=hour.time.date(), wave_height_max_m=_height(hour), at=hour.time) for hour in highest],
        )

    async def get_flood_risk(self, location: Location) -> FloodRisk:
        """Whether the largest river near a place runs high in the next three weeks, against its own last three months.

        It is a model of river flow, not a warning: send people to their local authority for those.
        """
        place = await self._locator.place(location)
        series = await self._elements.river(place.spot)
        today = series.origin.now.date()
        before = [flow.discharge_m3s for flow in series.rows if flow.date < today and flow.discharge_m3s is not None]
        ahead = [flow for flow in series.rows if flow.date >= today and flow.discharge_m3s is not None]
        if not before or not ahead:
            raise Refused("No river is known near that place. Give latitude,longitude of a point on it.")
        usual, peak = median(before), max(ahead, key=lambda flow: flow.discharge_m3s or 0.0)
        highest = peak.discharge_m3s or 0.0
        return FloodRisk(
            **provenance(place, series),
            level=flood_level(usual, highest),
            why=f"Peaks at {highest:g} m³/s on {peak.date}; its median of the last three months is {usual:.3g} m³/s.",
            usual_m3s=round(usual, 2),
            peak=peak,
            days=ahead,
        )


def _height(hour: Sea) -> float:
    return hour.wave_height_m or 0.0
