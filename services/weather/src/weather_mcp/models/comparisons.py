"""Comparison of places."""

from collections.abc import Mapping, Sequence
from datetime import date
from statistics import fmean
from typing import Final

from servicekit.schema import Missing, Record
from weather_mcp.models.forecasts import Forecast

_COMPARED: Final = {"high": "warmest", "precipitation": "driest", "wind_max": "calmest"}


class PlaceComparison(Record):
    """The warmest, driest and calmest of several places over the same days, and each forecast.

    One of the three is left out if a place has no data to compare; `missing` says which.
    """

    warmest: str | None
    driest: str | None
    calmest: str | None
    forecasts: list[Forecast]
    missing: list[Missing] | None = None


def side_by_side(forecasts: Sequence[Forecast], missing: Sequence[Missing] = ()) -> PlaceComparison:
    """Compare by the mean over the days that are known for every place.

    Args:
        missing: places without a forecast; with one of these, none is called the warmest of all.
    """
    unknown = list(missing)
    winners = dict[str, str | None]()
    days = {day.date for forecast in forecasts for day in forecast.days}
    for field, winner in _COMPARED.items():
        known = {forecast.place.title: _known(forecast, field) for forecast in forecasts}
        common = set.intersection(*(set(values) for values in known.values()))
        if not common:
            without = [title for title, values in known.items() if not values] or list(known)
            unknown.append(Missing(part=winner, reason=f"No comparable {field} for {', '.join(without)}."))
        elif len(common) < len(days):
            first, last = str(min(days - common)), str(max(days - common))
            reason = f"Compared on {len(common)} of {len(days)} days: the others are unknown for a place."
            unknown.append(Missing(part=winner, reason=reason, first=first, last=last))
        winners[winner] = _lowest(known, common, sign=-1 if winner == "warmest" else 1) if not missing else None
    return PlaceComparison(**winners, forecasts=list(forecasts), missing=unknown or None)


def _known(forecast: Forecast, field: str) -> dict[date, float]:
    return {day.date: value for day in forecast.days if (value := getattr(day, field)) is not None}


def _lowest(known: Mapping[str, Mapping[date, float]], days: set[date], *, sign: int) -> str | None:
    """The place with the lowest mean; None without days to compare."""
    if not days:
        return None
    return min(known, key=lambda title: sign * fmean(known[title][day] for day in days))
