"""The tool that compares a period with the climate normal."""

from datetime import UTC, date, datetime
from functools import partial

from servicekit.core import Refused, ReportProgress
from weather_mcp.models.forecasts import Day
from weather_mcp.models.gaps import days_not_known, gaps
from weather_mcp.models.identifiers import Location
from weather_mcp.models.locations import Place, Spot
from weather_mcp.models.normals import NORMAL_YEARS
from weather_mcp.models.past_days import today_at
from weather_mcp.models.period_days import Period, days_of, same_days
from weather_mcp.models.periods import (
    FEWEST_YEARS,
    LONGEST,
    ComparedDays,
    PeriodComparison,
    compared_period,
    complete,
    totals_of,
)
from weather_mcp.models.readings import Series, joined, provenance
from weather_mcp.models.unit_names import UnitsText
from weather_mcp.ports import Archive, ChooseUnits, Forecasts
from weather_mcp.tools.locator import Locator
from weather_mcp.tools.past import read_past
from weather_mcp.tools.years import read_years

_EARLIEST, _LATEST = date(1940, 1, 1), date(2100, 12, 31)
_PARTS = {"low": "low", "mean": "mean temperature", "precipitation": "precipitation"}


class PeriodTools:
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

    async def compare_period_to_normal(
        self, location: Location, period: Period, units: UnitsText = None
    ) -> PeriodComparison:
        """Whether a month, season or year is wetter, drier, warmer or colder than normal (rain, frost days)."""
        _days(period, datetime.now(UTC).date())  # refused before any request
        place, chosen = await self._locator.place(location), await self._units(units)
        first_day, last_day = _days(period, today_at(place), south=place.latitude < 0)
        own = await self._own(place.spot, first_day, last_day)
        until = own.rows[-1].date if own is not None else last_day
        years = await self._normal_years(place, first_day, until)
        normal = complete([totals_of(year.rows, *span) for year, span in years])
        if len(normal) < FEWEST_YEARS:
            raise Refused("There is too little data for a climate normal of this place. Try a place on land nearby.")
        days = [] if own is None else own.rows
        missing = gaps(days, _PARTS, "date")
        if own is not None:
            missing += days_not_known((day.date for day in days), first_day, until)
        total = None if own is None else totals_of(days, first_day, until)
        summary, figures = compared_period(total, normal, chosen)
        series, notice = own or joined([year for year, _ in years]), _notice(own, until, last_day)
        return PeriodComparison(
            **provenance(place, series, notice, missing, chosen),
            summary=summary,
            period=ComparedDays(
                first_day=first_day,
                last_day=until,
                years=f"{NORMAL_YEARS[0]}-{NORMAL_YEARS[-1]}",
                years_counted=len(normal),
            ),
            figures=figures,
        )

    async def _own(self, spot: Spot, first: date, last: date) -> Series[Day] | None:
        """The days of the period that are over at the place; None if there are none."""
        today = datetime.now(UTC).date()
        if first > today:
            return None
        archive, latest = (partial(read, spot) for read in (self._archive.period, self._forecasts.around_today))
        series = await read_past(archive, latest, first, min(last, today), today)
        over = [day for day in series.rows if day.date < series.origin.now.date()]
        return Series(over, series.timezone, series.elevation_m, series.origin) if over else None

    async def _normal_years(self, place: Place, first: date, last: date) -> list[tuple[Series[Day], tuple[date, date]]]:
        spans, read = list(same_days(first, last)), partial(self._archive.period, place.spot)
        years = await read_years(read, spans, self._report_progress, total=len(spans))
        return list(zip(years, spans, strict=True))


def _days(period: str, today: date, *, south: bool = False) -> tuple[date, date]:
    try:
        first, last = days_of(period, today, south=south)
    except ValueError:
        raise Refused("period has a day or month that does not exist. Give for example 2026-10.") from None
    if not _EARLIEST <= first <= last <= _LATEST:
        raise Refused(f"period must be between {_EARLIEST} and {_LATEST}, its first day before its last.")
    if (last - first).days >= LONGEST:
        raise Refused(f"period may have {LONGEST} days at most. Call once for each year.")
    return first, last


def _notice(own: Series[Day] | None, until: date, last: date) -> str | None:
    if own is None:
        return "The period lies ahead: these are its normals, not a forecast."
    return (
        f"Cut: compared up to {until}, with the same days of each year; later days are not over."
        if until < last
        else None
    )
