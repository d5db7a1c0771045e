"""The words that ticket search indexes and looks up: words, codes, addresses, host names and names of people.

A code is indexed in one piece without its separators, so that ``E-4711``, ``E4711``, ``e 4711`` and ``e_4711`` are the
same word; its parts are words as well.
"""

import re
from collections import Counter
from collections.abc import Iterable
from typing import Final

from servicekit.storage.search_terms import WORD, fold, person_terms
from ticketing_mcp.models.stop_words import STOP_WORDS

MAX_TERMS: Final = 400
"""Distinct words indexed per ticket and per comment."""
MAX_WORD_LENGTH: Final = 64
"""Indexed characters of a word."""
IN_COMMENTS: Final = 1
"""Weight of a word that only comments have."""
_IN_TITLE, _REQUESTER, _MAX_REPEATS = 8, 2, 3

_LOCAL = r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]"
# Each is anchored to the start of a word: tried from every letter, a long word would take quadratic time.
_ADDRESS = re.compile(rf"(?<!{_LOCAL}){_LOCAL}++@[a-z0-9-]+(?:\.[a-z0-9-]+)+")
_HOST = re.compile(r"(?<![\w.-])[a-z0-9-]++(?:\.[a-z0-9-]++)++(?<=[a-z]{2})(?![\w-])")
_JOINED = re.compile(r"(?<![^\W_])[^\W_]++(?:[-_\u2010-\u2015][^\W_]++)++")
_SPACED = re.compile(r"(?<![^\W_])(?P<letters>[a-z]{1,4}+)[ .:#]{1,2}(?P<digits>[0-9]{2,12}+)(?![^\W_])")
_GLUED = re.compile(r"(?P<letters>[a-z]{1,10})(?P<digits>[0-9]{3,20})")
_YEAR = re.compile(r"(?:19|20)[0-9]{2}")
_UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]+")
_DIGIT = re.compile(r"[0-9]")
_CODE_DIGITS = 3  # with letters; a number alone needs one more
_FIRST_LETTERS = 3  # of a name without spaces: a family name


def words_of(text: str) -> list[str]:
    """Case-folded words of a text without stop words: codes, addresses and host names in one piece, then all words.

    Han, kana and Hangul, written without spaces, are split into overlapping pairs of characters.
    """
    folded = fold(" ".join(text.split()))  # folding may remove line breaks
    addresses = _ADDRESS.findall(folded)
    rest = _ADDRESS.sub(" ", folded) if addresses else folded
    found = [address[:MAX_WORD_LENGTH] for address in addresses]
    found += [address.partition("@")[2][:MAX_WORD_LENGTH] for address in addresses]
    if "." in rest:
        found += [host[:MAX_WORD_LENGTH] for host in _HOST.findall(rest)]
    if _DIGIT.search(rest):
        found += _joined_codes(rest)
    return [word for word in [*found, *_plain_words(rest)] if word not in STOP_WORDS]


def search_words(text: str) -> tuple[list[str], dict[str, str]]:
    """The words to look for: of a code, an address or a host name only the whole.

    Returns:
        The words; and of a letter and a number that a space divides, which may be a code, the number alone.
    """
    folded = fold(" ".join(text.split()))
    found: list[str] = []
    loose: dict[str, str] = {}

    def take(match: re.Match[str]) -> str:
        found.append(without_separators(match[0]))
        return " "

    def take_code(match: re.Match[str]) -> str:
        return take(match) if _DIGIT.search(match[0]) else match[0]

    def take_spaced(match: re.Match[str]) -> str:
        if len(match["letters"]) > 1:
            return match[0]  # both parts of a code are indexed as well
        loose[match["letters"] + match["digits"]] = match["digits"]
        return take(match)

    for pattern, function in ((_ADDRESS, take), (_HOST, take), (_JOINED, take_code), (_SPACED, take_spaced)):
        folded = pattern.sub(function, folded)
    return [word for word in [*found, *_plain_words(folded)] if word not in STOP_WORDS], loose


