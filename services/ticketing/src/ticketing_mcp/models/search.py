"""Text search rules: the words of a ticket, query parsing, corrections and scores.

A ticket matches if it has enough of the query's words: all of one or two, three in five of more. A word scores by its
rarity among the tenant's tickets, by its place (title, message or comment), and by its kind of match: exact, prefix, or
typo of a word in the tenant's vocabulary.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from servicekit.storage.search_terms import WORD, fold, person_terms
from ticketing_mcp.models.codes import codes_of
from ticketing_mcp.models.stop_words import STOP_WORDS

MAX_WORDS: Final = 12
"""Words of a query that are used."""
MAX_TERMS: Final = 400
"""Distinct words indexed per ticket and per comment."""
MAX_WORD_LENGTH: Final = 64
"""Indexed characters of a word."""
MAX_RANKED: Final = 3000
"""Newest tickets ranked per candidate word of a search."""
ID_MATCH_SCORE: Final = 1_000_000
"""Score of the ticket whose id is the query; above any score of words."""
COUNT_LIMIT: Final = 1000
"""Tickets counted per word; a word with more is frequent."""

RARE: Final = 10
"""A word in at most this many tickets may be a typo of a more frequent word."""
CORRECTION_RATIO: Final = 10
"""How many times more tickets the other word must have."""

EXACT, PREFIX, TYPO = 4, 3, 2
EXACT_PRIORITY: Final = 8
"""Extra factor of the word as given, so that its tickets rank before those of its correction."""
IN_COMMENTS: Final = 1
"""Weight of a word that only comments have."""
_IN_TITLE, _REQUESTER, _MAX_REPEATS = 8, 2, 3
_MIN_TRIGRAM_SHARE = 0.3  # share of common trigrams; the default threshold of pg_trgm

_LOCAL = r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]"
# Anchored to the start of a word: tried from every letter, a long word would take quadratic time.
_ADDRESS = re.compile(rf"(?<!{_LOCAL}){_LOCAL}++@[a-z0-9-]+(?:\.[a-z0-9-]+)+")
_TICKET = re.compile(r"(?P<surely>ticket\s*#?t?-?|#t?-?|t?-)?t?(?P<number>[0-9]{1,9})")
_UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]+")
_DIGIT = re.compile(r"[0-9]")


class InvalidQuery(ValueError):
    """The query has only stop words."""


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed query.

    Attributes:
        number: set if the text is a ticket id.
        words: case-folded words. ``123`` and ``T123`` set both, since they may be an id or occur in a text.
    """

    number: int | None = None
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TermMatch:
    """A word of the tenant's vocabulary that matches a query word.

    Attributes:
        term: the word.
        factor: `EXACT`, `PREFIX` or `TYPO`; the first two times `EXACT_PRIORITY` if typos match as well.
    """

    term: str
    factor: int


@dataclass(frozen=True, slots=True)
class QueryWord:
    """A query word with its matches; `count` is their number of tickets, at most `COUNT_LIMIT` + 1."""

    word: str
    matches: tuple[TermMatch, ...]
    count: int

    @property
    def rarity(self) -> int:
        """From 1 for a frequent word to 11 for a word in one ticket."""
        return 1 + COUNT_LIMIT.bit_length() - min(self.count, COUNT_LIMIT).bit_length()


def words_of(text: str) -> list[str]:
    """Case-folded words of a text in order, without stop words; an e-mail address is one word.

    Han, kana and Hangul, written without spaces, are split into overlapping pairs of characters.
    """
    folded = fold(" ".join(text.split()))  # folding may remove line breaks
    found = [address[:MAX_WORD_LENGTH] for address in _ADDRESS.findall(folded)]
    without = _ADDRESS.sub(" ", folded) if found else folded
    unspaced = _UNSPACED.search(without) is not None
    for word in WORD.findall(without):
        found.extend(_split_unspaced(word) if unspaced else _long_enough(word))
    return [word for word in found if word not in STOP_WORDS]


def _split_unspaced(word: str) -> Iterable[str]:
    place = 0
    for run in _UNSPACED.finditer(word):
        yield from _long_enough(word[place : run.start()])
        letters = run[0]
        yield from [letters] if len(letters) == 1 else [letters[at : at + 2] for at in range(len(letters) - 1)]
        place = run.end()
    yield from _long_enough(word[place:])


