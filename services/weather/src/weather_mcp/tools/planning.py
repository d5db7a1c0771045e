"""Tools for planning: alerts, comparison of places, and windows of suitable weather."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated

from pydantic import Field

from servicekit.core import Refused, Unavailable
from servicekit.schema import Missing, WithAttachments, cut_notice
from weather_mcp.models.alerts import HAZARDS, Alerts, alerts_in
from weather_mcp.models.charts import forecast_chart
from weather_mcp.models.comparisons import PlaceComparison, side_by_side
from weather_mcp.models.forecasts import Days, Hour
from weather_mcp.models.gaps import gaps, hours_not_reached
from weather_mcp.models.identifiers import Location
from weather_mcp.models.locations import Place
from weather_mcp.models.ranges import MOST_DAYS, Range, days_needed, elsewhere, forecast_end, range_of
from weather_mcp.models.readings import Series, provenance
from weather_mcp.models.time_texts import FromText, ToText
from weather_mcp.models.unit_names import UnitsText
from weather_mcp.models.windows import Rules, Windows, in_the_way, windows_in
from weather_mcp.ports import ChooseUnits, Forecasts, Warnings
from weather_mcp.tools.forecasts import daily_forecast
from weather_mcp.tools.locator import Locator
from weather_mcp.tools.pictures import CHART_HOURS, Pictures, WithChart

Locations = Annotated[
    list[Location],
    Field(
        min_length=2, max_length=5, description="Two to five places, each a name, latitude,longitude or saved label."
    ),
]
HoursNeeded = Annotated[int, Field(ge=1, le=48, description="Hours in a row.")]
Dry = Annotated[bool, Field(description="Only hours with less than 0.1 mm and a chance of rain up to 30 %.")]
Daylight = Annotated[bool, Field(description="Only hours between sunrise and sunset.")]
WindBelow = Annotated[float | None, Field(ge=1, le=200, description="In `units`.")]
WarmerThan = Annotated[float | None, Field(ge=-60, le=140, description="Temperature at least, in `units`.")]
ColderThan = Annotated[float | None, Field(ge=-60, le=140, description="Temperature at most, in `units`.")]

_ALERT_HOURS = 72
_MOST_WINDOWS = 5
_MOST_WARNINGS = 12
_WORST_FIRST = "They are the most severe; the weather service has the others."
_UNKNOWN_HAZARDS = "Some hazards are unknown for some hours (see missing): no alert there does not mean no hazard."


class PlanningTools:
    def __init__(
        self, locator: Locator, forecasts: Forecasts, warnings: Warnings, units: ChooseUnits, pictures: Pictures
    ) -> None:
        self._locator = locator
        self._forecasts = forecasts
        self._warnings = warnings
        self._units = units
        self._pictures = pictures

    async def get_alerts(self, location: Location, units: UnitsText = None) -> Alerts:
        """Dangerous weather (warnings, hazards, risk) in the next 72 hours: storm, heavy rain or snow, heatwave, frost,
        fog, thunderstorm, ice.

        `warnings` are official, those of the weather service. `alerts` are derived from the forecast: say that they
        replace no official warning. Empty means none, except for what is missing.
        """
        place, chosen = await self._locator.place(location), await self._units(units)
        series = await self._forecasts.hourly(place.spot, 4)
        hours = [hour for hour in series.rows if hour.time > series.origin.hour_ago][:_ALERT_HOURS]
        until = series.origin.hour_ago + timedelta(hours=_ALERT_HOURS)
        missing = [*gaps(hours, HAZARDS), *hours_not_reached((hour.time for hour in hours), until)]
        there = await self._warnings.at(place, series.timezone)
        official = there.warnings and [one.in_zone(series.origin.now.tzinfo) for one in there.warnings]
        notices = [_UNKNOWN_HAZARDS] if missing else []
        if official and len(official) > _MOST_WARNINGS:
            notices.append(cut_notice(_MOST_WARNINGS, len(official), "official warnings", _WORST_FIRST))
        return Alerts(
            **provenance(place, series, " ".join(notices) or None, [*missing, *there.missing], chosen),
            warnings=official and official[:_MOST_WARNINGS],
            alerts=alerts_in(hours, chosen),
        )

    async def compare_locations(self, locations: Locations, days: Days = 3, units: UnitsText = None) -> PlaceComparison:
        """Compare two to five places by their forecast: which one is warmer, drier or calmer over the next days, where
        to go."""
        chosen = await self._units(units)
        places = [await self._place(number, location) for number, location in enumerate(locations)]
        reads = (self._forecasts.daily(place.spot, days) for place in places)
        forecasts, missing, failures = [], [], []
        for place, series in zip(places, await asyncio.gather(*reads, return_exceptions=True), strict=True):
            if isinstance(series, (Refused, Unavailable)):
                failures.append(series)
                missing.append(Missing(part=place.title, reason=str(series)))
            elif isinstance(series, BaseException):
                raise series
            else:
                forecasts.append(daily_forecast(place, series, days, chosen))
        if not forecasts:
            raise failures[0]
        return side_by_side(forecasts, missing)

    async def find_weather_window(
        self,
        location: Location,
        hours_needed: HoursNeeded,
        days: Days = 7,
        dry: Dry = True,
        daylight: Daylight = False,
        wind_below: WindBelow = None,
        warmer_than: WarmerThan = None,
        colder_than: ColderThan = None,
        from_: FromText = None,
        to: ToText = None,
        units: UnitsText = None,
        chart: WithChart = False,
    ) -> WithAttachments[Windows]:
        """When is the best time for a plan outdoors (washing, mowing, painting, a hike, picnic or ride): hours in a row
        that meet every rule, such as dry, wind or daylight, earliest first.

        If there is none, `in_the_way` and `nearest` show which rule to relax.
        """
        if warmer_than is not None and colder_than is not None and warmer_than > colder_than:
            raise Refused("warmer_than is above colder_than, so no temperature fits. Change one of them.")
        place, chosen = await self._locator.place(location), await self._units(units)
        warmest, coldest = (chosen.metric(limit, "temperature") for limit in (colder_than, warmer_than))
        rules = Rules(dry, daylight, chosen.metric(wind_below, "wind"), coldest, warmest)
        asked = days if from_ is None and to is None else days_needed(from_, to, timedelta(days=days))
        series = await self._forecasts.hourly(place.spot, min(asked, MOST_DAYS))
        wanted = range_of(from_, to, series.origin.now)
        latest = None if asked >= MOST_DAYS else forecast_end(series.origin.now)
        hours, reach = hours_ahead(series, wanted, latest)
        windows, nearest = windows_in(hours, rules, hours_needed, chosen)
        shown, later = windows[:_MOST_WINDOWS], windows[_MOST_WINDOWS:]
        last = wanted.end if wanted is not None and not wanted.is_open else None
        last = last or series.origin.now.replace(hour=23, minute=0, second=0, microsecond=0) + timedelta(days=days - 1)
        missing = [*gaps(hours, rules.parts), *hours_not_reached((hour.time for hour in hours), last)]
        too_short = _too_short(hours, hours_needed)
        notice = " ".join(filter(None, (too_short, reach))) or None
        if later:
            until = f" and to={wanted.end.isoformat()}" if wanted is not None and not wanted.is_open else ""
            next_step = f"Continue with from={later[0].begins.isoformat()}{until}."
            notice = " ".join(filter(None, (cut_notice(len(shown), len(windows), "windows", next_step), reach)))
        drawn = [chosen.shown(hour) for hour in hours[:CHART_HOURS]]
        marked = [(window.begins, window.ends) for window in shown]
        pictures, unseen = await self._pictures(
            chart, place, series, lambda: forecast_chart(place.title, drawn, chosen, marked=marked)
        )
        notice = " ".join(filter(None, (notice, unseen))) or None
        found = Windows(
            **provenance(place, series, notice, missing, chosen),
            windows=shown,
            nearest=nearest,
            in_the_way={} if windows else in_the_way(hours, rules),
        )
        return WithAttachments(found, pictures)

    async def _place(self, number: int, location: str) -> Place:
        """The place of one of several locations; its refusal says which."""
        try:
            return await self._locator.place(location)
        except Refused as refused:
            raise Refused(f"locations.{number}: {refused}") from None


def hours_ahead(
    series: Series[Hour], wanted: Range | None, latest: datetime | None = None
) -> tuple[list[Hour], str | None]:
    """The hours from now on that are in a range, and a notice of the days taken and of what it lacks.

    Args:
        latest: the last hour that another range can have; by default the last one known.

    Raises:
        Refused: there is none.
    """
    since = series.origin.now if wanted is None else max(series.origin.now, wanted.begin)
    until = None if wanted is None or wanted.is_open else wanted.end
    hours = [hour for hour in series.rows if hour.time >= since and (until is None or hour.time <= until)]
    last, reading = series.rows[-1].time, wanted.reading if wanted is not None else None
    if not hours:
        now, reach = (moment.isoformat(timespec="minutes") for moment in (series.origin.now, latest or last))
        advice = "Give a range within it." if wanted is None else elsewhere(wanted, series.origin.now)
        none = f"No hour of the forecast, from {now} to {reach}, is in that range."
        raise Refused(" ".join(filter(None, (none, reading, advice))))
    is_cut = until is not None and until - last > timedelta(hours=1)
    cut = f"Cut: the forecast reaches to {last.isoformat(timespec='minutes')}." if is_cut else None
    return hours, " ".join(filter(None, (cut, reading))) or None


def _too_short(hours: Sequence[Hour], needed: int) -> str | None:
    """A sentence if no window fits into the hours, whatever the weather."""
    count = int((hours[-1].time - hours[0].time) / timedelta(hours=1))
    if count >= needed:
        return None
    return f"The range has {count} {'hour' if count == 1 else 'hours'}, fewer than the {needed} needed."
