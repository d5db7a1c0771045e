"""Panels of a chart: curves, bars, ranges, limits and their axes."""

from math import nan
from typing import TYPE_CHECKING, Any, Final

from weather_mcp.models.charts import Curve, Panel, Values

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INK: Final = "#1f2933"
QUIET: Final = "#66727f"
GRID: Final = "#e4e7eb"
CARD: Final = "#ffffff"
_COLOURS: Final = {
    "warm": "#d64545", "rain": "#2b6cb0", "wind": "#52606d", "sea": "#0b7285", "air": "#6741d9", "sun": "#e8890c",
}  # fmt: skip
_DAY: Final = 24  # hours
_LEAST_SPAN: Final = 6.0
"""An open axis spans at least this much, so that a steady value looks steady."""
_HEADING: Final[dict[str, Any]] = {"fontsize": 10, "fontweight": "bold", "pad": 7}


def draw_panel(axes: "Axes", panel: Panel) -> None:
    main = panel.curves[0]
    colour = _COLOURS[main.colour]
    if panel.low:
        places = range(len(panel.low))
        low, high = _plot(panel.low), _plot(panel.high)
        axes.fill_between(places, low, high, color=colour, alpha=0.16, linewidth=0, label="8 of 10 models")
    for curve in panel.curves:
        _curve(axes, curve)
    _scale(axes, panel)
    for value, name in panel.limits:
        _limit(axes, value, name)
    if panel.is_open:
        for start in range(0, len(main.values), _DAY):
            _extremes(axes, main.values, start)
    axes.set_title(_heading(main), loc="left", **_HEADING, color=colour)
    if len(panel.curves) > 1 or panel.low:
        axes.legend(
            loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=3, frameon=False, fontsize=9, labelcolor=QUIET,
            borderaxespad=0.3, handlelength=1.6,
        )  # fmt: skip
    if panel.right is not None:
        beside = axes.twinx()
        plain(beside)
        beside.grid(visible=False)
        _curve(beside, panel.right)
        if panel.right.least_top:
            beside.set_ylim(0, max(panel.right.least_top, 1.1 * _top(panel.right.values)))
        else:
            _widen(beside)
        axes.set_title(_heading(panel.right), loc="right", **_HEADING, color=_COLOURS[panel.right.colour])


def _curve(axes: "Axes", curve: Curve) -> None:
    values, colour = _plot(curve.values), _COLOURS[curve.colour]
    if curve.as_bars:
        axes.bar(range(len(values)), values, width=-0.86, align="edge", color=colour, alpha=0.85, zorder=2)
    elif curve.is_faint:
        axes.plot(values, color=colour, linewidth=1, alpha=0.6, linestyle=(0, (3, 2)), label=curve.name)
    else:
        axes.plot(values, color=colour, linewidth=2.2, solid_capstyle="round", label=curve.name)
    if not curve.as_bars:
        alone = [x for x, value in enumerate(curve.values) if value is not None and _is_alone(curve.values, x)]
        size = 4 if curve.is_faint else 7
        axes.plot(alone, [values[x] for x in alone], "o", color=colour, markersize=size, clip_on=False, zorder=3)


def _scale(axes: "Axes", panel: Panel) -> None:
    if panel.is_open:
        axes.margins(y=0.2)
        _widen(axes)
    else:
        top = max(_top(curve.values) for curve in panel.curves)
        axes.set_ylim(0, max(panel.curves[0].least_top, 1.15 * top))
        if not panel.curves[0].as_bars:
            values, colour = _plot(panel.curves[0].values), _COLOURS[panel.curves[0].colour]
            axes.fill_between(range(len(values)), values, color=colour, alpha=0.08, linewidth=0)


def _widen(axes: "Axes") -> None:
    low, high = axes.get_ylim()
    middle = (low + high) / 2
    axes.set_ylim(min(low, middle - _LEAST_SPAN / 2), max(high, middle + _LEAST_SPAN / 2))


def _limit(axes: "Axes", value: float, name: str) -> None:
    low, high = axes.get_ylim()
    if low < value < high:
        axes.axhline(value, color=QUIET, linewidth=0.8, linestyle=(0, (1, 2)), zorder=1)
        axes.annotate(
            name, (0.997, value), xycoords=("axes fraction", "data"), xytext=(0, 2), textcoords="offset points",
            fontsize=8, color=QUIET, ha="right",
        )  # fmt: skip


def _extremes(axes: "Axes", values: Values, start: int) -> None:
    """Labels the highest and lowest value of a day if the curve turns there."""
    from matplotlib.patheffects import withStroke

    known = {x: values[x] for x in range(start, min(start + _DAY, len(values)))}
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
                color=INK,
                path_effects=[withStroke(linewidth=3, foreground=CARD)],
            )


def plain(axes: "Axes") -> None:
    axes.set_facecolor("none")
    for side in axes.spines.values():
        side.set_visible(False)
    axes.grid(visible=True, axis="y", color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(axis="y", length=0, labelcolor=QUIET, labelsize=9)


def _heading(curve: Curve) -> str:
    name = curve.name[0].upper() + curve.name[1:]
    return f"{name}, {curve.unit}" if curve.unit else name


def _top(values: Values) -> float:
    return max((value for value in values if value is not None), default=0.0)


def _is_alone(values: Values, x: int) -> bool:
    """Whether no line reaches a value, because its neighbours are unknown."""
    return all(values[beside] is None for beside in (x - 1, x + 1) if 0 <= beside < len(values))


def _plot(values: Values) -> list[float]:
    """Unknown values leave a gap."""
    return [nan if value is None else value for value in values]
