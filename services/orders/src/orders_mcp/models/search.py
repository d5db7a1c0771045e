"""Parses the free text of an order search."""

import re
from dataclasses import dataclass

from orders_mcp.models.identifiers import NUMBER_DIGITS, ORDER_NUMBER_PATTERN
from orders_mcp.models.statuses import ORDER_STATUSES, OrderStatus
from servicekit.storage.search_terms import LAST_CHARACTER, WORD, fold

MAX_WORDS = 6
MIN_DIGITS = 6

_NUMBER = re.compile(r"\A(ord(?:er)?)?[\s#_-]*(?P<digits>[0-9]{1,12})")
_ADDRESS = re.compile(r"\A(?:[^\s@]*+@\S*+|[a-z0-9-]+(?:\.[a-z0-9-]+)+)")
_IGNORED_WORDS = {"order", "orders", "all", "status", "with", "the"}
_STATUS_BY_WORD: dict[str, OrderStatus] = {status: status for status in ORDER_STATUSES} | {"canceled": "cancelled"}


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed query; exactly one attribute is set.

    Attributes:
        status: the text names a status.
        numbers: first and last order number, inclusive.
        prefixes: prefixes of customer terms; all must match.
    """

    status: OrderStatus | None = None
    numbers: tuple[str, str] | None = None
    prefixes: tuple[str, ...] = ()

    @property
    def notice(self) -> str:
        """How the query was read, for the caller. Never repeats the text."""
        if self.status:
            return f"The query was read as status={self.status}."
        if self.numbers:
            return "The query was read as an order number."
        return "The query was matched as prefixes of customer names and e-mails."


class InvalidQuery(ValueError):
    """The query has no words, or too many, as the message says."""


def parse_query(text: str) -> Query:
    """Read free text as a status, an order number, or customer terms.

    Raises:
        InvalidQuery: the text has no letter or digit, or too many words.
    """
    folded = fold(text).strip()
    words = WORD.findall(folded)
    if not words:
        raise InvalidQuery("query has no letters or digits. Send a name, an e-mail, an order number or a status.")
    significant = [word for word in words if word not in _IGNORED_WORDS]
    if len(significant) == 1 and (status := _STATUS_BY_WORD.get(significant[0])):
        return Query(status=status)
    if number := _NUMBER.fullmatch(folded):
        return Query(numbers=number_range(number["digits"]))
    if _ADDRESS.fullmatch(folded):
        return Query(prefixes=(folded,))
    if len(words) > MAX_WORDS:
        raise InvalidQuery(f"query has more than {MAX_WORDS} words. Send only a name, an e-mail or a number.")
    return Query(prefixes=tuple(dict.fromkeys(words)))


def number_range(digits: str) -> tuple[str, str]:
    """First and last order number that match some digits.

    Digits with a leading zero are a prefix, of at least `MIN_DIGITS` digits. Other short digits are padded: ``1234`` is
    ORD-00001234.

    Raises:
        InvalidQuery: the prefix is too short.
    """
    if len(digits) >= NUMBER_DIGITS or not digits.startswith("0"):
        number = f"ORD-{digits:0>{NUMBER_DIGITS}}"
        return number, number
    if len(digits) < MIN_DIGITS:
        raise InvalidQuery(f"query is too short for an order number. Send at least its first {MIN_DIGITS} digits.")
    return f"ORD-{digits}", f"ORD-{digits}{LAST_CHARACTER}"


def is_order_number(reference: str) -> bool:
    """Whether a validated order reference is a number rather than an id."""
    return re.fullmatch(ORDER_NUMBER_PATTERN, reference) is not None