def _long_enough(word: str) -> Iterable[str]:
    if len(word) > 1 or _DIGIT.fullmatch(word):
        yield word[:MAX_WORD_LENGTH]


def ticket_terms(title: str, body: str, requester_name: str, requester_email: str) -> dict[str, int]:
    """The index words of a ticket with their weights: title words weigh more, repeated words a little more."""
    in_title, in_body = Counter(_indexed(title)), Counter(_indexed(body))
    terms = {word: _IN_TITLE + min(_MAX_REPEATS, in_title[word] + in_body[word]) for word in in_title}
    for word, count in in_body.items():
        terms.setdefault(word, min(_MAX_REPEATS, count))
    kept = dict(list(terms.items())[:MAX_TERMS])
    for word in sorted(person_terms(requester_name, requester_email.lower())):
        kept.setdefault(word[:MAX_WORD_LENGTH], _REQUESTER)
    return kept


def comment_terms(body: str) -> list[str]:
    """The index words of a comment."""
    return list(dict.fromkeys(_indexed(body)))[:MAX_TERMS]


def _indexed(text: str) -> list[str]:
    """Words of a text, and its codes in one spelling."""
    words = words_of(text)
    return words + [code for code in codes_of(text) if code not in words]


def parse_query(text: str) -> Query:
    """Read free text as a ticket id, words, or both.

    Raises:
        InvalidQuery: the text has only stop words.
    """
    folded = fold(text).strip()
    if ticket := _TICKET.fullmatch(folded):
        return Query(int(ticket["number"]), () if ticket["surely"] else (folded,))
    words = tuple(dict.fromkeys(words_of(text)))
    if not words:
        raise InvalidQuery(
            "query has only common words. Send words of the ticket, a name, an e-mail or an id such as T-123."
        )
    return Query(words=words[:MAX_WORDS])


def required_matches(count: int) -> int:
    """How many of the query's words a ticket must have."""
    return count if count <= 2 else -(-count * 3 // 5)


def rarest_words(found: Sequence[QueryWord], needed: int) -> list[QueryWord]:
    """The rarest words such that every match has at least one: as many as a match may lack, plus one."""
    return sorted(found, key=lambda one: (one.count, one.word))[: len(found) - needed + 1]


def is_correctable(word: str) -> bool:
    """Whether corrections make sense: not for short words, numbers and addresses."""
    return len(word) >= 4 and _DIGIT.search(word) is None and "@" not in word


def trigrams(word: str) -> set[str]:
    """Trigrams of a word with padding, like pg_trgm."""
    padded = f"  {word} "
    return {padded[at : at + 3] for at in range(len(padded) - 2)}


def closest_words(word: str, candidates: Iterable[str], most: int = 4) -> list[str]:
    """The most similar candidates, best first: one edit away, or with enough common trigrams."""
    own = trigrams(word)
    alike = []
    for candidate in candidates:
        theirs = trigrams(candidate)
        share = len(own & theirs) / len(own | theirs)
        near = is_one_edit_apart(word, candidate)
        if near or share >= _MIN_TRIGRAM_SHARE:
            alike.append((not near, -share, candidate))
    return [candidate for *_, candidate in sorted(alike)[:most]]


def likely_correction(word: str, count: int, candidates: Mapping[str, int]) -> list[str]:
    """At most one candidate that is one edit away and far more frequent than a word in `count` tickets."""
    frequent = [candidate for candidate, found in candidates.items() if found >= CORRECTION_RATIO * count]
    return closest_words(word, [candidate for candidate in frequent if is_one_edit_apart(word, candidate)], most=1)


def is_one_edit_apart(word: str, other: str) -> bool:
    """Whether one insertion, deletion, substitution or transposition turns one word into the other."""
    begin = 0
    while begin < min(len(word), len(other)) and word[begin] == other[begin]:
        begin += 1
    one, two = word[begin:], other[begin:]
    while one and two and one[-1] == two[-1]:
        one, two = one[:-1], two[:-1]
    return max(len(one), len(two)) <= 1 or (len(one) == 2 and one == two[::-1])
