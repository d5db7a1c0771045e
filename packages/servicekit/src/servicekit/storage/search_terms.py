"""Text as terms that an ordinary B-tree finds, which is what row-level security leaves usable (decisions/0003)."""

import re
import unicodedata

LAST_CHARACTER = "\U0010ffff"
"""Sorts after every other character in byte order, so that prefix + this ends the range of a prefix."""
WORD = re.compile(r"[^\W_]+")
"""A run of letters and digits."""

_UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]{2,}")


def fold(text: str) -> str:
    """`text` without case, accents, width variants and invisible characters: what is equal here is the same word."""
    if text.isascii() and text.isprintable():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    kept = "".join(letter for letter in decomposed if unicodedata.category(letter) not in ("Mn", "Cf", "Cc", "Cs"))
    return unicodedata.normalize("NFC", kept)


def person_terms(name: str, email: str) -> set[str]:
    """What a person is found by: each word of the name, the e-mail, the words before its @, and its domain.

    A name written without spaces (Han, kana, Hangul) is also found by its later part, the given name.
    """
    words = WORD.findall(fold(name))
    suffixes = [word[start:] for word in words if _UNSPACED.fullmatch(word) for start in range(1, min(len(word), 4))]
    local, _, domain = email.partition("@")
    return {*words, *suffixes, *WORD.findall(local), email, domain}
