"""Excerpts of long texts, cut at a line break, with the line number to continue from."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from pydantic_core import to_json

BUDGET: Final = 40 * 1024
"""Bytes of one text in a result, JSON-encoded."""


@dataclass(frozen=True, slots=True)
class Part:
    """Consecutive lines of a text.

    Attributes:
        first, last: numbers of the lines shown, from 1; last is less than first if there are none.
        total: number of lines of the whole text.
    """

    text: str
    first: int
    last: int
    total: int

    @property
    def is_cut(self) -> bool:
        return self.first > 1 or self.last < self.total

    def after(self, left_out: int) -> "Part":
        """The same part of a text with `left_out` more lines in front."""
        return replace(self, first=self.first + left_out, last=self.last + left_out, total=self.total + left_out)

    def notice(self, next_step: str) -> str | None:
        """Which lines are shown and, as `next_step`, how to read the others; None if all are shown."""
        if not self.is_cut:
            return None
        if self.first > self.total:
            return f"[from_line is too large: the text has {self.total} lines]"
        return f"[cut: lines {self.first} to {self.last} of {self.total}; {next_step}]"


def part_from(text: str, first: int, budget: int = BUDGET) -> Part:
    """As many whole lines from number `first` as fit the budget; a line longer than the budget is cut."""
    lines = text.splitlines(keepends=True)
    chosen = _fitting(lines[first - 1 :], budget)
    return Part("".join(chosen), first, first - 1 + len(chosen), len(lines))


def part_until(lines: Sequence[str], last: int, most: int, budget: int = BUDGET) -> Part:
    """The lines up to number `last`: at most `most` of them, and as many as fit the budget."""
    chosen = _fitting(list(reversed(lines[max(last - most, 0) : last])), budget)
    return Part("".join(reversed(chosen)), last - len(chosen) + 1, last, len(lines))


def _fitting(lines: Sequence[str], budget: int) -> list[str]:
    chosen: list[str] = []
    for line in lines:
        size = len(to_json(line))
        if size > budget and not chosen:
            return [line[: budget // 6]]  # JSON needs at most six bytes for one character
        budget -= size
        if budget < 0:
            break
        chosen.append(line)
    return chosen
