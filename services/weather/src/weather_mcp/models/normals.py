"""Climate normals of a place and time of year, and how a day differs from them."""

from collections.abc import Sequence
from datetime import date, timedelta
from statistics import fmean, quantiles, stdev
from typing import Any, Final, Literal

from servicekit.schema import Record
from weather_mcp.models.forecasts import Day
from weather_mcp.models.readings import Reading
from weather_mcp.models.units import TemperatureUnit, difference, shown

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
    mean: float
    high: float
    low: float
    tenth_percentile: float
    ninetieth_percentile: float
    precipitation_mm_a_day: float
    wet_days_percent: int
    wind_max_kmh: float


class Comparison(Reading):
    """One day compared with the climate normal of its place.

    `difference` is the difference of means in `temperature_unit`; `warmer_than_percent` is the share of past days that
    were colder.
    """

    temperature_unit: TemperatureUnit
    verdict: Verdict
    difference: float
    warmer_than_percent: int
    day: Day
    normal: Normal
    expected_2041_2050: float | None = None


def around(day: date, year: int) -> tuple[date, date]:
    """First and last day of a year that count for a calendar day."""
    try:
        centre = day.replace(year=year)
    except ValueError:  # 29 February
        centre = date(year, 2, 28)
    return centre - timedelta(days=DAYS_EITHER_SIDE), centre + timedelta(days=DAYS_EITHER_SIDE)


def normal_of(days: Sequence[Day], units: str) -> Normal:
    means = _known(days, "mean")
    tenth, *_, ninetieth = quantiles(means, n=10)
    rain = _known(days, "precipitation_mm")
    return Normal(
        years=f"{NORMAL_YEARS[0]}-{NORMAL_YEARS[-1]}",
        days_counted=len(means),
        mean=_degrees(fmean(means), units),
        high=_degrees(fmean(_known(days, "high")), units),
        low=_degrees(fmean(_known(days, "low")), units),
        tenth_percentile=_degrees(tenth, units),
        ninetieth_percentile=_degrees(ninetieth, units),
        precipitation_mm_a_day=round(fmean(rain), 1),
        wet_days_percent=round(100 * sum(amount >= _WET_MM for amount in rain) / len(rain)),
        wind_max_kmh=round(fmean(_known(days, "wind_max_kmh")), 1),
    )


def has_enough(days: Sequence[Day]) -> bool:
    """Whether there are enough days with known values for a normal."""
    needed = ("mean", "high", "low", "precipitation_mm", "wind_max_kmh")
    return all(len(_known(days, name)) >= FEWEST_DAYS for name in needed)


def compared(day: Day, mean: float, past: Sequence[Day], units: str) -> dict[str, Any]:
    """The fields of `Comparison` for a day with this mean, in °C."""
    means = _known(past, "mean")
    away = mean - fmean(means)
    return {
        "day": day.in_units(units),
        "normal": normal_of(past, units),
        "difference": difference(away, units),
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


def _degrees(celsius: float, units: str) -> float:
    return shown(round(celsius, 1), units) or 0.0
