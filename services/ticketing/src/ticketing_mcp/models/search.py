"""Free text: the words that a ticket is found by, how a query is understood, and what makes one match the better one.

A ticket matches when it has enough of a query's words: all of one or two, and three in five of more. Each word counts
by how rare it is among the tenant's tickets, by where it stands (title, message or comment), and by how it was meant:
exactly, as the beginning of a longer word, or as a slip of the pen for a word of the tenant's own vocabulary.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from servicekit.storage.search_terms import WORD, fold, person_terms
from ticketing_mcp.models.stop_words import STOP_WORDS

MAX_WORDS: Final = 12
"""Words of a query that are looked at."""
MAX_TERMS: Final = 400
"""Different words of a ticket, and of each of its comments, that it can be found by."""
MAX_WORD_LENGTH: Final = 64
"""Letters of a word that count."""
MAX_RANKED: Final = 3000
"""Tickets, the newest, that one search ranks for each word it starts from."""
ID_MATCH_SCORE: Final = 1_000_000
"""The score of the ticket whose number a query is: more than words can give."""
COUNT_LIMIT: Final = 1000
"""Tickets of a word that are counted; a word with more is frequent."""
FINGERPRINT_WORDS: Final = 8
"""The rarest words of a text, by which others like it are found."""
MAX_COMPARED: Final = 60
"""Words of a text, the first, among which the telling ones are looked for."""
MIN_SIMILARITY: Final = 40
"""Percent of those words' weight that makes another ticket similar."""
DUPLICATE_SIMILARITY: Final = 70
"""Percent that makes it a possible duplicate."""

RARE: Final = 10
"""Tickets of a word that are so few that it may be a slip of the pen for a far more frequent one."""
CORRECTION_RATIO: Final = 10
"""How many times as many tickets that other one must have."""

EXACT, PREFIX, TYPO = 4, 3, 2
EXACT_PRIORITY: Final = 8
"""How many times more a word then counts itself: its tickets come before those of the other, wherever it stands."""
IN_COMMENTS: Final = 1
"""What a word weighs that only comments have."""
_IN_TITLE, _REQUESTER, _MAX_REPEATS = 8, 2, 3
_MIN_TRIGRAM_SHARE = 0.3  # of the trigrams of both; what pg_trgm takes for similar

_ADDRESS = re.compile(r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)+")
_TICKET = re.compile(r"(?P<surely>ticket\s*#?t?-?|#t?-?|t?-)?t?(?P<number>[0-9]{1,9})")
_UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]+")
_DIGIT = re.compile(r"[0-9]")


class InvalidQuery(ValueError):
    """The text has nothing to search for; says so."""


@dataclass(frozen=True, slots=True)
class Query:
    """A free text, understood.

    Attributes:
        number: the text was a ticket's id.
        words: folded words. With a number too: ``123`` and ``T123`` may be an id, and may stand in a text.
    """

    number: int | None = None
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TermMatch:
    """What a word of a query may stand for in the tenant's vocabulary.

    Attributes:
        term: a word that some ticket has, or had.
        factor: `EXACT`, `BEGINNING` or `SLIP`; the first two `OWN` times as much where the third is there too.
    """

    term: str
    factor: int


@dataclass(frozen=True, slots=True)
class QueryWord:
    """A word of a query and its meanings; `count` is how many tickets they have together, at most `COUNTED` + 1."""

    word: str
    matches: tuple[TermMatch, ...]
    count: int

    @property
    def rarity(self) -> int:
        """How much the word tells: 1 when it is frequent, up to 11 when one ticket has it."""
        return 1 + COUNT_LIMIT.bit_length() - min(self.count, COUNT_LIMIT).bit_length()


def words_of(text: str) -> list[str]:
    """The words of a text in their order, folded, without those that say nothing; an e-mail address is one word.

    A run of Han, kana or Hangul, written without spaces, comes as its overlapping pairs of letters.
    """
    folded = fold(" ".join(text.split()))  # what folds may lose a line's end
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
    """The words a ticket is found by, each with its weight: more in the title, a little more when repeated."""
    in_title, in_body = Counter(words_of(title)), Counter(words_of(body))
    terms = {word: _IN_TITLE + min(_MAX_REPEATS, in_title[word] + in_body[word]) for word in in_title}
    for word, count in in_body.items():
        terms.setdefault(word, min(_MAX_REPEATS, count))
    kept = dict(list(terms.items())[:MAX_TERMS])
    for word in sorted(person_terms(requester_name, requester_email.lower())):
        kept.setdefault(word[:MAX_WORD_LENGTH], _REQUESTER)
    return kept


