"""Charts by matplotlib, from the `charts` extra. Drawn in a thread, so without pyplot and its global state."""

import asyncio
from collections.abc import Sequence
from importlib.util import find_spec
from io import BytesIO
from itertools import groupby
from math import nan
from typing import TYPE_CHECKING, Any, Final

from weather_mcp.models.forecasts import Hour
from weather_mcp.models.units import Units

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_INK, _QUIET, _GRID = "#1f2933", "#7b8794", "#e4e7eb"
_WARM, _RAIN, _WIND, _NIGHT = "#d64545", "#2b6cb0", "#52606d", "#f1f4f8"
_SIZE: Final = (10.0, 5.6)  # inches
_DOTS: Final = 120  # per inch
_LEFT: Final = 0.045  # of the width, and the same on the right
_DAY: Final = 24  # hours
_FEW: Final = 3 * _DAY  # up to this many, hours have labels
_LITTLE_RAIN, _LITTLE_WIND = 2.0, 40.0  # mm and km/h that an axis reaches at least
_HEADING: Final[dict[str, Any]] = {"fontsize": 9, "fontweight": "bold", "pad": 6}


class HourlyCharts:
    """Draws an hourly forecast: temperature above, precipitation and wind below."""

    def __init__(self) -> None:
        self._slot = asyncio.Semaphore(1)  # a chart uses one core for a fraction of a second

    @property
    def available(self) -> bool:
        """Whether matplotlib is installed."""
        return find_spec("matplotlib") is not None

    async def draw(self, title: str, hours: Sequence[Hour], units: Units, source: str) -> bytes:
        """A PNG, about 1200 by 670."""
        async with self._slot:
            return await asyncio.to_thread(_draw, title, hours, units, source)


def _draw(title: str, hours: Sequence[Hour], units: Units, source: str) -> bytes:
    from matplotlib.figure import Figure

    figure = Figure(figsize=_SIZE, dpi=_DOTS, facecolor="white")
    above, below = figure.subplots(2, 1, sharex=True, gridspec_kw={"height_ratios": (2.1, 1), "hspace": 0.2})
    for axes in (above, below):
        _plain(axes)
        _nights(axes, hours)
    _temperature(above, hours, units)
    _precipitation(below, hours, units)
    _days(below, hours)
    figure.suptitle(title, x=_LEFT, y=0.965, ha="left", fontsize=15, fontweight="bold", color=_INK)
    figure.text(_LEFT, 0.015, source, fontsize=8, color=_QUIET, ha="left")
    figure.subplots_adjust(left=_LEFT, right=1 - _LEFT, top=0.86, bottom=0.12)
    out = BytesIO()
    figure.savefig(out, format="png")
    return out.getvalue()


def _temperature(axes: "Axes", hours: Sequence[Hour], units: Units) -> None:
    axes.plot(
        _column(hours, "feels_like"), color=_WARM, linewidth=1, alpha=0.5, linestyle=(0, (3, 2)), label="feels like"
    )
    axes.plot(_column(hours, "temperature"), color=_WARM, linewidth=2.2, solid_capstyle="round", label="temperature")
    axes.set_title(f"Temperature, {units.temperature}", loc="left", **_HEADING, color=_WARM)
    axes.margins(y=0.2)
    freezing = 0 if units.temperature == "°C" else 32
    low, high = axes.get_ylim()
    if low < freezing < high:
        axes.axhline(freezing, color=_QUIET, linewidth=0.8)
    for start in range(0, len(hours), _DAY):
        _extremes(axes, hours, start)
    axes.tick_params(axis="x", which="both", length=0, labelbottom=False)
    axes.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=2, frameon=False, fontsize=9, labelcolor=_QUIET)


def _extremes(axes: "Axes", hours: Sequence[Hour], start: int) -> None:
    """Labels the highest and lowest temperature of a day if the curve turns there."""
    from matplotlib.patheffects import withStroke

    known = {x: hours[x].temperature for x in range(start, min(start + _DAY, len(hours)))}
    day = {x: value for x, value in known.items() if value is not None}
    for pick, offset, side in ((max, 7, "bottom"), (min, -7, "top")):
        x = pick(day, key=day.__getitem__, default=start)
        if start < x < start + _DAY - 1:
            axes.annotate(
                f"{day[x]:.0f}°".replace("-0°", "0°").replace("-", "−"),
                (x, day[x]),
                textcoords="offset points",
                xytext=(0, offset),
                ha="center",
                va=side,
                fontsize=9,
                color=_INK,
                path_effects=[withStroke(linewidth=3, foreground="white")],
            )


def _precipitation(axes: "Axes", hours: Sequence[Hour], units: Units) -> None:
    amounts = [hour.precipitation or 0.0 for hour in hours]
    axes.bar(range(len(hours)), amounts, width=-1.0, align="edge", color=_RAIN, zorder=2)  # of the hour before
    axes.set_ylim(0, max(units.show(_LITTLE_RAIN, "precipitation") or 0.0, 1.15 * max(amounts)))
    axes.set_title(f"Rain or snow, {units.precipitation}/h", loc="left", **_HEADING, color=_RAIN)
    beside = axes.twinx()
    _plain(beside)
    beside.grid(visible=False)
    beside.plot(_column(hours, "wind"), color=_WIND, linewidth=1.3)
    beside.set_ylim(0, max(units.show(_LITTLE_WIND, "wind") or 0.0, beside.get_ylim()[1] * 1.1))
    axes.set_title(f"Wind, {units.wind}", loc="right", **_HEADING, color=_WIND)


def _nights(axes: "Axes", hours: Sequence[Hour]) -> None:
    x = 0
    for is_day, group in groupby(hours, key=lambda hour: hour.is_day):
        begin, x = x, x + len([*group])
        if is_day is False:
            axes.axvspan(begin - 0.5, x - 0.5, color=_NIGHT, linewidth=0, zorder=0)


def _days(axes: "Axes", hours: Sequence[Hour]) -> None:
    midnights, *parts = ([x for x, hour in enumerate(hours) if hour.time.hour == clock] for clock in (0, 6, 12, 18))
    axes.set_xlim(-0.5, len(hours) - 0.5)
    days = {x: f"{hours[x].time:%a} {hours[x].time.day}" for x in parts[1]}
    if len(hours) <= _FEW:
        days = {x: f"{hours[x].time:%H:%M}" for part in (midnights, *parts) for x in part} | {
            x: f"{hours[x].time:%H:%M}\n{label}" for x, label in days.items()
        }
    axes.set_xticks([*days], [*days.values()])
    for x in midnights:
        axes.axvline(x, color=_GRID, linewidth=0.8, zorder=0.5)
    axes.tick_params(axis="x", which="both", length=0, pad=6, labelcolor=_INK, labelsize=10)


def _plain(axes: "Axes") -> None:
    for side in axes.spines.values():
        side.set_visible(False)
    axes.grid(visible=True, axis="y", color=_GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(axis="y", length=0, labelcolor=_QUIET, labelsize=9)


def _column(hours: Sequence[Hour], name: str) -> list[float]:
    """One field of every hour; unknown values leave a gap."""
    values = [getattr(hour, name) for hour in hours]
    return [nan if value is None else value for value in values]
