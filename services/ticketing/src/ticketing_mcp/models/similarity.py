"""Similarity of a text and tickets: the words that they share, by weight.

Rare words weigh more, and codes such as E-4711 most. A word may have another ending in the ticket, or, if no ticket has
it, be a typing error of a ticket's word. Words that no ticket has lower every similarity a little.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ticketing_mcp.models.codes import is_code

COMPARED_WORDS: Final = 24
"""Heaviest words of a text that tickets are compared by."""
FULL_WORDS: Final = 8
"""Heaviest words whose weight makes 100 %."""
MIN_SIMILARITY: Final = 25
"""Percent of shared weight that makes a ticket similar."""
DUPLICATE_SIMILARITY: Final = 60
"""Percent of shared weight that makes a ticket a possible duplicate."""
REASON_WORDS: Final = 5
"""Shared words that a result names."""

_MOST_WITH_CODE: Final = 100
"""A code in at most this many tickets makes them similar without another word."""
_CODE_FACTOR: Final = 3
_LEAST_CODE_WEIGHT: Final = 12
_UNKNOWN_WEIGHT: Final = 2
_SMALL_DESK: Final = 100
"""Tickets added to those of a tenant, so that a word weighs something in a desk with few tickets."""
_FEW_WORDS: Final = 3
"""One shared word is enough for a text of so many words."""


@dataclass(frozen=True, slots=True)
class SharedWord:
    """A word of the text that tickets have.

    Attributes:
        word: as in the text, folded; a typing error is corrected.
        terms: its forms in tickets, by their ids in the vocabulary.
        count: about how many tickets have one of them.
        total: how many tickets there are.
    """

    word: str
    terms: tuple[int, ...]
    count: int
    total: int

    @property
    def weight(self) -> int:
        """The binary logarithm of one ticket in how many has the word, from 1 up; of a code, three times as much."""
        rarity = max(1, ((self.total + _SMALL_DESK) // self.count).bit_length())
        return max(_LEAST_CODE_WEIGHT, _CODE_FACTOR * rarity) if is_code(self.word) else rarity

    @property
    def suffices(self) -> bool:
        """Whether it makes two tickets similar without another word."""
        return is_code(self.word) and self.count <= _MOST_WITH_CODE


@dataclass(frozen=True, slots=True)
class Comparison:
    """How tickets are compared with a text.

    Attributes:
        words: the heaviest words that tickets have, heaviest first.
        total: the weight that makes 100 %.
        needed: how many of the words a similar ticket has, unless one suffices.
    """

    words: tuple[SharedWord, ...]
    total: int
    needed: int

    @property
    def least(self) -> int:
        """Least shared weight of a similar ticket."""
        return max(1, -(-MIN_SIMILARITY * self.total // 100))

    def is_similar(self, shared: Sequence[SharedWord], weight: int) -> bool:
        """Whether a ticket with these words, of this weight, is similar."""
        return any(one.suffices for one in shared) or (len(shared) >= self.needed and weight >= self.least)

    def similarity(self, weight: int) -> int:
        """Shared weight in percent, at most 100."""
        return min(100, weight * 100 // self.total)


def compare_by(found: Sequence[SharedWord], unknown: int) -> Comparison:
    """Choose the words to compare tickets by, from the words of a text that tickets have."""
    heaviest = sorted(found, key=lambda one: (-one.weight, one.count, -len(one.word), one.word))[:COMPARED_WORDS]
    weights = [one.weight for one in heaviest] + [_UNKNOWN_WEIGHT] * unknown
    total = sum(sorted(weights, reverse=True)[:FULL_WORDS])
    needed = 1 if len(found) + unknown <= _FEW_WORDS else 2
    return Comparison(tuple(heaviest), total, needed)
