"""Long texts, shown in part: cut between two lines, with the number of the line to go on with."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from pydantic_core import to_json

BUDGET: Final = 40 * 1024
"""Bytes of one text in a result, as JSON writes them."""


@dataclass(frozen=True, slots=True)
class Part:
    """Some lines of a text.

    Attributes:
        first, last: numbers of the lines shown, from 1; last is below first where there are none.
        total: how many there are.
    """

    text: str
    first: int
    last: int
    total: int

    @property
    def is_cut(self) -> bool:
        """Whether something was left out."""
        return self.first > 1 or self.last < self.total

    def after(self, left_out: int) -> "Part":
        """The same, of a text that has so many more lines in front."""
        return replace(self, first=self.first + left_out, last=self.last + left_out, total=self.total + left_out)

    def notice(self, way_on: str) -> str | None:
        """A sentence on what was left out; `way_on` ends it."""
        if not self.is_cut:
            return None
        if self.first > self.total:
            return f"[there are only {self.total} lines]"
        return f"[cut: lines {self.first} to {self.last} of {self.total}; {way_on}]"


def part_from(text: str, first: int, budget: int = BUDGET) -> Part:
    """As many whole lines from number `first` as the budget holds; a line longer than all of it is cut inside."""
    lines = text.splitlines(keepends=True)
    chosen = _fitting(lines[first - 1 :], budget)
    return Part("".join(chosen), first, first - 1 + len(chosen), len(lines))


def part_until(lines: Sequence[str], last: int, most: int, budget: int = BUDGET) -> Part:
    """The lines that end with number `last`: at most so many, and as many as the budget holds."""
    chosen = _fitting(list(reversed(lines[max(last - most, 0) : last])), budget)
    return Part("".join(reversed(chosen)), last - len(chosen) + 1, last, len(lines))


def _fitting(lines: Sequence[str], budget: int) -> list[str]:
    chosen: list[str] = []
    for line in lines:
        size = len(to_json(line))
        if size > budget and not chosen:
            return [line[: budget // 6]]  # six bytes are the most that JSON needs for one character
        budget -= size
        if budget < 0:
            break
        chosen.append(line)
    return chosen
