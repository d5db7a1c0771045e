"""The lines of a file's patch that a review can comment on."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

_HUNK: Final = re.compile(r"^@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@")
_NAMED: Final = 3
"""Ranges of lines that a refusal names."""


@dataclass(frozen=True, slots=True)
class DiffLines:
    """The commentable lines of one file: one set of line numbers for each hunk of its patch.

    Attributes:
        left: lines of the old file: removed ones and context.
        right: lines of the new file: added ones and context.
    """

    left: list[range]
    right: list[range]

    def hunk(self, line: int, side: str) -> int | None:
        """The number of the hunk that shows a line; None if no hunk does."""
        hunks = self.left if side == "LEFT" else self.right
        return next((number for number, lines in enumerate(hunks) if line in lines), None)

    def nearest(self, line: int, side: str) -> str:
        """The ranges of lines nearest to `line`, in ascending order: ``3-9 and 20-26``. Empty if there are none."""
        hunks = [lines for lines in (self.left if side == "LEFT" else self.right) if lines]
        chosen = sorted(hunks, key=lambda lines: min(abs(line - lines[0]), abs(line - lines[-1])))[:_NAMED]
        words = [_words(lines) for lines in sorted(chosen, key=lambda lines: lines[0])]
        return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def diff_lines(patch: str) -> DiffLines:
    """Read a patch as GitHub sends it for one file.

    The lines of a hunk are consecutive on both sides: added lines count on the right, removed ones on the left, and
    context on both.
    """
    left: list[range] = []
    right: list[range] = []
    for line in patch.split("\n"):
        if (match := _HUNK.match(line)) is not None:
            old, new = int(match[1]), int(match[2])
            left.append(range(old, old))
            right.append(range(new, new))
        elif left and line[:1] in ("-", "+", " "):
            left[-1] = range(left[-1].start, left[-1].stop + (line[0] != "+"))
            right[-1] = range(right[-1].start, right[-1].stop + (line[0] != "-"))
    return DiffLines(left, right)


def end_of_hunk(hunk: str | None, most: int) -> str | None:
    """The last lines of a part of a diff."""
    return "\n".join(hunk.split("\n")[-most:]) if hunk else None


def fenced_suggestion(text: str) -> str:
    """A suggestion as GitHub's Markdown, in a fence longer than any run of backticks in it."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    content = text if not text or text.endswith("\n") else f"{text}\n"
    return f"{fence}suggestion\n{content}{fence}"


def joined(parts: Iterable[str | None]) -> str:
    """Texts with an empty line between them; None and empty ones are left out."""
    return "\n\n".join(part for part in parts if part)


def _words(lines: range) -> str:
    return f"{lines[0]}-{lines[-1]}" if len(lines) > 1 else f"{lines[0]}"
