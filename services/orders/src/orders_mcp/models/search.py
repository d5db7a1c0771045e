"""Free text: how a query is understood."""

import re
from dataclasses import dataclass

from orders_mcp.models.identifiers import ORDER_NUMBER_PATTERN
from orders_mcp.models.orders import ORDER_STATUSES, OrderStatus
from servicekit.storage.search_terms import LAST_CHARACTER, WORD, fold

MAX_WORDS = 6
NUMBER_DIGITS = 8
MIN_DIGITS = 6

_NUMBER = re.compile(r"(ord(?:er)?)?[\s#_-]*(?P<digits>[0-9]{1,12})")
_ADDRESS = re.compile(r"\S*@\S*|[a-z0-9-]+(?:\.[a-z0-9-]+)+")
_IGNORED_WORDS = {"order", "orders", "all", "status", "with", "the"}
_STATUS_BY_WORD: dict[str, OrderStatus] = {status: status for status in ORDER_STATUSES} | {"canceled": "cancelled"}


@dataclass(frozen=True, slots=True)
class Query:
    """A free text, understood as exactly one of these.

    Attributes:
        status: the text was the word for a status.
        numbers: first and last order number, both included.
        prefixes: beginnings of customer terms, all of which must match.
    """

    status: OrderStatus | None = None
    numbers: tuple[str, str] | None = None
    prefixes: tuple[str, ...] = ()

    @property
    def notice(self) -> str:
        """How the text was understood, for whoever sent it. Never repeats the text."""
        if self.status:
            return f"The query was read as status={self.status}."
        if self.numbers:
            return "The query was read as an order number."
        return "The query was matched with the beginnings of words in customer names and e-mails."


class InvalidQuery(ValueError):
    """The text has nothing to search for, or too much; says which."""


def parse_query(text: str) -> Query:
    """Decide what a free text looks for: a status, an order number, or customers.

    Raises:
        NotSearchable: no letter or digit in it, or more than six words.
    """
    folded = fold(text).strip()
    words = WORD.findall(folded)
    if not words:
        raise InvalidQuery("The query has no letters or digits. Send a name, an e-mail, an order number or a status.")
    significant = [word for word in words if word not in _IGNORED_WORDS]
    if len(significant) == 1 and (status := _STATUS_BY_WORD.get(significant[0])):
        return Query(status=status)
    if number := _NUMBER.fullmatch(folded):
        return Query(numbers=number_range(number["digits"]))
    if _ADDRESS.fullmatch(folded):
        return Query(prefixes=(folded,))
    if len(words) > MAX_WORDS:
        raise InvalidQuery(f"The query has more than {MAX_WORDS} words. Send only a name, an e-mail or a number.")
    return Query(prefixes=tuple(dict.fromkeys(words)))


def number_range(digits: str) -> tuple[str, str]:
    """First and last order number meant by some digits.

    Digits that begin with a zero are the beginning of a number, and must leave few numbers open; other digits, when
    fewer than a number has, are its end: ``1234`` is ORD-00001234.

    Raises:
        NotSearchable: the beginning of too many numbers.
    """
    if len(digits) >= NUMBER_DIGITS or not digits.startswith("0"):
        number = f"ORD-{digits:0>{NUMBER_DIGITS}}"
        return number, number
    if len(digits) < MIN_DIGITS:
        raise InvalidQuery(f"An order number has {NUMBER_DIGITS} digits or more. Send at least the first {MIN_DIGITS}.")
    return f"ORD-{digits}", f"ORD-{digits}{LAST_CHARACTER}"


def is_order_number(reference: str) -> bool:
    """Whether a checked order reference is a number rather than an id."""
    return re.fullmatch(ORDER_NUMBER_PATTERN, reference) is not None
