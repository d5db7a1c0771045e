"""Past days and their summaries."""

from collections.abc import Sequence
from datetime import date
from itertools import groupby
from statistics import fmean
from typing import Annotated, Final

from servicekit.schema import Columns, Record
from weather_mcp.models.forecasts import Day
from weather_mcp.models.readings import MeasuredReading
from weather_mcp.models.units import Precipitation, Snowfall, Temperature, Units, Wind

_MOST_DAYS: Final = 92  # listed one by one; longer periods by month
_WET_MM: Final = 1.0  # least precipitation of a wet day (WMO)


class Period(Record):
    """Summary of several days; `wet_days` have 1 mm (0.04 inch) or more.

    A sum or number of days is left out if one of the days is unknown; the others are of the known ones.
    """

    first_day: date
    last_day: date
    days_known: int
    mean: Temperature
    highest: Temperature
    highest_on: date | None
    lowest: Temperature
    lowest_on: date | None
    precipitation: Precipitation
    wet_days: int | None
    snowfall: Snowfall
    gusts_max: Wind


class History(MeasuredReading):
    """Past days, from a reanalysis of observations."""

    periods: Annotated[list[Period], Columns()]
    days: Annotated[list[Day], Columns()] | None = None


def summarised(days: Sequence[Day], units: Units) -> dict[str, object]:
    """The `periods` and `days` of `History`."""
    if len(days) <= _MOST_DAYS:
        return {"periods": [units.shown(period_of(days))], "days": [units.shown(day) for day in days]}
    months = groupby(days, key=lambda day: (day.date.year, day.date.month))
    periods = [period_of(days), *(period_of([*month]) for _, month in months)]
    return {"periods": [units.shown(period) for period in periods]}


def period_of(days: Sequence[Day]) -> Period:
    """Summary of the known values, and of sums where each day is known."""
    means, rain = _known(days, "mean"), _if_all_known(days, "precipitation")
    highs = [(day.high, day.date) for day in days if day.high is not None]
    lows = [(day.low, day.date) for day in days if day.low is not None]
    snow, gusts = _if_all_known(days, "snowfall"), _known(days, "gusts_max")
    highest, highest_on = max(highs, key=lambda high: high[0], default=(None, None))
    lowest, lowest_on = min(lows, default=(None, None))
    return Period(
        first_day=days[0].date,
        last_day=days[-1].date,
        days_known=len(means),
        mean=round(fmean(means), 1) if means else None,
        highest=highest,
        highest_on=highest_on,
        lowest=lowest,
        lowest_on=lowest_on,
        precipitation=round(sum(rain), 1) if rain else None,
        wet_days=sum(amount >= _WET_MM for amount in rain) if rain else None,
        snowfall=round(sum(snow), 1) if snow else None,
        gusts_max=max(gusts, default=None),
    )


def _known(days: Sequence[Day], name: str) -> list[float]:
    return [value for day in days if (value := getattr(day, name)) is not None]


def _if_all_known(days: Sequence[Day], name: str) -> list[float]:
    """The values of all days; none of them if one is unknown."""
    values = _known(days, name)
    return values if len(values) == (days[-1].date - days[0].date).days + 1 else []
