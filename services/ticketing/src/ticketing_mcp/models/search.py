"""Text search rules: which words must match, corrections and scores.

A ticket matches if it has enough of the query's words: all of one or two, three in five of more. A word scores by its
rarity among the tenant's tickets, by its place (title, message or comment), and by its kind of match: exact, prefix, or
typo of a word in the tenant's vocabulary.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

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
_MIN_TRIGRAM_SHARE = 0.3  # share of common trigrams; the default threshold of pg_trgm

_DIGIT = re.compile(r"[0-9]")


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


def required_matches(count: int) -> int:
    """How many of the query's words a ticket must have."""
    return count if count <= 2 else -(-count * 3 // 5)


def rarest_words(found: Sequence[QueryWord], needed: int) -> list[QueryWord]:
    """The rarest words such that every match has at least one: as many as a match may lack, plus one."""
    return sorted(found, key=lambda one: (one.count, one.word))[: len(found) - needed + 1]


def is_correctable(word: str) -> bool:
    """Whether corrections make sense: not for short words, numbers, addresses and host names."""
    return len(word) >= 4 and _DIGIT.search(word) is None and "@" not in word and "." not in word


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


def best_corrections(word: str, candidates: Iterable[str]) -> list[str]:
    """The most similar candidates; where some are one edit away, only these and words that go on from them."""
    closest = closest_words(word, candidates)
    near = [candidate for candidate in closest if is_one_edit_apart(word, candidate)]
    return [candidate for candidate in closest if any(candidate.startswith(one) for one in near)] or closest


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
