"""Panels, and the few forms of PromQL that they are made of."""

from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal["timeseries", "state-timeline"]
Unit = Literal["reqps", "percentunit", "s", "short", "bytes", "none"]

DURATIONS: Final = "mcp_server_operation_duration_seconds"
SERVICE: Final = 'job=~"$service"'
CALLS: Final = f'{SERVICE}, mcp_method_name=~"tools/call|resources/read|prompts/get"'
TOOL: Final = f'{SERVICE}, gen_ai_tool_name=~"$tool", gen_ai_tool_name!=""'


@dataclass(frozen=True)
class Query:
    """PromQL, and how its series are called."""

    expression: str
    legend: str


@dataclass(frozen=True)
class Panel:
    """One panel.

    Attributes:
        width: of 24.
        stacked: the series add up to something.
        words: what a value is called, with its colour.
    """

    title: str
    meaning: str
    unit: Unit
    queries: tuple[Query, ...]
    width: int = 8
    kind: Kind = "timeseries"
    stacked: bool = False
    words: tuple[tuple[int, str, str], ...] = ()


@dataclass(frozen=True)
class Row:
    """Panels under one heading."""

    title: str
    panels: tuple[Panel, ...]


def panel(title: str, meaning: str, unit: Unit, *queries: Query, width: int = 8, stacked: bool = False) -> Panel:
    """Lines over time."""
    return Panel(title, meaning, unit, queries, width, stacked=stacked)


def states(title: str, meaning: str, query: Query, *words: tuple[int, str, str], width: int = 8) -> Panel:
    """What state something was in, over time."""
    return Panel(title, meaning, "none", (query,), width, "state-timeline", words=words)


def rate(metric: str, by: str, where: str = SERVICE) -> Query:
    """How often a second, added up by some labels."""
    return Query(f"sum by ({by}) (rate({metric}{{{where}}}[$__rate_interval]))", _legend(by))


def share(metric: str, by: str, where: str, part: str) -> Query:
    """Which share of the events `where` is also `part`: 0, and not nothing, while none ever was."""
    whole = rate(metric, by, where)
    some = rate(metric, by, f"{where}, {part}").expression
    return Query(f"({some} or 0 * {whole.expression}) / {whole.expression}", whole.legend)


def quantile(part: float, histogram: str, by: str, where: str = SERVICE) -> Query:
    """What all but a `part` of the values stay below."""
    buckets = rate(f"{histogram}_bucket", f"{by}, le", where).expression
    return Query(f"histogram_quantile({part}, {buckets})", f"{_legend(by)} p{part * 100:.0f}")


def now(function: Literal["sum", "min", "max"], metric: str, by: str, said: str = "") -> Query:
    """A gauge, brought together by some labels."""
    return Query(f"{function} by ({by}) ({metric}{{{SERVICE}}})", f"{_legend(by)} {said}".strip())


def _legend(by: str) -> str:
    return " ".join(f"{{{{{label}}}}}" for label in by.split(", "))
