"""Parses the free text of an order search."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from orders_mcp.models.identifiers import NUMBER_DIGITS, ORDER_NUMBER_PATTERN
from orders_mcp.models.search_terms import PHONE, phone_digits
from orders_mcp.models.status_words import InvalidQuery, without_statuses
from orders_mcp.models.statuses import OrderStatus
from servicekit.storage.search_terms import LAST_CHARACTER, WORD, fold

MAX_WORDS = 6
MIN_DIGITS = 6

Subject = Literal["buyer", "product"]

_NUMBER = re.compile(
    r"\A(?P<named>(?:ord(?:er)?(?:\s+(?:no|nr|number)\b[.:]?)?|#)?)[\s#_:-]*(?P<digits>[0-9]{1,12})[.?!]?"
)
_NUMBER_IN_TEXT = re.compile(r"\A(?:ord-?(?P<long>[0-9]{8,12})|#(?P<short>[0-9]{1,12}))")
_ADDRESS = re.compile(r"\A(?:[^\s@]*+@\S*+|[\w-]+(?:\.[\w-]+)+)")
_PHONE = re.compile(r"\A(?:(?:tele)?phone|tel|mobile)?[:.\s]*+\+?[0-9\s().\-/]{6,30}")
_TRACKING = re.compile(r"\A[A-Z0-9-]{6,40}")
_NAME_WORDS: Final = 3
"""Most words of a carrier's name beside a tracking number."""
_LONG_NUMBER: Final = 8
"""Characters of a number that is a tracking number among other words."""
_SUBJECTS: Final[dict[str, Subject]] = {
    **dict.fromkeys(("customer", "customers", "buyer", "buyers", "client", "company", "name", "named"), "buyer"),
    **dict.fromkeys(("product", "products", "item", "items", "sku", "article"), "product"),
}
_GENERAL = frozenset({"order", "orders", "all", "latest", "newest", "recent"})
_IGNORED_WORDS = frozenset({
    "order", "orders", "all", "status", "with", "the", "for", "of", "from", "in", "to", "by", "and", "or", "is", "are",
    "was", "but", "which", "that", "number", "no", "tracking", "parcel", "phone", "email", "city", "please", "show",
    "find", "list", "our", "where", "who", "bought", "has", "have", "my", "latest", "newest", "recent", "placed",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed query.

    Attributes:
        statuses: statuses that the text names; any of them.
        numbers: first and last order number, inclusive.
        words: prefixes of terms without the words of statuses and without words such as "orders"; all must match.
        literal: prefixes of every word, where `words` leaves some out: "Paid" is a name too.
        phone: prefix of the term of a phone number.
        tracking: spellings of a tracking number.
        subject: what the text says that its words are of.
        is_general: whether it says nothing but "all orders" or the like.
    """

    statuses: tuple[OrderStatus, ...] = ()
    numbers: tuple[str, str] | None = None
    words: tuple[str, ...] = ()
    literal: tuple[str, ...] = ()
    phone: str | None = None
    tracking: tuple[str, ...] = ()
    subject: Subject | None = None
    is_general: bool = False


_FILTERS: Final[dict[str, str]] = {
    **dict.fromkeys(
        (
            "today", "yesterday", "last", "since", "day", "days", "week", "weeks", "month", "months", "year", "january",
            "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
            "december",
        ),
        "Send days as from_day and to_day, such as from_day=2026-11-01.",
    ),
    **dict.fromkeys(
        ("over", "above", "under", "below", "more", "less", "than", "least", "most", "worth", "eur", "euro", "usd"),
        "Send amounts as currency, min_total_minor and max_total_minor.",
    ),
    **dict.fromkeys(
        ("largest", "biggest", "highest", "expensive", "top"),
        "Send largest=true with currency for the highest totals first.",
    ),
    **dict.fromkeys(("late", "lost", "returned"), "list_shipments and list_returns list parcels by their state."),
}  # fmt: skip
"""What to do instead of words that no text of an order has."""


def advice(words: Iterable[str]) -> str:
    """The arguments or tools that words seem to mean; else nothing."""
    return " ".join(_distinct(_FILTERS[word] for word in words if word in _FILTERS))


def parse_query(text: str) -> Query:
    """Read free text as order number, tracking number, phone number, statuses and words, or several of them.

    Raises:
        InvalidQuery: the text has no letter or digit, too many words, or excludes a status.
    """
    folded = fold(text).strip()
    if not WORD.search(folded):
        raise InvalidQuery("query has no letters or digits. Send a name, an e-mail, an order number or a status.")
    phone, tracking = _phone(folded), _tracking(folded)
    if number := _NUMBER.fullmatch(folded):
        named = bool(number["named"])
        return Query(
            numbers=number_range(number["digits"]),
            phone=None if named else phone,
            tracking=() if named else tracking,
        )
    if phone:
        return Query(phone=phone, tracking=tracking)
    numbers, words = _words(folded)
    statuses, rest = without_statuses(words)
    subjects = [_SUBJECTS[word] for word in rest if word in _SUBJECTS]
    significant = _distinct(word for word in rest if word not in _IGNORED_WORDS and word not in _SUBJECTS)
    literal = _distinct(words)
    is_general = False
    if not (significant or statuses or numbers):
        significant, is_general = literal, not _GENERAL.isdisjoint(literal)
    if len(significant) > MAX_WORDS:
        raise InvalidQuery(f"query has more than {MAX_WORDS} words. Send only a name, an e-mail or a number.")
    return Query(
        statuses=statuses,
        numbers=numbers,
        words=significant,
        literal=literal if significant and significant != literal and len(literal) <= MAX_WORDS else (),
        tracking=tracking,
        subject=subjects[0] if subjects else None,
        is_general=is_general,
    )


def _words(folded: str) -> tuple[tuple[str, str] | None, list[str]]:
    """An order number in the text, and the other words. An e-mail address or a domain is one word."""
    numbers: tuple[str, str] | None = None
    words: list[str] = []
    for token in folded.split():
        number = _NUMBER_IN_TEXT.fullmatch(token.rstrip(",;.?!"))
        if number and numbers is None:
            numbers = number_range(number["long"] or number["short"])
        elif _ADDRESS.fullmatch(token):
            words.append(token)
        else:
            words += WORD.findall(token)
    return numbers, words


def _distinct(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(words))


def _phone(folded: str) -> str | None:
    digits = phone_digits(folded) if _PHONE.fullmatch(folded) else ""
    return f"{PHONE}{digits[::-1]}" if len(digits) >= MIN_DIGITS else None


def _tracking(folded: str) -> tuple[str, ...]:
    """The spellings of a tracking number in which it may be stored: as it is, without hyphens, and without words beside
    it, such as the carrier's name."""
    words = [word for typed in folded.split() if (word := typed.rstrip(".,:;?!")) not in _IGNORED_WORDS]
    numbered = [place for place, word in enumerate(words) if any(letter.isdigit() for letter in word)]
    if not numbered:
        return ()
    first, last = numbered[0], numbered[-1] + 1
    spans = [(0, len(words))]
    spans += [
        (start, end)
        for start in range(max(0, first - _NAME_WORDS), first + 1)
        for end in range(last, min(len(words), last + _NAME_WORDS) + 1)
        if len("".join(words[start:end])) >= _LONG_NUMBER
    ]
    typed = ["".join(words[start:end]).upper() for start, end in spans]
    return _distinct(spelling for one in typed if _TRACKING.fullmatch(one) for spelling in (one, one.replace("-", "")))


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
