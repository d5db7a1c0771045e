"""Places side by side."""

from collections.abc import Callable, Sequence
from statistics import fmean

from servicekit.schema import Record
from weather_mcp.models.forecasts import Day, Forecast


class PlaceComparison(Record):
    """Which of several places stands out over the same days, and the forecast of each; absent where nobody knows."""

    warmest: str | None
    driest: str | None
    calmest: str | None
    forecasts: list[Forecast]


def side_by_side(forecasts: Sequence[Forecast]) -> PlaceComparison:
    """By the mean over the days that are known."""
    return PlaceComparison(
        warmest=_first(forecasts, lambda day: None if day.high is None else -day.high),
        driest=_first(forecasts, lambda day: day.precipitation_mm),
        calmest=_first(forecasts, lambda day: day.wind_max_kmh),
        forecasts=list(forecasts),
    )


def _first(forecasts: Sequence[Forecast], of: Callable[[Day], float | None]) -> str | None:
    """The place with the least of something; None where no place knows it."""
    known = [(forecast.place.title, [of(day) for day in forecast.days]) for forecast in forecasts]
    means = [(fmean(some), title) for title, values in known if (some := [one for one in values if one is not None])]
    return min(means, key=lambda mean: mean[0])[1] if means else None
