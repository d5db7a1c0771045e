"""Codes in texts, such as E-4711: error, part and case numbers, in one spelling however they are written.

``E-4711``, ``e4711``, ``E_4711`` and ``E 4711`` are the code ``e4711``.
"""

import re
from typing import Final

from servicekit.storage.search_terms import fold

MAX_CODE: Final = 40
"""Characters of a code."""
_MAX_PARTS = 5
_MIN_DIGITS = 2
_HYPHENS = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2212_", "-"))
_PART = "[a-z0-9]"
_JOINED = re.compile(rf"(?<!{_PART})(?<!{_PART}-){_PART}+(?:-{_PART}+){{0,{_MAX_PARTS - 1}}}+(?!-?{_PART})")
# A part number may end in a letter: ZD 421 T.
_SPACED = re.compile(
    r"(?<![^\W_])(?P<letters>[A-Za-z]{1,8}) (?P<rest>[0-9]{2,12}(?: [A-Z](?![^\W_]))?)(?![^\W_])",
)


def codes_of(text: str) -> list[str]:
    """The codes of a text, without separators and in lower case, in order.

    A code has a letter and at least two digits. With a space, its letters must be capitals, as in ``E 4711``.
    """
    return list(dict.fromkeys([*_joined(text), *_spaced(text, capitals=True)]))


def possible_codes(text: str) -> list[str]:
    """As `codes_of`, and what may be a code written with a space, such as ``e 4711`` or ``floor 12``."""
    return list(dict.fromkeys([*_joined(text), *_spaced(text, capitals=False)]))


def without_codes(text: str) -> tuple[list[str], str]:
    """The codes of a text that are written in one piece, and the text without them."""
    found: list[str] = []

    def take(match: re.Match[str]) -> str:
        code = match[0].replace("-", "")
        if not is_code(code):
            return match[0]
        found.append(code)
        return " "

    return found, _JOINED.sub(take, fold(text).translate(_HYPHENS))


def is_code(word: str) -> bool:
    """Whether a word has both a letter and enough digits to be a code."""
    digits = sum(letter.isdecimal() for letter in word)
    return _MIN_DIGITS <= digits < len(word) <= MAX_CODE and word.isalnum()


def _joined(text: str) -> list[str]:
    folded = fold(text).translate(_HYPHENS)
    return [code for match in _JOINED.finditer(folded) if is_code(code := match[0].replace("-", ""))]


def _spaced(text: str, *, capitals: bool) -> list[str]:
    found = (
        (match["letters"] + match["rest"].replace(" ", "")).lower()
        for match in _SPACED.finditer(text)
        if not capitals or match["letters"].isupper()
    )
    return [code for code in found if is_code(code)]
