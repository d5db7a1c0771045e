"""Climate normals of a place and time of year, and how a day differs from them."""

from collections.abc import Sequence
from datetime import date, timedelta
from statistics import fmean, quantiles, stdev
from typing import Annotated, Any, Final, Literal

from servicekit.schema import Record
from weather_mcp.models.forecasts import Day
from weather_mcp.models.readings import MeasuredReading
from weather_mcp.models.units import KnownPrecipitation, KnownTemperature, KnownWind, Measured, Temperature, Units

NORMAL_YEARS: Final = range(1991, 2021)
"""The current standard normal period (WMO-No. 1203): thirty years."""
PROJECTED_YEARS: Final = range(2041, 2051)
"""The last decade that the source's climate models cover."""
DAYS_EITHER_SIDE: Final = 7
"""Days before and after the calendar day that count for it; thirty years give 450 days."""
FEWEST_DAYS: Final = 200
"""Fewest days for a normal."""
_WET_MM: Final = 1.0  # least precipitation of a wet day (WMO)

Verdict = Literal["much colder", "colder", "usual", "warmer", "much warmer"]


class Normal(Record):
    """The climate normal of the fortnight around a calendar day. Percentiles are of daily means."""

    years: str
    days_counted: int
    mean: KnownTemperature
    high: KnownTemperature
    low: KnownTemperature
    tenth_percentile: KnownTemperature
    ninetieth_percentile: KnownTemperature
    precipitation_a_day: KnownPrecipitation
    wet_days_percent: int
    wind_max: KnownWind


class Comparison(MeasuredReading):
    """One day compared with the climate normal of its place.

    `difference` is the difference of mean temperatures; `warmer_than_percent` is the share of past days that
    were colder.
    """

    verdict: Verdict
    difference: Annotated[float, Measured("temperature_difference")]
    warmer_than_percent: int
    day: Day
    normal: Normal
    expected_2041_2050: Temperature = None


def around(day: date, year: int) -> tuple[date, date]:
    """First and last day of a year that count for a calendar day."""
    try:
        centre = day.replace(year=year)
    except ValueError:  # 29 February
        centre = date(year, 2, 28)
    return centre - timedelta(days=DAYS_EITHER_SIDE), centre + timedelta(days=DAYS_EITHER_SIDE)


def normal_of(days: Sequence[Day], units: Units) -> Normal:
    means = _known(days, "mean")
    tenth, *_, ninetieth = quantiles(means, n=10)
    rain = _known(days, "precipitation")
    normal = Normal(
        years=f"{NORMAL_YEARS[0]}-{NORMAL_YEARS[-1]}",
        days_counted=len(means),
        mean=round(fmean(means), 1),
        high=round(fmean(_known(days, "high")), 1),
        low=round(fmean(_known(days, "low")), 1),
        tenth_percentile=round(tenth, 1),
        ninetieth_percentile=round(ninetieth, 1),
        precipitation_a_day=round(fmean(rain), 1),
        wet_days_percent=round(100 * sum(amount >= _WET_MM for amount in rain) / len(rain)),
        wind_max=round(fmean(_known(days, "wind_max")), 1),
    )
    return units.shown(normal)


def has_enough(days: Sequence[Day]) -> bool:
    """Whether there are enough days with known values for a normal."""
    needed = ("mean", "high", "low", "precipitation", "wind_max")
    return all(len(_known(days, name)) >= FEWEST_DAYS for name in needed)


def compared(day: Day, mean: float, past: Sequence[Day], units: Units) -> dict[str, Any]:
    """The fields of `Comparison` for a day with this mean, in °C."""
    means = _known(past, "mean")
    away = mean - fmean(means)
    return {
        "day": units.shown(day),
        "normal": normal_of(past, units),
        "difference": units.show(round(away, 1), "temperature_difference"),
        "warmer_than_percent": round(100 * sum(other < mean for other in means) / len(means)),
        "verdict": _verdict(away / (stdev(means) or 1.0)),
    }


def _verdict(deviations: float) -> Verdict:
    if abs(deviations) < 1:
        return "usual"
    if deviations > 0:
        return "much warmer" if deviations > 2 else "warmer"
    return "much colder" if deviations < -2 else "colder"


def _known(days: Sequence[Day], name: str) -> list[float]:
    return [value for day in days if (value := getattr(day, name)) is not None]