def is_code(word: str) -> bool:
    """Whether a word is the number of an order, error or device and no other number: it decides what is meant."""
    digits = sum(letter.isdigit() for letter in word)
    if is_address(word) or is_host(word) or digits < _CODE_DIGITS:
        return False
    return digits < len(word) or (digits > _CODE_DIGITS and _YEAR.fullmatch(word) is None)


def is_address(word: str) -> bool:
    """Whether a word is an e-mail address."""
    return "@" in word


def is_host(word: str) -> bool:
    """Whether a word is a host name, such as the domain of an address."""
    return "." in word and "@" not in word


def is_single_unspaced(word: str) -> bool:
    """Whether a word is one character of Han, kana or Hangul, which may begin a name."""
    return len(word) == 1 and _UNSPACED.fullmatch(word) is not None


def ticket_terms(title: str, body: str, requester_name: str, requester_email: str) -> dict[str, int]:
    """The index words of a ticket with their weights: title words weigh more, repeated words a little more."""
    in_title, in_body = Counter(words_of(title)), Counter(words_of(body))
    terms = {word: _IN_TITLE + min(_MAX_REPEATS, in_title[word] + in_body[word]) for word in in_title}
    for word, count in in_body.items():
        terms.setdefault(word, min(_MAX_REPEATS, count))
    kept = dict(list(terms.items())[:MAX_TERMS])
    for word in sorted(_requester_terms(requester_name, requester_email.lower())):
        kept.setdefault(word[:MAX_WORD_LENGTH], _REQUESTER)
    return kept


def comment_terms(body: str) -> list[str]:
    """The index words of a comment."""
    return list(dict.fromkeys(words_of(body)))[:MAX_TERMS]


def split_unspaced(word: str) -> Iterable[str]:
    """A word with its Han, kana and Hangul as overlapping pairs of characters; a single character as it is."""
    place = 0
    for run in _UNSPACED.finditer(word):
        yield from _long_enough(word[place : run.start()])
        letters = run[0]
        yield from [letters] if len(letters) == 1 else [letters[at : at + 2] for at in range(len(letters) - 1)]
        place = run.end()
    yield from _long_enough(word[place:])


def _plain_words(folded: str) -> list[str]:
    unspaced = _UNSPACED.search(folded) is not None
    return [
        part for word in WORD.findall(folded) for part in (split_unspaced(word) if unspaced else _long_enough(word))
    ]


def _joined_codes(folded: str) -> list[str]:
    joined = [without_separators(code) for code in _JOINED.findall(folded) if _DIGIT.search(code)]
    joined += [match["letters"] + match["digits"] for match in _SPACED.finditer(folded)]
    parts = [part for match in _GLUED.finditer(folded) if _is_whole(match) for part in match.groups()]
    return [*joined, *(part for part in parts if len(part) > 1)]


def _is_whole(match: re.Match[str]) -> bool:
    begin, end = match.span()
    return not match.string[max(0, begin - 1) : begin].isalnum() and not match.string[end : end + 1].isalnum()


def without_separators(text: str) -> str:
    """A code in one piece: ``e-4711`` as ``e4711``. Addresses and host names stay as they are."""
    if "@" in text or "." in text:
        return text[:MAX_WORD_LENGTH]
    return "".join(WORD.findall(text))[:MAX_WORD_LENGTH]


def _requester_terms(name: str, email: str) -> set[str]:
    """The terms of a person; of a name in Han, kana or Hangul also the pairs that a search looks for, and of any name
    the words in one piece."""
    words = WORD.findall(fold(name))
    whole = "".join(words)
    begun = [word[:length] for word in words if _UNSPACED.fullmatch(word) for length in range(1, _FIRST_LETTERS + 1)]
    return {*person_terms(name, email), *words_of(name), *split_unspaced(whole), *begun} - {""}


def _long_enough(word: str) -> Iterable[str]:
    if len(word) > 1 or _DIGIT.fullmatch(word):
        yield word[:MAX_WORD_LENGTH]
