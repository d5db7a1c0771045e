"""Order numbers in texts, as the orders server takes them: ORD-00001234.

A number counts with the prefix ORD, or after a word for order: ``order 3996``, ``order no. 12``, ``Bestellung #3996``.
"""

import re
from collections.abc import Iterator
from typing import Final

from servicekit.storage.search_terms import fold

MAX_ORDER_NUMBERS: Final = 20
"""Order numbers listed per ticket."""

ORDER_MENTION: Final = "((?:ord|bestell|auftrag|commande|pedido|encomenda|zam.wieni|注文).{0,60}[0-9]*)"
"""POSIX regular expression of a passage that may have an order number, for stores that read passages of comments."""

_DIGITS: Final = 8
_WORDS: Final = (
    r"order|bestell(?:ung|nummer|nr\.?)|auftrag(?:snummer)?|commande|pedido|encomenda|zamowieni[ea]|ordine|注文(?:番号)?"
)  # fmt: skip
_MARK: Final = r"(?:#|no?[.°]?|nr\.?|num(?:ber|ero|mer)?|id|number)"
_HYPHENS: Final = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2212", "-"))
_NUMBER: Final = r"(?P<digits>[0-9]{1,12})(?![-_]?[0-9a-z]|[.,][0-9])"
# With a mark or the prefix any number is meant; after a mere word, one of four digits or more that is no year.
_ORDER: Final = re.compile(
    rf"(?<![a-z0-9-])(?:(?:{_WORDS})s?[ :]{{0,2}}(?P<mark>{_MARK}[ :.]{{0,2}}|ord[-_ #]{{0,2}})?"
    rf"|(?P<prefix>ord[-_ #]{{0,2}})){_NUMBER}"
)
_FOLLOWING: Final = re.compile(rf"(?:, ?| and | ?& ?| und | et | y ) ?(?:#|ord-)?{_NUMBER}")
_YEAR: Final = re.compile("(?:19|20)[0-9]{2}")
_LEAST_BARE: Final = 4


def order_numbers_in(*texts: str) -> list[str]:
    """The distinct order numbers of the texts, in order: at most `MAX_ORDER_NUMBERS`."""
    found = (digits for text in texts for digits in _digits_in(fold(text).translate(_HYPHENS)))
    numbers = dict.fromkeys(f"ORD-{digits.lstrip('0'):0>{_DIGITS}}" for digits in found if int(digits))
    return list(numbers)[:MAX_ORDER_NUMBERS]


def _digits_in(text: str) -> Iterator[str]:
    for match in _ORDER.finditer(text):
        if match["mark"] or match["prefix"] or _may_be_bare(match["digits"]):
            yield match["digits"]
            # orders 3996, 3997 and 4000
            following = _FOLLOWING.match(text, match.end())
            while following and _may_be_bare(following["digits"]):
                yield following["digits"]
                following = _FOLLOWING.match(text, following.end())


def _may_be_bare(digits: str) -> bool:
    return len(digits) >= _LEAST_BARE and not _YEAR.fullmatch(digits)
