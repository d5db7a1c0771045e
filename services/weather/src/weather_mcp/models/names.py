"""Names of places, compared without case, accents and punctuation."""

import re
import unicodedata
from collections.abc import Callable
from typing import Final

_LETTERS: Final = str.maketrans(
    {
        "ø": "o",
        "æ": "ae",
        "œ": "oe",
        "ł": "l",
        "đ": "d",
        "ð": "d",
        "þ": "th",
        "ı": "i",
        "ħ": "h",
        "ŧ": "t",
        "ŋ": "n",
        "ə": "e",
    }
)
_INSIDE: Final = re.compile(r"\.(?!\w\w)|['’ʼ`]")
_SEPARATORS: Final = re.compile(r"[\W_]+")
_SHORT: Final = {"st": "saint", "ste": "sainte", "mt": "mount", "ft": "fort"}
_LONG: Final = {long: short for short, long in _SHORT.items()}
_FOLDED: Final = {**_SHORT, "sankt": "saint"}
_GENERIC: Final = frozenset(("city", "town", "of", "the"))
_DIGRAPHS: Final = re.compile(r"([aou])e|a(a)")
_UMLAUTS: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe", "æ": "ae"})
_MOST_SPELLINGS: Final = 4
_SAINT: Final = re.compile(r"(?:saint|sankt|st)\b\.?([ -])[ -]?(.+)")
_GERMAN_SAINTS: Final = ("augustin", "gallen", "ingbert", "johann", "moritz", "polten", "veit")
_INVISIBLE: Final = ("VARIATION SELECTOR", "COMBINING GRAPHEME JOINER", "MONGOLIAN FREE")
_SCRIPTS: Final = {
    "CYRILLIC": ("ru", "uk", "bg"), "GREEK": ("el",), "CJK": ("zh", "ja"), "HIRAGANA": ("ja",), "KATAKANA": ("ja",),
    "HANGUL": ("ko",), "ARABIC": ("ar", "fa"), "HEBREW": ("he",), "THAI": ("th",), "DEVANAGARI": ("hi", "mr"),
    "GEORGIAN": ("ka",), "ARMENIAN": ("hy",),
}  # fmt: skip
_LATIN: Final = ("de", "fr", "es", "it", "pt", "nl", "cs", "pl", "da", "ro", "sr", "sv")  # most often first


def _is_letter(character: str) -> bool:
    return unicodedata.category(character).startswith("L")


def _is_mark(character: str) -> bool:
    invisible = unicodedata.name(character, "").startswith(_INVISIBLE)
    return unicodedata.category(character) in ("Mn", "Mc") and not invisible


def _ranges(belongs: Callable[[str], bool]) -> str:
    """All characters that belong, as ranges of a regular expression's class."""
    chosen = [number for number in range(0x41, 0x20000) if belongs(chr(number))]
    firsts = [number for number in chosen if not belongs(chr(number - 1))]
    lasts = [number for number in chosen if not belongs(chr(number + 1))]
    return "".join(f"{chr(first)}-{chr(last)}" for first, last in zip(firsts, lasts, strict=True))


LETTERS: Final = _ranges(_is_letter)
MARKS: Final = _ranges(_is_mark)
_MARKED: Final = re.compile(rf"([^\W\d_])[{MARKS}]{{1,4}}")


def without_marks(text: str) -> str:
    """A text without the marks after a letter, as vowels of Hindi and Thai are; others are left."""
    return _MARKED.sub(r"\1", text)


def fold(name: str) -> str:
    """A name for comparison: ``Île-de-France`` is ``ile de france``, ``D.C.`` is ``dc``, ``St. Louis`` with saint."""
    plain = unicodedata.normalize("NFKD", name).casefold()
    decomposed = unicodedata.normalize("NFKD", _INSIDE.sub("", plain))
    plain = "".join(letter for letter in decomposed if not unicodedata.combining(letter)).translate(_LETTERS)
    return " ".join(_FOLDED.get(word, word) for word in _SEPARATORS.sub(" ", plain).split())


def is_called(name: str, query: str) -> bool:
    """Whether a name is the one of a query, but for what writers disagree on: ue for ü, City of."""
    wanted = fold(query)
    without = " ".join(word for word in wanted.split() if word not in _GENERIC)
    return wanted in (fold(name), fold(name.casefold().translate(_UMLAUTS))) or without == fold(name)


def sides(name: str) -> list[str]:
    """The names of a town with two: ``Biel/Bienne`` is ``Biel`` and ``Bienne``."""
    return [side.strip() for side in name.split("/") if side.strip()]


def spellings(name: str) -> list[str]:
    """Other ways to write a name, in lower case, for a search that compares letter by letter."""
    words = [word.rstrip(".") for word in name.casefold().split()]
    others = (
        *_saints(name.casefold()),
        " ".join(_SHORT.get(word, word) for word in words),
        " ".join(f"{_LONG[word]}." if word in _LONG else f"{word}." if word in _SHORT else word for word in words),
        "-".join(words),
        " ".join(words).replace("-", " "),
        " ".join(word for word in words if word not in _GENERIC),
    )
    return [other for other in dict.fromkeys(others) if other and other != name.casefold()][:_MOST_SPELLINGS]


def with_abbreviation(name: str) -> list[str]:
    """A name and, if one of its words has an abbreviation or is one, its other spelling: St. Louis, Saint Louis."""
    words = {word.rstrip(".") for word in name.casefold().split()}
    return [name, *spellings(name)[:1]] if words & {*_SHORT, *_LONG} else [name]


def _saints(name: str) -> list[str]:
    if (match := _SAINT.fullmatch(name)) is None:
        return []
    between, rest = match[1], match[2]
    ways = [f"saint{between}{rest}", f"st. {rest}"]
    return [f"sankt {rest}", *ways] if fold(rest).startswith(_GERMAN_SAINTS) else ways


def without_digraphs(name: str) -> str | None:
    """``Munchen`` for ``Muenchen``, which a search without accents finds; None if it has none."""
    plain = _DIGRAPHS.sub(lambda pair: pair[1] or "a", name.casefold())
    return plain if plain != name.casefold() else None


def languages_of_script(name: str) -> tuple[str, ...]:
    """Languages in which a name may be written, by its first letter; if Latin, those with other names."""
    letter = next((letter for letter in name if letter.isalpha()), "a")
    return _SCRIPTS.get(unicodedata.name(letter, "").partition(" ")[0], _LATIN)
