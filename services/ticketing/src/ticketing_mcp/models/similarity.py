"""Similarity of texts, by their rarest words."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ticketing_mcp.models.search import QueryWord

FINGERPRINT_WORDS: Final = 8
"""Rarest words of a text that similar tickets are found by."""
MAX_COMPARED: Final = 60
"""First words of a text that its rarest words are chosen from."""
MIN_SIMILARITY: Final = 40
"""Percent of shared weight that makes a ticket similar."""
DUPLICATE_SIMILARITY: Final = 70
"""Percent of shared weight that makes a ticket a possible duplicate."""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """The rarest words of a text, for comparison with other tickets.

    Attributes:
        words: rarest words that other tickets have too.
        total: weight of all rarest words, including those that no other ticket has.
    """

    words: tuple[QueryWord, ...]
    total: int

    @property
    def least(self) -> int:
        """Least shared weight of a similar ticket."""
        return -(-MIN_SIMILARITY * self.total // 100)

    def similarity(self, weight: int) -> int:
        """Shared weight in percent of the total."""
        return weight * 100 // self.total


def fingerprint(words: Sequence[str], found: Sequence[QueryWord], own: int) -> Fingerprint:
    """Choose at most `FINGERPRINT_WORDS` rarest words.

    Up to half may be words that no other ticket has. They raise the total, so they lower every similarity.

    Args:
        words: all words of the text.
        found: the words that tickets have.
        own: 1 if the text is a ticket's own, which is counted in every word; else 0.
    """
    shared = [one for one in found if one.count > own]
    alone = min(len(words) - len(shared), FINGERPRINT_WORDS // 2)
    rarest = tuple(sorted(shared, key=lambda one: (one.count, one.word))[: FINGERPRINT_WORDS - alone])
    return Fingerprint(rarest, sum(one.rarity for one in rarest) + alone * QueryWord("", (), 0).rarity)
