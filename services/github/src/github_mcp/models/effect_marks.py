"""The effect id that this server leaves in texts at GitHub: an HTML comment at the end, which Markdown does not show.

It is not shown to clients either, and it stays where a text is written back: a later attempt finds the write by it.
"""

import re
from typing import Final

_BEGINNING: Final = "<!-- fleet-write:"
_MARK: Final = re.compile(r"<!-- fleet-write:[0-9a-f]{24} -->\s*")


def marked(text: str, effect_id: str) -> str:
    """A text followed by an effect id."""
    mark = f"{_BEGINNING}{effect_id} -->"
    return f"{text}\n\n{mark}" if text else mark


def split_mark(text: str) -> tuple[str, str]:
    """A text, and the mark at its end with the empty line before it; an empty mark if there is none."""
    start = text.rfind(_BEGINNING)
    if start < 0 or not _MARK.fullmatch(text, start):
        return text, ""
    for _ in range(2):
        start -= 2 if text.endswith("\r\n", 0, start) else text.endswith("\n", 0, start)
    return text[:start], text[start:]


def without_mark(text: str) -> str:
    """A text as it is shown."""
    return split_mark(text)[0]


def with_mark(text: str, mark: str) -> str:
    """A text followed by the mark of the text that it replaces, after an empty line: a mark at the end of a line would
    keep a fence of code from ending there."""
    return f"{text}\n\n{mark}" if text and mark.startswith(_BEGINNING) else text + mark
