"""Finds numbers of payment cards in text. This server stores none: PCI DSS 4.0, requirement 3.2."""

import re
import unicodedata
from typing import Final

from servicekit.core import Refused

_DIGITS: Final = re.compile(r"[0-9]+")
_GROUPS: Final = re.compile(r"[0-9]+(?:[\s.-]{1,3}[0-9]+)*")
_IBAN: Final = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2}\Z")  # letters before the digits of an account
_SHORTEST, _LONGEST = 13, 19
# Beginnings and lengths of Visa, Mastercard, American Express, Discover, JCB, Diners Club and UnionPay (ISO/IEC 7812).
_ISSUED: Final = re.compile(
    r"(?:4(?:\d{12}|\d{15}|\d{18})|5[1-5]\d{14}|2[2-7]\d{14}|3[47]\d{13}|(?:6011|64[4-9]\d|65\d\d)\d{12,15}"
    r"|35\d{14,17}|3(?:0[0-59]|[689]\d)\d{11,16}|62\d{14,17})"
)


def refuse_card_numbers(**texts: str | None) -> None:
    """Check arguments with free text.

    Raises:
        Refused: one contains the number of a payment card, which is not repeated.
    """
    for argument, text in texts.items():
        if text is not None and has_card_number(text):
            raise Refused(
                f"{argument} contains the number of a payment card. Leave it out: this server stores no card data, and "
                "the customer pays elsewhere."
            )


def has_card_number(text: str) -> bool:
    """Whether a text contains a number that a card can have, by its issuer, length and check digit."""
    plain = unicodedata.normalize("NFKC", text)
    return any(
        _in_groups(_DIGITS.findall(run[0]))
        for run in _GROUPS.finditer(plain)
        if not _IBAN.search(plain[max(0, run.start() - 3) : run.start()])
    )


def _in_groups(groups: list[str]) -> bool:
    for first in range(len(groups)):
        digits = ""
        for group in groups[first:]:
            digits += group
            if len(digits) > _LONGEST:
                break
            if len(digits) >= _SHORTEST and _ISSUED.fullmatch(digits) and _has_check_digit(digits):
                return True
    return False


def _has_check_digit(digits: str) -> bool:
    """The Luhn algorithm (ISO/IEC 7812-1, annex B)."""
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0
