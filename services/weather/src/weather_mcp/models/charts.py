"""What charts show: curves and bars by the hour, in the units of the result, and the same in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import quantiles
from typing import Final, Literal

from weather_mcp.models.agreement import Members
from weather_mcp.models.elements import Air, Sea
from weather_mcp.models.forecasts import Hour
from weather_mcp.models.units import Units

Colour = Literal["warm", "rain", "wind", "sea", "air", "sun"]
Values = Sequence[float | None]
_TENTHS: Final = 10
AIR_BANDS: Final = ((0, "good"), (20, "fair"), (40, "moderate"), (60, "poor"), (80, "very poor"), (100, "extreme"))
"""Lower end and name of the bands of the European air quality index (EEA)."""


@dataclass(frozen=True, slots=True)
class Curve:
    """One value by the hour.

    Attributes:
        name: what it is, in words.
        as_bars: bars from zero, each over the hour before its time.
        is_faint: a thin dashed line beside a main one.
        least_top: the axis reaches at least this value.
    """

    name: str
    unit: str
    colour: Colour
    values: Values
    as_bars: bool = False
    is_faint: bool = False
    least_top: float = 0.0


@dataclass(frozen=True, slots=True)
class Panel:
    """Curves over one axis on the left, and one on the right.

    Attributes:
        low, high: a range around the first curve, such as of an ensemble.
        limits: horizontal lines with their names, such as freezing.
        is_open: the axis need not begin at zero.
    """

    curves: Sequence[Curve]
    right: Curve | None = None
    low: Values = ()
    high: Values = ()
    limits: Sequence[tuple[float, str]] = ()
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture: panels over the same hours.

    Attributes:
        is_day: whether each hour is; empty if unknown.
        marked: stretches of time to point out.
    """

    title: str
    times: Sequence[datetime]
    panels: Sequence[Panel]
    is_day: Sequence[bool | None] = ()
    marked: Sequence[tuple[datetime, datetime]] = ()

    @property
    def words(self) -> str:
        """The chart in words, for those who do not see it."""
        first, last = self.times[0].date(), self.times[-1].date()
        every = [one for panel in self.panels for one in (*panel.curves, panel.right) if one is not None]
        said = "; ".join(_in_words(one) for one in every if not one.is_faint)
        ranges = " The band holds eight of ten models." if any(panel.low for panel in self.panels) else ""
        marks = "".join(f" Marked: {begin:%a %H:%M} to {end:%a %H:%M}." for begin, end in self.marked)
        gaps = " Some hours are unknown." if any(None in one.values for one in every) else ""
        return f"Chart by the hour from {first} to {last}: {said}.{ranges}{marks}{gaps}"


def forecast_chart(
    title: str,
    hours: Sequence[Hour],
    units: Units,
    members: Sequence[Members] = (),
    marked: Sequence[tuple[datetime, datetime]] = (),
) -> Chart:
    """Temperature with its range, precipitation and wind; `hours` are in `units`, `members` metric."""
    spread = {one.time: [units.show(value, "temperature") for value in _outer(one.temperature)] for one in members}
    ends = [spread.get(hour.time) for hour in hours]
    known = any(ends)
    freezing = units.show(0.0, "temperature") or 0.0
    temperature = Panel(
        curves=(
            Curve("temperature", units.temperature, "warm", [hour.temperature for hour in hours]),
            Curve("feels like", units.temperature, "warm", [hour.feels_like for hour in hours], is_faint=True),
        ),
        low=[one[0] if one else None for one in ends] if known else (),
        high=[one[1] if one else None for one in ends] if known else (),
        limits=((freezing, "freezing"),),
        is_open=True,
    )
    rain_unit = f"{units.precipitation}/h"
    rain = Curve(
        "rain or snow", rain_unit, "rain", [hour.precipitation for hour in hours], as_bars=True,
        least_top=units.show(2.0, "precipitation") or 0.0,
    )  # fmt: skip
    wind = Curve("wind", units.wind, "wind", [hour.wind for hour in hours], least_top=units.show(40.0, "wind") or 0.0)
    days = [hour.is_day for hour in hours]
    return Chart(title, [hour.time for hour in hours], (temperature, Panel((rain,), wind)), days, marked)


def sea_chart(title: str, hours: Sequence[Sea], units: Units) -> Chart:
    """Waves and swell, and the period of waves with the temperature of the water."""
    waves = Panel(
        (
            Curve("waves", "m", "sea", [hour.wave_height_m for hour in hours], least_top=1.0),
            Curve("swell", "m", "sea", [hour.swell_height_m for hour in hours], is_faint=True),
        )
    )
    period = Curve("wave period", "s", "wind", [hour.wave_period_s for hour in hours], least_top=8.0)
    water = Curve("water", units.temperature, "warm", [hour.water_temperature for hour in hours])
    return Chart(title, [hour.time for hour in hours], (waves, Panel((period,), water)))


def air_chart(title: str, hours: Sequence[Air]) -> Chart:
    """The European index with its bands, and the UV index with fine dust."""
    index = Panel(
        (Curve("European air quality index", "", "air", [hour.european_aqi for hour in hours], least_top=45.0),),
        limits=AIR_BANDS[1:],
    )
    sun = Curve("UV index", "", "sun", [hour.uv_index for hour in hours], as_bars=True, least_top=6.0)
    dust = Curve("PM2.5", "µg/m³", "wind", [hour.pm2_5_ug_m3 for hour in hours], least_top=15.0)
    return Chart(title, [hour.time for hour in hours], (index, Panel((sun,), dust)))


def _outer(values: Sequence[float]) -> tuple[float, float]:
    """The 10th and 90th percentile."""
    tenths = quantiles(values, n=_TENTHS)
    return tenths[0], tenths[-1]


def _in_words(curve: Curve) -> str:
    known = [value for value in curve.values if value is not None]
    if not known:
        return f"{curve.name} unknown"
    unit = f" {curve.unit}" if curve.unit else ""
    if curve.as_bars:
        return f"{curve.name} up to {round(max(known), 2):g}{unit}"
    return f"{curve.name} between {round(min(known), 1):g} and {round(max(known), 1):g}{unit}"
