"""The words that ticket search indexes and looks up: words, codes, addresses, host names and names of people.

A code is indexed in its one spelling (`codes`), and its parts are words as well.
"""

import re
from collections import Counter
from collections.abc import Iterable
from typing import Final

from servicekit.storage.search_terms import WORD, fold, person_terms
from ticketing_mcp.models.codes import codes_of, is_code, without_codes
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
_SPACED = re.compile(r"(?<![^\W_])(?P<letter>[a-z])[ .:#]{1,2}(?P<digits>[0-9]{2,12}+)(?![^\W_])")
_GLUED = re.compile(r"(?P<letters>[a-z]{1,10})(?P<digits>[0-9]{3,20})")
_YEAR = re.compile(r"(?:19|20)[0-9]{2}")
_UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]+")
_DIGIT = re.compile(r"[0-9]")
_FIRST_DIGITS = 2
_NUMBER_DIGITS = 4  # of an order or a case
_FIRST_LETTERS = 3  # of a name without spaces: a family name
_NAME_LETTERS = 4


def words_of(text: str) -> list[str]:
    """Case-folded words of a text in order, without stop words; an e-mail address is one word.

    Han, kana and Hangul, written without spaces, are split into overlapping pairs of characters.
    """
    folded = fold(" ".join(text.split()))
    addresses = _ADDRESS.findall(folded)
    without = _ADDRESS.sub(" ", folded) if addresses else folded
    return [word for word in [*_cut(addresses), *_plain_words(without)] if word not in STOP_WORDS]


def indexed_words(text: str) -> list[str]:
    """`words_of` a text behind its codes, their parts, its host names and the domains of its addresses."""
    codes = codes_of(text)
    parts = [part for code in codes if (match := _GLUED.fullmatch(code)) for part in match.groups() if len(part) > 1]
    found = [*codes, *parts]
    folded = fold(" ".join(text.split()))
    if "." in folded:
        found += _cut(address.partition("@")[2] for address in _ADDRESS.findall(folded))
        found += _cut(host.removeprefix("www.") for host in _HOST.findall(_ADDRESS.sub(" ", folded)))
    found += [match["letter"] + match["digits"] for match in _SPACED.finditer(folded)]
    words = words_of(text)
    known = frozenset(words)
    return [*(word for word in dict.fromkeys(found) if word not in known), *words]


def search_words(text: str) -> tuple[list[str], dict[str, str]]:
    """The words to look for: of a code, an address or a host name only the whole.

    Returns:
        The words; and of a letter and a number that a space divides, which may be a code, the number alone.
    """
    found: list[str] = []
    loose: dict[str, str] = {}

    def take(match: re.Match[str]) -> str:
        found.append(match[0].removeprefix("www.")[:MAX_WORD_LENGTH])
        return " "

    def take_spaced(match: re.Match[str]) -> str:
        code = match["letter"] + match["digits"]
        loose[code] = match["digits"]
        found.append(code)
        return " "

    codes, rest = without_codes(" ".join(text.split()))
    folded = fold(rest)
    for pattern, function in ((_ADDRESS, take), (_HOST, take), (_SPACED, take_spaced)):
        folded = pattern.sub(function, folded)
    return [word for word in [*codes, *found, *_plain_words(folded)] if word not in STOP_WORDS], loose


def names_in(text: str) -> list[str]:
    """The short runs of Han, kana or Hangul in a text, as names of people are."""
    return [run for run in _UNSPACED.findall(fold(text)) if 1 < len(run) <= _NAME_LETTERS]


def unspaced_runs(text: str) -> list[str]:
    """The runs of Han, kana or Hangul in a text, as they are written."""
    return _UNSPACED.findall(text)


def joined_pairs(words: Iterable[str]) -> list[str]:
    """The words, with overlapping pairs of Han, kana or Hangul in one piece again."""
    joined: list[str] = []
    for word in words:
        pair = len(word) == 2 and _UNSPACED.fullmatch(word) is not None
        if pair and joined and _UNSPACED.fullmatch(joined[-1]) is not None and joined[-1][-1] == word[0]:
            joined[-1] += word[1]
        else:
            joined.append(word)
    return joined


def decides(word: str) -> bool:
    """Whether a word names one thing, such as an order, error or device, and so decides which tickets are meant."""
    if word.isdecimal():
        return len(word) >= _NUMBER_DIGITS and _YEAR.fullmatch(word) is None
    return is_code(word) and sum(letter.isdecimal() for letter in word) > _FIRST_DIGITS


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
    in_title, in_body = Counter(indexed_words(title)), Counter(indexed_words(body))
    terms = {word: _IN_TITLE + min(_MAX_REPEATS, in_title[word] + in_body[word]) for word in in_title}
    for word, count in in_body.items():
        terms.setdefault(word, min(_MAX_REPEATS, count))
    kept = dict(list(terms.items())[:MAX_TERMS])
    for word in sorted(_requester_terms(requester_name, requester_email.lower())):
        kept.setdefault(word[:MAX_WORD_LENGTH], _REQUESTER)
    return kept


def comment_terms(body: str) -> list[str]:
    """The index words of a comment."""
    return list(dict.fromkeys(indexed_words(body)))[:MAX_TERMS]


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


def _cut(words: Iterable[str]) -> list[str]:
    return [word[:MAX_WORD_LENGTH] for word in words]


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
