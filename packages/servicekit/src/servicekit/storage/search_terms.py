"""Search terms for B-tree prefix search, the index type that works under row-level security (ADR 0003)."""

import re
import unicodedata

LAST_CHARACTER = "\U0010ffff"
"""The last character in byte order: the range of a prefix ends at prefix + LAST_CHARACTER."""
WORD = re.compile(r"[^\W_]+")
"""A run of letters and digits."""

_UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]{2,}")


# Line breaks and tabs, which are control characters too.
_SPACES = dict.fromkeys((*range(0x09, 0x0E), *range(0x1C, 0x20), 0x85), " ")


def fold(text: str) -> str:
    """Normalise `text` for comparison: no case, accents, width variants or invisible characters.

    Line breaks and tabs become spaces: words on two lines stay two words.
    """
    if text.isascii() and text.isprintable():
        return text.lower()
    spaced = text.translate(_SPACES)
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", spaced).casefold())
    kept = "".join(letter for letter in decomposed if unicodedata.category(letter) not in ("Mn", "Cf", "Cc", "Cs"))
    return unicodedata.normalize("NFC", kept)


def person_terms(name: str, email: str) -> set[str]:
    """The terms of a person: each word of the name, the e-mail, the words before its @, and its domain.

    A name without spaces (Han, kana, Hangul) also has its endings as terms, for the given name.
    """
    words = WORD.findall(fold(name))
    suffixes = [word[start:] for word in words if _UNSPACED.fullmatch(word) for start in range(1, min(len(word), 4))]
    local, _, domain = email.partition("@")
    return {*words, *suffixes, *WORD.findall(local), email, domain}
