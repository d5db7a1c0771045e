"""Texts of a description as inert words: no markup, address, quote or code passes into generated files."""

import re
import unicodedata
from typing import Any, Final

from devkit.workspace.prose import RULES

MOST_WORDS: Final = 160
"""Columns of a description that a model reads about a tool."""
MOST_OF_ARGUMENT: Final = 80
_LONGEST_READ: Final = 5000
_LINK: Final = re.compile(r"\[([^\[\]]{0,200})\]\([^()]{0,500}\)")
_TAG: Final = re.compile(r"<[^<>]{0,500}>")
_ADDRESS: Final = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]{0,20}:)?//\S*|\bwww\.\S*|\S+@\S+")
_KEPT: Final = frozenset(" .,;()'%/+-:")
_PROSE: Final = tuple(re.compile(pattern, re.IGNORECASE) for pattern, _ in RULES)


def inert(text: Any, most: int = MOST_WORDS) -> str:
    """The beginning of a text as words on one line: its first sentences, or as many words as fit.

    Letters and digits of any script, and a few signs of punctuation, are kept. Links keep their words.

    Args:
        most: columns; a wide character takes two.

    Returns:
        Empty where no words are left, or where the workspace refuses their wording.
    """
    if not isinstance(text, str):
        return ""
    words: str = text[:_LONGEST_READ]
    for pattern, kept in ((_LINK, r"\1"), (_TAG, " "), (_ADDRESS, " ")):
        words = pattern.sub(kept, words)
    words = " ".join("".join(map(_kept, words)).split())
    words = re.sub(r"\s+([.,;:)])", r"\1", re.sub(r"([.,;:'/+-])\1+", r"\1", words))
    words = _cut(words.strip(" .,;:'/+-"), most)
    if not any(letter.isalpha() for letter in words) or any(pattern.search(words) for pattern in _PROSE):
        return ""
    return words


def width(text: str) -> int:
    """The columns of a text on a screen."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def _kept(letter: str) -> str:
    if letter.isspace():
        return " "
    return letter if letter in _KEPT or unicodedata.category(letter)[0] in "LN" else _without_form(letter)


def _without_form(letter: str) -> str:
    """Accents that stand alone are kept, since some scripts need them; every other sign is a space."""
    return (
        letter
        if unicodedata.category(letter) in ("Mn", "Mc") and not unicodedata.name(letter, "").startswith("VARIATION")
        else " "
    )


def _cut(text: str, most: int) -> str:
    if width(text) <= most:
        return text
    kept: list[str] = []
    for word in text.split(" "):
        if width(" ".join([*kept, word])) > most - 2:
            break
        kept.append(word)
    shown = " ".join(kept)
    end = max(shown.rfind(". "), shown.rfind("; "))
    if end >= most // 3:
        return shown[:end].strip(" .,;:'/+-(")
    return f"{shown.strip(' .,;:/+-(')} ..." if kept else ""
