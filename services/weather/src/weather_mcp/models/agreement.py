"""Agreement of an ensemble's members, by day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from statistics import quantiles

from weather_mcp.models.forecasts import Agreement, DayConfidence, Spread
from weather_mcp.models.units import Quantity, Units

_WET_MM = 1.0
_ENOUGH_HOURS = 20
TOO_FEW_HOURS = f"The ensemble knows fewer than {_ENOUGH_HOURS} hours of the day."
"""Why a day is left out."""
NOT_ALL_MEMBERS = "The ensemble does not know this hour for all members: the values of the day leave it out."
"""Why an hour is left out."""


@dataclass(frozen=True, slots=True)
class Members:
    """One hour of all members, in °C, mm and km/h."""

    time: datetime
    temperature: Sequence[float]
    precipitation: Sequence[float]
    wind: Sequence[float]


def confidence_by_day(hours: Sequence[Members], units: Units) -> list[DayConfidence]:
    """Every day with at least 20 known hours: the high of half a day is unknown."""
    days = [[*group] for _, group in groupby(hours, key=lambda hour: hour.time.date())]
    return [_day(day, units) for day in days if len(day) >= _ENOUGH_HOURS]


def _day(hours: Sequence[Members], units: Units) -> DayConfidence:
    highs = [max(values) for values in zip(*(hour.temperature for hour in hours), strict=True)]
    lows = [min(values) for values in zip(*(hour.temperature for hour in hours), strict=True)]
    rain = [sum(values) for values in zip(*(hour.precipitation for hour in hours), strict=True)]
    wind = [max(values) for values in zip(*(hour.wind for hour in hours), strict=True)]
    wet = sum(amount >= _WET_MM for amount in rain) / len(rain)
    return DayConfidence(
        date=hours[0].time.date(),
        agreement=_agreement(_spread(highs), wet),
        daily_high=_shown(_spread(highs), "temperature", units),
        daily_low=_shown(_spread(lows), "temperature", units),
        precipitation=_shown(_spread(rain), "precipitation", units),
        wind_max=_shown(_spread(wind), "wind", units),
        wet_share_percent=round(100 * wet),
        frost_share_percent=round(100 * sum(low < 0 for low in lows) / len(lows)),
    )


def _spread(values: Sequence[float]) -> Spread:
    tenth, *_, ninetieth = quantiles(values, n=10)
    return Spread(low=round(tenth, 1), median=round(quantiles(values, n=2)[0], 1), high=round(ninetieth, 1))


def _shown(spread: Spread, quantity: Quantity, units: Units) -> Spread:
    low, median, high = (units.show(value, quantity) or 0.0 for value in (spread.low, spread.median, spread.high))
    return Spread(low=low, median=median, high=high)


def _agreement(high: Spread, wet: float) -> Agreement:
    """By the spread of highs in °C, and by the disagreement on rain."""
    undecided = 0.3 < wet < 0.7
    width = high.high - high.low
    if width <= 3 and not undecided:
        return "high"
    return "medium" if width <= 6 else "low"
