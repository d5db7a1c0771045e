"""Tools for past weather and climate normals."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import partial
from statistics import fmean
from typing import Annotated

from pydantic import Field

from servicekit.core import Refused, ReportProgress, Unavailable
from servicekit.schema import Missing
from weather_mcp.models.forecasts import Day
from weather_mcp.models.gaps import PAST_PARTS, days_not_known, gaps
from weather_mcp.models.history import History, summarised
from weather_mcp.models.identifiers import Location
from weather_mcp.models.locations import Spot
from weather_mcp.models.normals import NORMAL_YEARS, PROJECTED_YEARS, Comparison, around, compared, has_enough
from weather_mcp.models.past_days import (
    EARLIEST,
    FORECAST_AHEAD,
    FirstDay,
    LastDay,
    OneDay,
    asked_days,
    one_day,
    today_at,
)
from weather_mcp.models.readings import Series, provenance
from weather_mcp.models.unit_names import UnitsText
from weather_mcp.ports import Archive, ChooseUnits, Forecasts
from weather_mcp.tools.locator import Locator
from weather_mcp.tools.past import last_archived, read_past
from weather_mcp.tools.years import read_years

WithProjection = Annotated[bool, Field(description="Add a climate model's projection of these days for 2041-2050.")]

_FORECAST_BACK = timedelta(days=80)
_NOT_ARCHIVED = "The latest days are not in the archive yet; they are from the latest forecast."
_UNTIL_YESTERDAY = "Cut: the period is not over; the days are those until yesterday."


class HistoryTools:
    def __init__(
        self,
        locator: Locator,
        archive: Archive,
        forecasts: Forecasts,
        report_progress: ReportProgress,
        units: ChooseUnits,
    ) -> None:
        self._locator = locator
        self._archive = archive
        self._forecasts = forecasts
        self._report_progress = report_progress
        self._units = units

    async def get_historical_weather(
        self, location: Location, first_day: FirstDay, last_day: LastDay = None, units: UnitsText = None
    ) -> History:
        """Past weather as it really was, yesterday or years ago (from 1940): how warm, how much rain or snow fell. At
        most 366 days; long periods by month."""
        today = datetime.now(UTC).date()
        asked_days(first_day, last_day, today)  # refused before any request
        place, chosen = await self._locator.place(location), await self._units(units)
        first, last, is_cut = asked_days(first_day, last_day, today_at(place), south=place.latitude < 0)
        archive, latest = (partial(read, place.spot) for read in (self._archive.days, self._forecasts.around_today))
        series = await read_past(archive, latest, first, last, today)
        if last >= series.origin.now.date():
            raise Refused("last_day is not over at that place. For today use get_current_weather or get_forecast.")
        missing = [
            *gaps(series.rows, PAST_PARTS, "date"),
            *days_not_known((day.date for day in series.rows), first, last),
        ]
        remarks = (_NOT_ARCHIVED if last > last_archived(today) else None, _UNTIL_YESTERDAY if is_cut else None)
        notice = " ".join(filter(None, remarks)) or None
        return History(
            **provenance(place, series, notice, missing, chosen),
            **summarised(series.rows, chosen),
        )

    async def compare_to_normal(
        self,
        location: Location,
        day: OneDay = None,
        units: UnitsText = None,
        projection: WithProjection = False,
    ) -> Comparison:
        """What weather to expect somewhere at a time of year (normal, usual, typical, average climate), and whether a
        day is unusually warm, cold or wet.

        For a date further ahead, give the same day of a past year.
        """
        today = datetime.now(UTC).date()
        _day(day, today)  # refused before any request
        place, chosen = await self._locator.place(location), await self._units(units)
        series = await self._one_day(place.spot, _day(day, today_at(place)), today)
        found, mean = series.rows[0], series.rows[0].mean
        if mean is None:
            raise Refused("The temperature of that day is not known there. Try another day or a place nearby.")
        wanted = [around(found.date, year) for year in NORMAL_YEARS]
        total = len(NORMAL_YEARS) + (len(PROJECTED_YEARS) if projection else 0)
        years = await read_years(partial(self._archive.days, place.spot), wanted, self._report_progress, total=total)
        past = [day for year in years for day in year.rows]
        if not has_enough(past):
            raise Refused("There is too little data for a climate normal of this place. Try a place on land nearby.")
        ahead, missing = await self._projection(place.spot, found.date, total) if projection else ([], [])
        missing = [*gaps(series.rows[:1], PAST_PARTS, "date"), *missing]
        return Comparison(
            **provenance(place, series, missing=missing, units=chosen),
            **compared(found, mean, past, chosen),
            expected_2041_2050=chosen.show(round(fmean(ahead), 1), "temperature") if ahead else None,
        )

    async def _one_day(self, spot: Spot, day: date | None, today: date) -> Series[Day]:
        if day is None:
            return await self._forecasts.today(spot)
        if day >= today - _FORECAST_BACK:
            return await self._forecasts.around_today(spot, day, day)
        return await self._archive.days(spot, day, day)

    async def _projection(self, spot: Spot, day: date, total: int) -> tuple[list[float], list[Missing]]:
        """The projected means, or why there are none: the comparison with the normal does not depend on them."""
        failures: list[Exception] = []

        async def read(first: date, last: date) -> Sequence[Day]:
            if failures:
                return ()
            try:
                return (await self._archive.projected(spot, first, last)).rows
            except (Refused, Unavailable) as failure:
                failures.append(failure)
                return ()

        wanted = [around(day, year) for year in PROJECTED_YEARS]
        years = await read_years(read, wanted, self._report_progress, done=total - len(wanted), total=total)
        means = [row.mean for rows in years for row in rows if row.mean is not None]
        if means and not failures:
            return means, []
        reason = str(failures[0]) if failures else "The climate model has no data for that place."
        return [], [Missing(part="expected_2041_2050", reason=reason)]


def _day(text: str | None, today: date) -> date | None:
    """The day that a text means, which must be in the archive or the forecast."""
    day = None if text is None else one_day(text, today)
    latest = today + FORECAST_AHEAD
    if day is not None and not EARLIEST <= day <= latest:
        raise Refused(f"Give a day from {EARLIEST} to {latest}; for a later date, the same day of a past year.")
    return day
