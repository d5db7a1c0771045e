"""Weather that was, and what is normal."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from statistics import fmean
from typing import Annotated

from pydantic import Field

from servicekit.errors import Refused
from servicekit.progress import ReportProgress
from weather_mcp.models.forecasts import Day, History
from weather_mcp.models.locations import Location, Spot
from weather_mcp.models.normals import NORMAL_YEARS, PROJECTED_YEARS, Comparison, around, compared, has_enough
from weather_mcp.models.readings import Series, provenance
from weather_mcp.models.units import Units, shown, unit_of
from weather_mcp.ports import Archive, Forecasts
from weather_mcp.tools.locating import Locator

FirstDay = Annotated[date, Field(description="First day, YYYY-MM-DD, from 1940-01-01.")]
LastDay = Annotated[date, Field(description="Last day, YYYY-MM-DD; at most 366 days, until six days ago.")]
OneDay = Annotated[date | None, Field(description="The day, YYYY-MM-DD, from 1940 to 14 days ahead. Today by default.")]
WithProjection = Annotated[bool, Field(description="Add what a climate model expects of these days in 2041-2050.")]

_EARLIEST = date(1940, 1, 1)
_LATEST_AGO = timedelta(days=6)  # the archive is about five days behind
_FORECAST_BACK, _FORECAST_AHEAD = timedelta(days=80), timedelta(days=14)
_LONGEST = 366
_AT_ONCE = 3  # the free plan of Open-Meteo queues six requests of one address

ReadDays = Callable[[Spot, date, date], Awaitable[Series[Day]]]


class HistoryTools:
    """One method is one tool; its docstring is what the model reads."""

    def __init__(
        self, locator: Locator, archive: Archive, forecasts: Forecasts, report_progress: ReportProgress
    ) -> None:
        self._locator = locator
        self._archive = archive
        self._forecasts = forecasts
        self._report_progress = report_progress

    async def get_historical_weather(
        self, location: Location, first_day: FirstDay, last_day: LastDay, units: Units = "celsius"
    ) -> History:
        """What the weather was on past days, one row a day, from 1940 to six days ago; at most 366 days.

        It is worked out by models from observations, for a cell of about 10 km. For the last days use
        compare_to_normal with that day, for today get_current_weather.
        """
        newest = datetime.now(UTC).date() - _LATEST_AGO
        if not _EARLIEST <= first_day <= last_day <= newest:
            raise Refused(f"The archive has days from {_EARLIEST} to {newest}, first_day before last_day.")
        if (last_day - first_day).days >= _LONGEST:
            raise Refused(
                f"At most {_LONGEST} days at once. Ask for a shorter period, or for one year after the other."
            )
        place = await self._locator.place(location)
        series = await self._archive.days(place.spot, first_day, last_day)
        return History(
            **provenance(place, series),
            temperature_unit=unit_of(units),
            days=[day.in_units(units) for day in series.rows],
        )

    async def compare_to_normal(
        self,
        location: Location,
        day: OneDay = None,
        units: Units = "celsius",
        projection: WithProjection = False,
    ) -> Comparison:
        """How one day, past or ahead, compares with what is normal there at that time of year.

        Normal is the fortnight around the day in each of the years 1991 to 2020. The first time for a place it reads
        thirty years, which takes some seconds.
        """
        today = datetime.now(UTC).date()
        day = day or today
        if not _EARLIEST <= day <= today + _FORECAST_AHEAD:
            raise Refused(f"Days can be compared from {_EARLIEST} to {today + _FORECAST_AHEAD}.")
        place = await self._locator.place(location)
        series = await self._one_day(place.spot, day, today)
        found, mean = series.rows[0], series.rows[0].mean
        wanted = [(self._archive.days, *around(day, year)) for year in NORMAL_YEARS]
        if projection:
            wanted += [(self._archive.projected, *around(day, year)) for year in PROJECTED_YEARS]
        years = await self._read_years(place.spot, wanted)
        past = [row for rows in years[: len(NORMAL_YEARS)] for row in rows]
        if mean is None or not has_enough(past):
            raise Refused("Too little is known of this place to say what is normal. Try a place on land nearby.")
        ahead = [row.mean for rows in years[len(NORMAL_YEARS) :] for row in rows if row.mean is not None]
        return Comparison(
            **provenance(place, series),
            temperature_unit=unit_of(units),
            **compared(found, mean, past, units),
            expected_2041_2050=shown(round(fmean(ahead), 1), units) if ahead else None,
        )

    async def _one_day(self, spot: Spot, day: date, today: date) -> Series[Day]:
        if day >= today - _FORECAST_BACK:
            return await self._forecasts.one_day(spot, day)
        return await self._archive.days(spot, day, day)

    async def _read_years(self, spot: Spot, wanted: Sequence[tuple[ReadDays, date, date]]) -> list[list[Day]]:
        """The days of each year, some years at a time; given up as a whole when one of them fails."""
        turns, done = asyncio.Semaphore(_AT_ONCE), 0

        async def read(days: ReadDays, first: date, last: date) -> list[Day]:
            nonlocal done
            async with turns:
                rows = (await days(spot, first, last)).rows
            done += 1
            await self._report_progress(done, len(wanted), f"Read {done} of {len(wanted)} years.")
            return rows

        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(read(*year)) for year in wanted]
        return [task.result() for task in tasks]
