"""Rain and snow of the next two hours, by quarters of an hour."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, Literal

from servicekit.schema import Missing, Record
from weather_mcp.models.locations import Spot
from weather_mcp.models.readings import MeasuredReading
from weather_mcp.models.units import Precipitation, Snowfall, Units

QUARTER: Final = timedelta(minutes=15)
AHEAD: Final = timedelta(hours=2)
_LEAST_MM: Final = 0.05  # the source rounds to 0.1 mm
_WATER_PER_SNOW: Final = 10 / 7  # mm of water for 1 cm of snow, as the source converts it
_MOSTLY: Final = 0.8
# South, north, west and east of the models that have steps of 15 minutes (Open-Meteo, weather forecast API): DWD's
# ICON-D2, Météo-France's AROME and NOAA's HRRR. Elsewhere Open-Meteo interpolates hours.
_BY_QUARTERS: Final = ((43.2, 58.0, -3.9, 20.3), (37.5, 55.4, -12.0, 16.0), (24.0, 49.5, -125.0, -66.5))


class Quarter(Record):
    """Fifteen minutes from `begins`."""

    begins: datetime
    precipitation: Precipitation
    snowfall: Snowfall


class RainSoon(MeasuredReading):
    """Rain and snow of the next two hours.

    `starts` and `stops` are of the first spell, which may have begun; without `stops` its end is not known.
    `precipitation_from` has the amount of each quarter of an hour by its beginning.
    """

    summary: str
    starts: datetime | None
    stops: datetime | None
    precipitation: Precipitation
    precipitation_from: dict[str, float | Literal["unknown"]]


def has_quarters(spot: Spot) -> bool:
    """Whether a model has quarters of an hour there."""
    return any(
        south <= spot.latitude <= north and west <= spot.longitude <= east for south, north, west, east in _BY_QUARTERS
    )


def coming(quarters: Sequence[Quarter], now: datetime) -> list[Quarter]:
    """The current quarter and those of the next two hours."""
    return [one for one in quarters if now - QUARTER < one.begins < now + AHEAD]


def not_reached(quarters: Sequence[Quarter], now: datetime) -> list[Missing]:
    """The end of the two hours if the quarters stop before."""
    end = max(one.begins for one in quarters) + QUARTER if quarters else now
    if end >= now + AHEAD:
        return []
    first, last = (moment.isoformat(timespec="minutes") for moment in (end, now + AHEAD))
    return [Missing(part="precipitation", reason="The source has no data for this time.", first=first, last=last)]


def rain_in(quarters: Sequence[Quarter], units: Units) -> dict[str, object]:
    """The fields of `RainSoon` for at least one quarter, in metric values."""
    wet = [None if one.precipitation is None else one.precipitation >= _LEAST_MM for one in quarters]
    first = wet.index(True) if True in wet else None
    end = None if first is None else next((place for place in range(first, len(wet)) if wet[place] is not True), None)
    stops = None if end is None or wet[end] is None else quarters[end].begins
    amounts = [one.precipitation for one in quarters if one.precipitation is not None]
    return {
        "summary": _summary(quarters, wet, first, stops, units),
        "starts": None if first is None else quarters[first].begins,
        "stops": stops,
        "precipitation": units.show(round(sum(amounts), 1), "precipitation") if len(amounts) == len(wet) else None,
        "precipitation_from": {
            f"{one.begins:%H:%M}": "unknown" if amount is None else amount
            for one in quarters
            for amount in (units.show(one.precipitation, "precipitation"),)
        },
    }


def _summary(
    quarters: Sequence[Quarter], wet: Sequence[bool | None], first: int | None, stops: datetime | None, units: Units
) -> str:
    unknown = wet.count(None)
    unsure = f" {unknown} of {len(wet)} quarters of an hour are unknown." if unknown else ""
    if unknown == len(wet):
        return "Unknown: the source has no value for the next two hours."
    if first is None:
        return (
            f"No rain or snow in the known quarters of the next two hours.{unsure}"
            if unknown
            else "No rain or snow in the next two hours."
        )
    begins = "now" if first == 0 else f"from {quarters[first].begins:%H:%M}"
    whole = "for the whole time" if first == 0 else "to the end"
    ends = f"until {stops:%H:%M}" if stops is not None else "to an unknown time" if unknown else whole
    again = " Then again." if stops is not None and _again(quarters, wet, stops) else ""
    amount = units.show(round(sum(one.precipitation or 0.0 for one in quarters), 1), "precipitation")
    known = "known " if unknown else ""
    total = f" In two hours {amount:g} {units.precipitation} of {known}precipitation."
    return f"{_kind(quarters)} {begins} {ends}.{again}{total}{unsure}"


def _again(quarters: Sequence[Quarter], wet: Sequence[bool | None], stops: datetime) -> bool:
    return any(is_wet and one.begins > stops for one, is_wet in zip(quarters, wet, strict=True))


def _kind(quarters: Sequence[Quarter]) -> str:
    """Rain, snow or both, by the share of snow in the water."""
    if any(one.snowfall is None and (one.precipitation or 0.0) >= _LEAST_MM for one in quarters):
        return "Rain or snow"
    water = sum(one.precipitation or 0.0 for one in quarters)
    snow = _WATER_PER_SNOW * sum(one.snowfall or 0.0 for one in quarters)
    return "Snow" if snow >= _MOSTLY * water else "Rain and snow" if snow > 0 else "Rain"
