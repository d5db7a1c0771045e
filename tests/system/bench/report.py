"""The result of a run: tables for the terminal and for the page, and bars for the plot."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from .measure import Figures

Bars = list[tuple[str, float, bool]]
"""Label, value, and whether it is the project's."""


@dataclass(frozen=True)
class Table:
    """One table.

    Attributes:
        notes: sentences below the title.
        rows: the first cell is text, the others are figures.
    """

    title: str
    notes: Sequence[str]
    header: Sequence[str]
    rows: Sequence[Sequence[str]]

    def text(self) -> str:
        """For a terminal."""
        widths = [max(map(len, column)) for column in zip(self.header, *self.rows, strict=True)]
        lines = ["", self.title, *(f"  {note}" for note in self.notes)]
        for row in (self.header, *self.rows):
            first, *others = [
                cell.ljust(width) if index == 0 else cell.rjust(width)
                for index, (cell, width) in enumerate(zip(row, widths, strict=True))
            ]
            lines.append("  " + "  ".join([first, *others]))
        return "\n".join(lines)

    def markdown(self) -> str:
        """For the page."""
        rules = ["---", *["---:"] * (len(self.header) - 1)]
        rows = [f"| {' | '.join(row)} |" for row in (self.header, rules, *self.rows)]
        return "\n\n".join([f"## {self.title}", *(["\n".join(self.notes)] if self.notes else []), "\n".join(rows)])


@dataclass
class Report:
    """What a run found, printed as it is found."""

    tables: list[Table] = field(default_factory=list)
    bars: dict[str, Bars] = field(default_factory=dict)
    """By workload, for the plot: microseconds of processor time a call."""

    def add(self, table: Table) -> None:
        """Print a table and keep it."""
        print(table.text(), flush=True)
        self.tables.append(table)


def comparison(
    title: str,
    figures: Mapping[str, Figures],
    ours: str,
    *,
    unit: str = "call",
    notes: Sequence[str] = (),
    silent: Sequence[str] = (),
) -> Table:
    """Servers with one workload, with ours as the measure.

    Args:
        ours: the label of ours.
        unit: what is counted.
        silent: labels of the servers that do not speak the revision.
    """
    header = [
        "server",
        f"CPU µs/{unit}",
        f"{unit}s/s per core",
        "ours, by CPU",
        f"{unit}s/s",
        f"ours, by {unit}s/s",
        "p50 ms",
        "p99 ms",
    ]
    own = figures[ours]
    rows = [
        [
            label,
            f"{one.cpu:.0f}",
            f"{1e6 / one.cpu:.0f}",
            "" if label == ours else f"{one.cpu / own.cpu:.2f} x",
            f"{one.rate:.0f}",
            "" if label == ours else f"{own.rate / one.rate:.2f} x",
            f"{one.p50:.2f}",
            f"{one.p99:.2f}",
        ]
        for label, one in figures.items()
    ]
    rows += [[label, "does not speak it", *[""] * (len(header) - 2)] for label in silent]
    return Table(title, notes, header, rows)


def bars(figures: Mapping[str, Figures], ours: str) -> Bars:
    """The processor time of each server."""
    return [(label, one.cpu, label == ours) for label, one in figures.items()]
