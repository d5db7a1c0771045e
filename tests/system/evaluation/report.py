"""The figures of a run: a table for the terminal and the page, and the recorded bar."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from devkit.settings import WORKSPACE

from .entries import HERE, PARTS, Entry
from .measures import Figure, Place, figure

BAR: Final = HERE / "bar.json"
PAGE: Final = WORKSPACE / "docs" / "finding-tools.md"
MARGIN: Final = 0.05
"""What a share may lose against the bar: the words of every other tool move the ranks of a tool a little."""

Figures = Mapping[str, Mapping[str, Figure]]
"""By scope and measure, then by group of requests."""

_INTRODUCTION: Final = """# Finding the right tool

Clients with many tools search them by words or by meaning. `make evaluate` measures how often the right tool comes
first, and how often it is among the first three (first / first three, in percent of the requests). The requests are in
users' words, and a client has the default lists, with the toolset of the right tool where that is another. {hard} of
{of} requests are hard: typos, other languages, words of another tool, or indirect wording. The unseen part was kept
from the writers of the descriptions.

- BM25 compares words: the tool's name, title and description, with or without the names and descriptions of its
  arguments.
- The embedding compares meanings, with all-MiniLM-L6-v2: a small English model, so other languages are hard for it.
- Both: reciprocal rank fusion of BM25 and the embedding, with arguments.

`make evaluate WRITE=yes` writes this page and the bar in `tests/system/evaluation/bar.json`. `make evaluate` fails when
a figure of all requests, of a part or of a server falls below the bar by more than {margin} points. The other groups
are small, so they are only shown.
"""


def figures_of(found: Sequence[Place]) -> dict[str, Figure]:
    """The figures of each group of requests that a table shows."""
    groups: dict[str, list[Place]] = {}
    for place in found:
        for group in _groups(place.entry):
            groups.setdefault(group, []).append(place)
    return {name: figure(groups[name]) for name in _in_order(groups)}


def table(title: str, rows: Mapping[str, Mapping[str, Figure]]) -> str:
    """One row for each group, one column for each measure, in Markdown."""
    groups = list(next(iter(rows.values())))
    lines = [
        f"## {title}",
        "",
        f"| requests | number | {' | '.join(rows)} |",
        f"|---|---:|{'---:|' * len(rows)}",
        *(
            f"| {group} | {next(iter(rows.values()))[group].of} | "
            + " | ".join(_percent(row[group]) for row in rows.values())
            + " |"
            for group in groups
        ),
    ]
    return "\n".join(lines)


def page(figures: Mapping[str, Figures]) -> str:
    """The documentation page."""
    some = next(iter(next(iter(figures.values())).values()))
    hard = sum(some[f"{part}, hard"].of for part in PARTS)
    introduction = _INTRODUCTION.format(hard=hard, of=some["all"].of, margin=round(100 * MARGIN))
    return introduction + "".join(f"\n{table(title, rows)}\n" for title, rows in figures.items())


def write(figures: Mapping[str, Figures]) -> None:
    """Record the figures as the bar, and write the page."""
    rows = {
        scope: {
            measure: {group: [one.first, one.third, one.of] for group, one in groups.items()}
            for measure, groups in measured.items()
        }
        for scope, measured in figures.items()
    }
    text = re.sub(r"\[\s+(\d+),\s+(\d+),\s+(\d+)\s+\]", r"[\1, \2, \3]", json.dumps(rows, indent=2))
    BAR.write_text(text + "\n", encoding="utf-8")
    PAGE.write_text(page(figures), encoding="utf-8")


def read_bar(path: Path = BAR) -> dict[str, Figures]:
    """The recorded figures."""
    return {
        scope: {
            measure: {group: Figure(*counts) for group, counts in groups.items()}
            for measure, groups in measured.items()
        }
        for scope, measured in json.loads(path.read_text(encoding="utf-8")).items()
    }


def below(figures: Mapping[str, Figures], bar: Mapping[str, Figures]) -> Iterator[str]:
    """A line for each figure of a large group that is below the bar or was not measured."""
    for scope, measured in bar.items():
        for measure, groups in measured.items():
            for group, wanted in groups.items():
                if "," in group:  # a part of a part: too few requests for a bar
                    continue
                now = figures.get(scope, {}).get(measure, {}).get(group)
                if now is None:
                    yield f"{scope}, {measure}, {group}: not measured. Record the bar again with WRITE=yes."
                elif now.falls_below(wanted, MARGIN):
                    yield f"{scope}, {measure}, {group}: {_percent(now)} %, recorded {_percent(wanted)} %."


def _groups(entry: Entry) -> tuple[str, ...]:
    ease = "hard" if entry.hard else "plain"
    return "all", entry.part, f"{entry.part}, {ease}", entry.server, f"{entry.server}, {entry.part}"


def _in_order(groups: Iterable[str]) -> list[str]:
    first = ["all", *(f"{part}{ease}" for part in PARTS for ease in ("", ", plain", ", hard"))]
    return [*first, *sorted(set(groups) - set(first))]


def _percent(one: Figure) -> str:
    return f"{100 * one.first / one.of:.0f} / {100 * one.third / one.of:.0f}"
