"""Excerpts of long texts, cut at a line break, with the line number to continue from."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from pydantic_core import to_json

from servicekit.schema import show_verbatim

BUDGET: Final = 40 * 1024
"""Bytes of one text in a result, JSON-encoded."""
_LARGEST: Final = 13
"""Most bytes that one character takes in a result; six without marks."""
_STEP: Final = 64 * 1024


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
    start = _start_of_line(text, first)
    # Every character takes a byte or more: what does not fit is never split into lines.
    chosen = _fitting(lines_of(text[start : start + budget + 1]), budget)
    return Part("".join(chosen), first, first - 1 + len(chosen), number_of_lines(text))


def part_until(lines: Sequence[str], last: int, most: int, budget: int = BUDGET) -> Part:
    """The lines up to number `last`: at most `most` of them, and as many as fit the budget."""
    chosen = _fitting(list(reversed(lines[max(last - most, 0) : last])), budget)
    return Part("".join(reversed(chosen)), last - len(chosen) + 1, last, len(lines))


def shown_size(text: str) -> int:
    """Bytes of a text as a result shows it: with the marks of invisible characters, JSON-encoded."""
    return len(to_json(show_verbatim(text)))


def _fitting(lines: Sequence[str], budget: int) -> list[str]:
    chosen: list[str] = []
    for line in lines:
        size = shown_size(line)
        if size > budget and not chosen:
            return [line[: budget // (6 if shown_size(line[: budget // 6]) <= budget else _LARGEST)]]
        budget -= size
        if budget < 0:
            break
        chosen.append(line)
    return chosen


def lines_of(text: str) -> list[str]:
    """The lines with their endings. Only a line feed ends a line, as in git: no form feed and no U+2028."""
    lines = [f"{line}\n" for line in text.split("\n")]
    last = lines.pop()[:-1]
    return [*lines, last] if last else lines


def number_of_lines(text: str) -> int:
    """The number of lines."""
    return text.count("\n") + (not text.endswith("\n") and text != "")


def _start_of_line(text: str, number: int) -> int:
    """The position at which a line begins; the end of the text if it has fewer lines."""
    position, left = 0, number - 1
    while position < len(text) and (passed := text.count("\n", position, position + _STEP)) < left:
        position, left = position + _STEP, left - passed
    for _ in range(left if position < len(text) else 0):
        position = text.index("\n", position) + 1
    return min(position, len(text))
