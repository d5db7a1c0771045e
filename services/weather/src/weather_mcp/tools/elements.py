"""Tools for air, sea and rivers."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby
from statistics import median
from typing import TypeVar

from servicekit.core import Refused
from servicekit.schema import Missing, WithAttachments
from weather_mcp.models.charts import air_chart, sea_chart
from weather_mcp.models.elements import (
    NO_SEA,
    Air,
    AirQuality,
    FloodRisk,
    MarineConditions,
    Sea,
    SeaDay,
    band_of,
    flood_level,
)
from weather_mcp.models.gaps import gaps
from weather_mcp.models.identifiers import Location
from weather_mcp.models.ranges import range_of
from weather_mcp.models.readings import provenance
from weather_mcp.models.rows_in_range import days_in_range, in_range
from weather_mcp.models.time_texts import FromText, ToText
from weather_mcp.models.unit_names import UnitsText
from weather_mcp.ports import ChooseUnits, Elements
from weather_mcp.tools.locator import Locator
from weather_mcp.tools.pictures import Pictures, WithChart

Hourly = TypeVar("Hourly", Air, Sea)

_SEA_DAYS = 7
_ENOUGH_DAYS = 30  # known days for a median of three months
_DAYS_UNKNOWN = "The level only counts days with a known discharge (see missing): it may be higher on the others."
_AIR_PARTS = {
    "european_aqi": "European index",
    "pm2_5_ug_m3": "PM2.5",
    "pm10_ug_m3": "PM10",
    "nitrogen_dioxide_ug_m3": "nitrogen dioxide",
    "ozone_ug_m3": "ozone",
}
_POLLEN_PARTS = {
    f"{plant}_pollen_m3": f"{plant} pollen" for plant in ("alder", "birch", "grass", "mugwort", "olive", "ragweed")
}
_NO_POLLEN = "Pollen is known in Europe only."
_SEA_PARTS = {
    "wave_height_m": "waves",
    "swell_height_m": "swell",
    "water_temperature": "water temperature",
    "wind": "wind",
    "gusts": "gusts",
}
_OF_RANGE = "The highest waves in days are those of the hours of the range, not of whole days."
_NOT_FOR_NAVIGATION = "A model, coarse near coasts: not for navigation."


class ElementTools:
    def __init__(self, locator: Locator, elements: Elements, units: ChooseUnits, pictures: Pictures) -> None:
        self._locator = locator
        self._elements = elements
        self._units = units
        self._pictures = pictures

    async def get_air_quality(
        self, location: Location, from_: FromText = None, to: ToText = None, chart: WithChart = False
    ) -> WithAttachments[AirQuality]:
        """How good the air is now and in the next four days (to breathe, run, with asthma): pollution, smog, fine dust,
        ozone, pollen (hay fever, Europe only); also the UV index (sunscreen).

        Report the band and main pollutant; give no diagnosis.
        """
        place = await self._locator.place(location)
        series = await self._elements.air(place.spot)
        hours = [hour for hour in series.rows if hour.time > series.origin.hour_ago]
        picked, notice = _picked(hours, from_, to, series.origin.now)
        shown = hours if picked is None else picked
        known = [hour for hour in shown if hour.european_aqi is not None]
        if not known:
            raise Refused("Air quality is not known there at the moment. Try a larger place nearby.")
        worst = max(known, key=lambda hour: hour.european_aqi or 0)
        pictures, unseen = await self._pictures(chart, place, series, lambda: air_chart(place.title, shown))
        found = AirQuality(
            **provenance(place, series, _joined(notice, unseen), [*gaps(shown, _AIR_PARTS), *_pollen_gaps(shown)]),
            now=hours[0] if picked is None else None,
            band=band_of((worst if picked is not None else hours[0]).european_aqi),
            worst_ahead=worst,
            hours=picked,
        )
        return WithAttachments(found, pictures)

    async def get_marine_conditions(
        self,
        location: Location,
        from_: FromText = None,
        to: ToText = None,
        units: UnitsText = None,
        chart: WithChart = False,
    ) -> WithAttachments[MarineConditions]:
        """Sea conditions at a coast or at sea for seven days: how high the waves are (surf, sailing, boat), swell,
        water temperature (to swim, bathe).

        No tides. Not for navigation.
        """
        place, chosen = await self._locator.place(location), await self._units(units)
        series = await self._elements.sea(place.spot)
        hours = [hour for hour in series.rows if hour.time > series.origin.hour_ago]
        known = [hour for hour in hours if hour.wave_height_m is not None]
        if not known:
            raise Refused(NO_SEA)
        picked, notice = _picked(hours, from_, to, series.origin.now)
        shown = hours[: _SEA_DAYS * 24] if picked is None else picked
        known = [hour for hour in shown if hour.wave_height_m is not None]
        days = groupby(known, key=lambda hour: hour.time.date())
        highest = [max(group, key=_height) for _, group in days][:_SEA_DAYS]
        in_units = [chosen.shown(hour) for hour in shown]
        pictures, unseen = await self._pictures(chart, place, series, lambda: sea_chart(place.title, in_units, chosen))
        of_range = _OF_RANGE if picked and (picked[0].time.hour, picked[-1].time.hour) != (0, 23) else None
        notice = _joined(notice, unseen, of_range, _NOT_FOR_NAVIGATION)
        found = MarineConditions(
            **provenance(place, series, notice, gaps(shown, _SEA_PARTS), chosen),
            now=chosen.shown(hours[0]) if picked is None else None,
            days=[SeaDay(date=hour.time.date(), wave_height_max_m=_height(hour), at=hour.time) for hour in highest],
            hours=None if picked is None else in_units,
        )
        return WithAttachments(found, pictures)

    async def get_flood_risk(self, location: Location, from_: FromText = None, to: ToText = None) -> FloodRisk:
        """How high the river near a place is and whether it may flood (overflow) in the next three weeks, relative to
        its last three months.

        A model: for warnings refer to the local authority.
        """
        place = await self._locator.place(location)
        series = await self._elements.river(place.spot)
        today = series.origin.now.date()
        past = [flow for flow in series.rows if flow.date < today]
        before = [flow.discharge_m3s for flow in past if flow.discharge_m3s is not None]
        coming, reach = [flow for flow in series.rows if flow.date >= today], None
        if (wanted := range_of(from_, to, series.origin.now)) is not None:
            coming, reach = days_in_range(series.rows, wanted, series.origin.now, lambda flow: flow.date)
        ahead = [flow for flow in coming if flow.discharge_m3s is not None]
        if not before or not ahead:
            raise Refused("No river is known near that place. Give latitude,longitude of a point on the river.")
        parts = {"discharge_m3s": "discharge"}
        missing = gaps(coming, parts, "date")
        uncertain = _DAYS_UNKNOWN if missing or len(before) < _ENOUGH_DAYS else None
        notice = " ".join(filter(None, (reach, uncertain))) or None
        usual, peak = median(before), max(ahead, key=lambda flow: flow.discharge_m3s or 0.0)
        highest = peak.discharge_m3s or 0.0
        return FloodRisk(
            **provenance(place, series, notice, [*gaps(past, parts, "date"), *missing]),
            level=flood_level(usual, highest),
            why=f"Peaks at {highest:g} m³/s on {peak.date}; its median of the last three months is {usual:.3g} m³/s.",
            usual_m3s=round(usual, 2),
            peak=peak,
            days=ahead,
        )


def _picked(
    hours: Sequence[Hourly], from_: str | None, to: str | None, now: datetime
) -> tuple[list[Hourly] | None, str | None]:
    """The hours of a range, and a notice; None without a range. A time alone means its hour."""
    wanted = range_of(from_, to, now)
    return (None, None) if wanted is None else in_range(hours, wanted.lasting(timedelta()), _time)


def _joined(*notices: str | None) -> str | None:
    return " ".join(filter(None, notices)) or None


def _time(hour: Air | Sea) -> datetime:
    return hour.time


def _pollen_gaps(hours: Sequence[Air]) -> list[Missing]:
    """Pollen that is unknown, in one entry where all of it is."""
    if any(getattr(hour, name) is not None for hour in hours for name in _POLLEN_PARTS):
        return gaps(hours, _POLLEN_PARTS)
    return [Missing(part="pollen", reason=_NO_POLLEN)]


def _height(hour: Sea) -> float:
    return hour.wave_height_m or 0.0
