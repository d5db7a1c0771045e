"""Titles and names in the lines of a preview. Their authors are outside, and must not add to what a line says."""

from typing import Final

_LONGEST: Final = 60


def quoted(text: str) -> str:
    """A title or name as one short line in quotation marks, which it cannot end."""
    line = " ".join(text.split()).translate(_QUOTATION_MARKS)
    return f'"{line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"}"'


_QUOTATION_MARKS: Final = str.maketrans(dict.fromkeys('"“”„‟″＂', "'"))
