"""The plot of a run: the processor time of a call by workload and server, as bars in an SVG."""

from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Final

from .report import Bars

_WIDTH: Final = 760
_LEFT: Final = 210
_RIGHT: Final = 90
_BAR: Final = 16
_ROW: Final = 22
_TITLE: Final = 34
_OURS: Final = "#2f6fab"
_OTHER: Final = "#9a9a9a"
_STYLE: Final = "text { font: 12px system-ui, sans-serif; fill: #777 } .title { font-weight: 600 }"


def draw(bars: Mapping[str, Bars], path: Path) -> None:
    """Write the plot. Each workload has a scale of its own."""
    parts, y = [], 8
    for workload, rows in bars.items():
        y += _TITLE - _ROW
        parts.append(f'<text class="title" x="0" y="{y + 12}">{escape(workload)}: CPU µs per call</text>')
        y += _ROW
        longest = max(value for _, value, _ in rows)
        for label, value, ours in sorted(rows, key=lambda row: row[1]):
            width = max(1.0, value / longest * (_WIDTH - _LEFT - _RIGHT))
            middle = y + _BAR - 4
            parts.append(f'<text x="{_LEFT - 8}" y="{middle}" text-anchor="end">{escape(label)}</text>')
            colour = _OURS if ours else _OTHER
            parts.append(f'<rect x="{_LEFT}" y="{y}" width="{width:.1f}" height="{_BAR}" fill="{colour}"/>')
            parts.append(f'<text x="{_LEFT + width + 6:.1f}" y="{middle}">{value:.0f}</text>')
            y += _ROW
    size = f'width="{_WIDTH}" height="{y + 8}" viewBox="0 0 {_WIDTH} {y + 8}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label="CPU per call">'
    path.write_text("\n".join([head, f"<style>{_STYLE}</style>", *parts, "</svg>", ""]), encoding="utf-8")