def comment_terms(body: str) -> list[str]:
    """The words that a comment adds to those its ticket is found by."""
    return list(dict.fromkeys(words_of(body)))[:MAX_TERMS]


def parse_query(text: str) -> Query:
    """What a free text looks for.

    Raises:
        NotSearchable: no word in it says anything.
    """
    folded = fold(text).strip()
    if ticket := _TICKET.fullmatch(folded):
        return Query(int(ticket["number"]), () if ticket["surely"] else (folded,))
    words = tuple(dict.fromkeys(words_of(text)))
    if not words:
        raise InvalidQuery(
            "The query has no word that says anything. Send what the ticket is about, a name, an e-mail or an id."
        )
    return Query(words=words[:MAX_WORDS])


def required_matches(count: int) -> int:
    """How many of a query's words a ticket must have."""
    return count if count <= 2 else -(-count * 3 // 5)


def rarest_words(found: Sequence[QueryWord], needed: int) -> list[QueryWord]:
    """The fewest words such that every match has one of them: the rarest, as many as a match may lack, and one."""
    return sorted(found, key=lambda one: (one.count, one.word))[: len(found) - needed + 1]


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What a text is compared by.

    Attributes:
        words: its rarest words, of those that other tickets have.
        total: the weight of everything telling in it; a ticket that has less of it is less similar.
    """

    words: tuple[QueryWord, ...]
    total: int

    @property
    def least(self) -> int:
        """The weight that makes another ticket similar."""
        return -(-MIN_SIMILARITY * self.total // 100)

    def similarity(self, weight: int) -> int:
        """A weight in percent of the total."""
        return weight * 100 // self.total


def fingerprint(words: Sequence[str], found: Sequence[QueryWord], own: int) -> Fingerprint:
    """The rarest words of a text, at most `TELLING_WORDS`. Up to half of them may be words that no other ticket has:
    nothing can share those, so they only make everything less similar.

    Args:
        words: all of them.
        found: those that tickets have.
        own: 1 where the text is a ticket's, which has them all; else 0.
    """
    shared = [one for one in found if one.count > own]
    alone = min(len(words) - len(shared), FINGERPRINT_WORDS // 2)
    rarest = tuple(sorted(shared, key=lambda one: (one.count, one.word))[: FINGERPRINT_WORDS - alone])
    return Fingerprint(rarest, sum(one.rarity for one in rarest) + alone * QueryWord("", (), 0).rarity)


def is_correctable(word: str) -> bool:
    """Whether an unknown word is worth comparing with the vocabulary: numbers are not."""
    return len(word) >= 4 and _DIGIT.search(word) is None and "@" not in word


def trigrams(word: str) -> set[str]:
    """Every three letters in a row of a word, with the edges marked, as pg_trgm has them."""
    padded = f"  {word} "
    return {padded[at : at + 3] for at in range(len(padded) - 2)}


def closest_words(word: str, candidates: Iterable[str], most: int = 4) -> list[str]:
    """The candidates most like a word, the best first: a slip away, or with three tenths of the trigrams in common."""
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
    """The word that one of `count` tickets, few, may be a slip for: a slip away and far more frequent."""
    frequent = [candidate for candidate, found in candidates.items() if found >= CORRECTION_RATIO * count]
    return closest_words(word, [candidate for candidate in frequent if is_one_edit_apart(word, candidate)], most=1)


def is_one_edit_apart(word: str, other: str) -> bool:
    """Whether one letter too many, too few or wrong, or two that changed places, lie between two words."""
    begin = 0
    while begin < min(len(word), len(other)) and word[begin] == other[begin]:
        begin += 1
    one, two = word[begin:], other[begin:]
    while one and two and one[-1] == two[-1]:
        one, two = one[:-1], two[:-1]
    return max(len(one), len(two)) <= 1 or (len(one) == 2 and one == two[::-1])
