"""A month, season or other period compared with the same days of the normal years."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from statistics import fmean, quantiles
from typing import Annotated, Any, Final, Literal, get_args

from servicekit.schema import Record
from weather_mcp.models.forecasts import Day
from weather_mcp.models.readings import MeasuredReading
from weather_mcp.models.units import KnownPrecipitation, KnownTemperature, Measured, Precipitation, Temperature, Units

LONGEST: Final = 366
"""Days of the longest period."""
FEWEST_YEARS: Final = 24
"""Fewest complete years for a normal: 80 % of thirty (WMO-No. 1203)."""
_WET_MM: Final = 1.0  # least precipitation of a wet day (WMO)
_FROST_C: Final = 0.0  # a day of frost has a low below it (WMO)

Standing = Literal["much below normal", "below normal", "near normal", "above normal", "much above normal"]
"""In the lowest tenth or third of the normal years, the middle, or the highest third or tenth, as NOAA's NCEI ranks."""
_STANDINGS: Final[Sequence[Standing]] = get_args(Standing)
_LIMITS: Final = (0.1, 1 / 3, 2 / 3, 0.9)
_WORDS: Final = {
    "precipitation": "Precipitation",
    "mean_temperature": "Mean temperature",
    "frost_days": "Frost",
    "wet_days": "Wet weather",
}


@dataclass(frozen=True, slots=True)
class Totals:
    """The figures of one period, in mm, °C and days; None if a day of it is unknown."""

    precipitation: float | None
    mean: float | None
    frost_days: float | None
    wet_days: float | None


class Figure(Record):
    """A figure of the period.

    `rank` 1 is the most of the period and the normal years; `years_alike` years share it. Where all are equal there is
    none. The normal years were between `usual_low` and `usual_high` in eight of ten cases.
    """

    value: float | None
    normal: float
    usual_low: float
    usual_high: float
    rank: int | None = None
    years_alike: int | None = None
    verdict: Standing | None = None


class Amount(Figure):
    """Rain and melted snow of the whole period."""

    value: Precipitation
    normal: KnownPrecipitation
    usual_low: KnownPrecipitation
    usual_high: KnownPrecipitation
    percent_of_normal: int | None = None


class MeanTemperature(Figure):
    """The mean of all days."""

    value: Temperature
    normal: KnownTemperature
    usual_low: KnownTemperature
    usual_high: KnownTemperature
    difference: Annotated[float | None, Measured("temperature_difference")] = None


class Figures(Record):
    """The figures of a period."""

    precipitation: Amount
    mean_temperature: MeanTemperature
    frost_days: Figure
    wet_days: Figure


class ComparedDays(Record):
    """The days compared, and the normal years that are known completely."""

    first_day: date
    last_day: date
    years: str
    years_counted: int


class PeriodComparison(MeasuredReading):
    """A period compared with the same days of the normal years; without values if it lies ahead.

    A day of frost has a low below 0 °C, a wet day 1 mm or more.
    """

    summary: str
    period: ComparedDays
    figures: Figures


def totals_of(days: Sequence[Day], first: date, last: date) -> Totals:
    """The figures of a period."""
    rows = [day for day in days if first <= day.date <= last]
    whole = len(rows) == (last - first).days + 1
    rain, means, lows = ([getattr(row, name) for row in rows] for name in ("precipitation", "mean", "low"))
    rain_known, means_known, lows_known = (whole and None not in values for values in (rain, means, lows))
    return Totals(
        precipitation=sum(rain) if rain_known else None,
        mean=fmean(means) if means_known else None,
        frost_days=sum(low < _FROST_C for low in lows) if lows_known else None,
        wet_days=sum(amount >= _WET_MM for amount in rain) if rain_known else None,
    )


def complete(years: Sequence[Totals]) -> list[Totals]:
    """The years of which every day is known."""
    return [one for one in years if None not in (one.precipitation, one.mean, one.frost_days)]


def compared_period(own: Totals | None, years: Sequence[Totals], units: Units) -> tuple[str, Figures]:
    """A summary, and the figures.

    Args:
        own: those of the period; None if it lies ahead.
        years: those of the normal years, all known.
    """
    rain, mean, frost, wet = (
        _figure(None if own is None else getattr(own, name), [getattr(year, name) for year in years])
        for name in ("precipitation", "mean", "frost_days", "wet_days")
    )
    precipitation, temperature = Amount(**rain), MeanTemperature(**mean)
    if precipitation.value is not None and precipitation.normal > 0:
        share = round(100 * precipitation.value / precipitation.normal)
        precipitation = precipitation.model_copy(update={"percent_of_normal": share})
    if temperature.value is not None:
        away = round(temperature.value - temperature.normal, 1)
        temperature = temperature.model_copy(update={"difference": away})
    figures = Figures(
        precipitation=units.shown(precipitation),
        mean_temperature=units.shown(temperature),
        frost_days=Figure(**frost),
        wet_days=Figure(**wet),
    )
    return _summary(figures, years=len(years), units=units, ahead=own is None), figures


def _figure(value: float | None, years: Sequence[float]) -> dict[str, Any]:
    tenth, *_, ninetieth = quantiles(years, n=10, method="inclusive")
    known: dict[str, Any] = {
        "value": None if value is None else round(value, 1),
        "normal": round(fmean(years), 1),
        "usual_low": round(tenth, 1),
        "usual_high": round(ninetieth, 1),
    }
    if value is None:
        return known
    more, alike = sum(year > value for year in years), sum(year == value for year in years)
    return {
        **known,
        "rank": None if alike == len(years) else 1 + more,
        "years_alike": alike or None,
        "verdict": _standing(value, years),
    }


def _standing(value: float, years: Sequence[float]) -> Standing:
    """By the share of the years that were lower; equal ones count half."""
    share = (sum(year < value for year in years) + 0.5 * sum(year == value for year in years)) / len(years)
    return _STANDINGS[bisect_left(_LIMITS, share)]


def _summary(figures: Figures, *, years: int, units: Units, ahead: bool) -> str:
    unit = {"precipitation": units.precipitation, "mean_temperature": units.temperature}
    return " ".join(
        _sentence(words, getattr(figures, name), unit.get(name, "days"), years, ahead=ahead)
        for name, words in _WORDS.items()
    )


def _sentence(words: str, figure: Figure, unit: str, years: int, *, ahead: bool) -> str:
    usual = f"normal {figure.normal:g} {unit}, usually {figure.usual_low:g} to {figure.usual_high:g}"
    if figure.value is None:
        return f"{words}: {'' if ahead else 'unknown, '}{usual}."
    alike = f", shared by {figure.years_alike + 1} of them" if figure.years_alike else ""
    rank = f"rank {figure.rank} of {years + 1} (1 is the most){alike}" if figure.rank else "the same in all years"
    return f"{words} {figure.verdict}: {figure.value:g} {unit}, {rank}; {usual}."
