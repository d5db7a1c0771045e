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
        total: number of lines of the whole text, or of its known beginning.
        is_broken: the only line shown is longer than the budget, and cut.
        is_open: further lines follow the known ones.
    """

    text: str
    first: int
    last: int
    total: int
    is_broken: bool = False
    is_open: bool = False

    @property
    def is_cut(self) -> bool:
        return self.first > 1 or self.last < self.total or self.is_broken or self.is_open

    def after(self, left_out: int) -> "Part":
        """The same part of a text with `left_out` more lines in front."""
        return replace(self, first=self.first + left_out, last=self.last + left_out, total=self.total + left_out)

    def notice(self, next_step: str) -> str | None:
        """Which lines are shown and, as `next_step`, how to read the others; None if all are shown."""
        if not self.is_cut:
            return None
        if self.first > self.total and not self.is_open:
            return f"[from_line is too large: the text has {self.total} lines]"
        of = "" if self.is_open else f" of {self.total}"
        if self.is_broken:
            return f"[cut: the beginning of line {self.first}{of}, which is too long to show; {next_step}]"
        return f"[cut: lines {self.first} to {self.last}{of}; {next_step}]"


def part_from(text: str, first: int, budget: int = BUDGET, last: int | None = None) -> Part:
    """As many whole lines from number `first` to `last` as fit the budget; a line longer than the budget is cut."""
    start = start_of_line(text, first)
    # Every character takes a byte or more: what does not fit is never split into lines.
    lines = lines_of(text[start : start + budget + 1])
    chosen, is_broken = _fitting(lines if last is None else lines[: max(last - first + 1, 0)], budget)
    return Part("".join(chosen), first, first - 1 + len(chosen), number_of_lines(text), is_broken)


def part_until(lines: Sequence[str], last: int, most: int, budget: int = BUDGET) -> Part:
    """The lines up to number `last`: at most `most` of them, and as many as fit the budget."""
    chosen, is_broken = _fitting(list(reversed(lines[max(last - most, 0) : last])), budget)
    return Part("".join(reversed(chosen)), last - len(chosen) + 1, last, len(lines), is_broken)


def shown_size(text: str) -> int:
    """Bytes of a text as a result shows it: with the marks of invisible characters, JSON-encoded."""
    return len(to_json(show_verbatim(text)))


def _fitting(lines: Sequence[str], budget: int) -> tuple[list[str], bool]:
    """The first lines that fit, and whether the only one is cut."""
    chosen: list[str] = []
    for line in lines:
        size = shown_size(line)
        if size > budget and not chosen:
            return [line[: budget // (6 if shown_size(line[: budget // 6]) <= budget else _LARGEST)]], True
        budget -= size
        if budget < 0:
            break
        chosen.append(line)
    return chosen, False


def lines_of(text: str) -> list[str]:
    """The lines with their endings. Only a line feed ends a line, as in git: no form feed and no U+2028."""
    lines = [f"{line}\n" for line in text.split("\n")]
    last = lines.pop()[:-1]
    return [*lines, last] if last else lines


def number_of_lines(text: str) -> int:
    """The number of lines."""
    return text.count("\n") + (not text.endswith("\n") and text != "")


def start_of_line(text: str, number: int) -> int:
    """The position at which a line begins; the end of the text if it has fewer lines."""
    position, left = 0, number - 1
    while position < len(text) and (passed := text.count("\n", position, position + _STEP)) < left:
        position, left = position + _STEP, left - passed
    for _ in range(left if position < len(text) else 0):
        position = text.index("\n", position) + 1
    return min(position, len(text))
