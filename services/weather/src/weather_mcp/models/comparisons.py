"""Comparison of places."""

from collections.abc import Callable, Sequence
from statistics import fmean

from servicekit.schema import Record
from weather_mcp.models.forecasts import Day, Forecast


class PlaceComparison(Record):
    """The warmest, driest and calmest of several places over the same days, if known, and each forecast."""

    warmest: str | None
    driest: str | None
    calmest: str | None
    forecasts: list[Forecast]


def side_by_side(forecasts: Sequence[Forecast]) -> PlaceComparison:
    """Compare by the mean over the known days."""
    return PlaceComparison(
        warmest=_first(forecasts, lambda day: None if day.high is None else -day.high),
        driest=_first(forecasts, lambda day: day.precipitation_mm),
        calmest=_first(forecasts, lambda day: day.wind_max_kmh),
        forecasts=list(forecasts),
    )


def _first(forecasts: Sequence[Forecast], of: Callable[[Day], float | None]) -> str | None:
    """The place with the lowest mean of `of`; None if no place has a known value."""
    known = [(forecast.place.title, [of(day) for day in forecast.days]) for forecast in forecasts]
    means = [(fmean(some), title) for title, values in known if (some := [one for one in values if one is not None])]
    return min(means, key=lambda mean: mean[0])[1] if means else None
