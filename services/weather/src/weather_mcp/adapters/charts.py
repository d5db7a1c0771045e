"""Charts by matplotlib, from the `charts` extra. Drawn in a thread, so without pyplot and its global state.

A chart is a white card with transparent corners, so that it is readable on light and dark pages.
"""

import asyncio
from collections.abc import Sequence
from importlib.util import find_spec
from io import BytesIO
from itertools import groupby
from typing import TYPE_CHECKING, Final

from weather_mcp.adapters.panels import CARD, GRID, INK, QUIET, draw_panel, plain
from weather_mcp.models.charts import Chart

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_EDGE: Final = "#cbd2d9"
_NIGHT, _MARK = "#f1f4f8", "#2f9e5f"
_SIZE: Final = (10.0, 5.6)  # inches
_DOTS: Final = 120  # per inch
_LEFT: Final = 0.062  # of the width, and the same on the right
_DAY: Final = 24  # hours
_FEW: Final = 3 * _DAY  # up to this many, hours have labels


class HourlyCharts:
    """Draws charts by the hour."""

    def __init__(self) -> None:
        self._slot = asyncio.Semaphore(1)  # a chart uses one core for a fraction of a second

    @property
    def available(self) -> bool:
        """Whether matplotlib is installed."""
        return find_spec("matplotlib") is not None

    async def draw(self, chart: Chart, source: str) -> bytes:
        """A PNG, 1200 by 672."""
        async with self._slot:
            return await asyncio.to_thread(_draw, chart, source)


def _draw(chart: Chart, source: str) -> bytes:
    from matplotlib.figure import Figure

    figure = Figure(figsize=_SIZE, dpi=_DOTS, facecolor="none")
    _card(figure)
    above, below = figure.subplots(2, 1, sharex=True, gridspec_kw={"height_ratios": (2.1, 1), "hspace": 0.26})
    for axes, panel in zip((above, below), chart.panels, strict=True):
        plain(axes)
        _nights(axes, chart.is_day)
        _marks(axes, chart)
        draw_panel(axes, panel)
    above.tick_params(axis="x", which="both", length=0, labelbottom=False)
    _days(above, below, chart)
    figure.suptitle(chart.title, x=_LEFT, y=0.955, ha="left", fontsize=15, fontweight="bold", color=INK)
    figure.text(_LEFT, 0.03, source, fontsize=8, color=QUIET, ha="left")
    figure.subplots_adjust(left=_LEFT, right=1 - _LEFT, top=0.83, bottom=0.16)
    out = BytesIO()
    figure.savefig(out, format="png")
    return out.getvalue()


def _card(figure: "Figure") -> None:
    from matplotlib.patches import FancyBboxPatch

    width, height = _SIZE
    card = FancyBboxPatch(
        (0.02, 0.02), width - 0.04, height - 0.04, boxstyle="round,pad=0,rounding_size=0.16", linewidth=1,
        facecolor=CARD, edgecolor=_EDGE, transform=figure.dpi_scale_trans, zorder=-1,
    )  # fmt: skip
    figure.patches.append(card)


def _nights(axes: "Axes", is_day: Sequence[bool | None]) -> None:
    x = 0
    for day, group in groupby(is_day):
        begin, x = x, x + len([*group])
        if day is False:
            axes.axvspan(begin - 0.5, x - 0.5, color=_NIGHT, linewidth=0, zorder=0)


def _marks(axes: "Axes", chart: Chart) -> None:
    """Stretches of time to point out: green, with their edges."""
    for begin, end in chart.marked:
        inside = [x for x, time in enumerate(chart.times) if begin <= time <= end]
        if inside:
            axes.axvspan(inside[0], inside[-1], facecolor=_MARK, alpha=0.17, linewidth=0, zorder=0.3)
            for x in (inside[0], inside[-1]):
                axes.axvline(x, color=_MARK, linewidth=1.2, zorder=0.6)


def _days(above: "Axes", below: "Axes", chart: Chart) -> None:
    hours = chart.times
    midnights, *parts = ([x for x, time in enumerate(hours) if time.hour == clock] for clock in (0, 6, 12, 18))
    below.set_xlim(-0.5, len(hours) - 0.5)
    days = {x: f"{hours[x]:%a} {hours[x].day}" for x in parts[1]}
    if len(hours) <= _FEW:
        days = {x: f"{hours[x]:%H:%M}" for part in (midnights, *parts) for x in part} | {
            x: f"{hours[x]:%H:%M}\n{label}" for x, label in days.items()
        }
    below.set_xticks([*days], [*days.values()])
    for axes in (above, below):
        for x in midnights:
            axes.axvline(x, color=GRID, linewidth=0.8, zorder=0.5)
    below.tick_params(axis="x", which="both", length=0, pad=6, labelcolor=INK, labelsize=10)
