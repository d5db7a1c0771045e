"""The lines of a mail, as they are read."""

from typing import Final, NamedTuple

DEEPEST: Final = 9
"""Levels of quotes that are distinguished."""


class Line(NamedTuple):
    """A line of a mail.

    Attributes:
        text: its words, without the marks of a quote.
        depth: how many quotes it stands in: the number of ``>`` before it.
        is_history: the mail program marked it as quoted history.
    """

    text: str
    depth: int = 0
    is_history: bool = False

    @property
    def shown(self) -> str:
        """The line as in a mail of plain text."""
        return f"{'>' * self.depth} {self.text}".rstrip() if self.depth else self.text


def plain_lines(text: str) -> list[Line]:
    """The lines of a mail of plain text."""
    lines: list[Line] = []
    for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        rest, depth = line, 0
        while rest.startswith(">"):
            rest, depth = rest[1:].removeprefix(" "), depth + 1
            if depth == DEEPEST:
                break
        lines.append(Line(rest, depth))
    return lines
