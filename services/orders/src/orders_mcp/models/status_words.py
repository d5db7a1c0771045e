"""Words of an order's status in free text."""

from collections.abc import Sequence
from typing import Final

from orders_mcp.models.statuses import ORDER_STATUSES, OrderStatus

_SPELLINGS: Final[dict[str, tuple[OrderStatus, ...]]] = {
    **{status.replace("_", " "): (status,) for status in ORDER_STATUSES},
    **dict.fromkeys(("not paid", "not yet paid", "unpaid", "owed", "outstanding"), ("pending",)),
    **dict.fromkeys(
        ("not sent", "not yet sent", "not shipped", "not yet shipped", "unsent", "unshipped", "to ship"), ("paid",)
    ),
    **dict.fromkeys(("sent", "in transit", "on the way", "not delivered", "not yet delivered"), ("shipped",)),
    "undelivered": ("shipped",),
    **dict.fromkeys(("partly shipped", "partly sent", "partially sent"), ("partially_shipped",)),
    "arrived": ("delivered",),
    "canceled": ("cancelled",),
    "drafts": ("draft",),
}
_PHRASES = {tuple(spelling.split()): statuses for spelling, statuses in _SPELLINGS.items()}
_LONGEST = max(map(len, _PHRASES))
_NEGATIONS = frozenset({"not", "non", "no", "without", "except"})


class InvalidQuery(ValueError):
    """A search text cannot be read, as the message says."""


def without_statuses(words: Sequence[str]) -> tuple[tuple[OrderStatus, ...], list[str]]:
    """The statuses that the words name, and the other words.

    Raises:
        InvalidQuery: the words exclude a status that has no other name.
    """
    statuses: list[OrderStatus] = []
    rest: list[str] = []
    place = 0
    while place < len(words):
        for length in range(_LONGEST, 0, -1):
            phrase = tuple(words[place : place + length])
            if len(phrase) == length and phrase in _PHRASES:
                break
        else:
            rest.append(words[place])
            place += 1
            continue
        if rest and rest[-1] in _NEGATIONS:
            raise InvalidQuery("query excludes a status. Send the statuses to find as status, such as paid, shipped.")
        statuses += _PHRASES[phrase]
        place += length
    return tuple(dict.fromkeys(statuses)), rest
