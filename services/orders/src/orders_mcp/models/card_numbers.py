"""Finds numbers of payment cards in text. This server stores none: PCI DSS 4.0, requirement 3.2."""

import re
import unicodedata
from typing import Final

from pydantic import AfterValidator

from servicekit.core import Refused

_DIGITS: Final = re.compile(r"[0-9]+")
# Any signs divide the groups of a number, except those that divide the members of a list.
_GROUPS: Final = re.compile(r"[0-9]+(?:(?:[^\w,;:+]|_){1,3}[0-9]+)*")
_DATE: Final = re.compile(r"(?<![0-9])(?:0?[1-9]|[12][0-9]|3[01])([./-])(?:0?[1-9]|1[0-2])\1(?:19|20)[0-9]{2}(?![0-9])")
_IBAN: Final = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2}\Z")  # letters before the digits of an account
_SHORTEST, _LONGEST = 13, 19
_LONGEST_PHONE: Final = 15  # digits after the plus sign (ITU-T E.164)
# Beginnings and lengths of Visa, Mastercard, American Express, Discover, JCB, Diners Club and UnionPay (ISO/IEC 7812).
_ISSUED: Final = re.compile(
    r"(?:4(?:\d{12}|\d{15}|\d{18})|5[1-5]\d{14}|2[2-7]\d{14}|3[47]\d{13}|(?:6011|64[4-9]\d|65\d\d)\d{12,15}"
    r"|35\d{14,17}|3(?:0[0-59]|[689]\d)\d{11,16}|62\d{14,17})"
)


def _no_card_number(text: str) -> str:
    if has_card_number(text):
        raise ValueError(
            "contains the number of a payment card. Leave it out: this server stores no card data, and the customer "
            "pays elsewhere"
        )
    return text


NO_CARD_NUMBER: Final = AfterValidator(_no_card_number)
"""Annotation of every argument whose text is stored. The refusal does not repeat the text."""


def refuse_card_numbers(**texts: str | None) -> None:
    """Check texts that are stored already, or that a call makes.

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
    plain = _DATE.sub(",", _plain(text))
    return any(
        _in_groups(_DIGITS.findall(run[0]), phone=plain[: run.start()].endswith("+"))
        for run in _GROUPS.finditer(plain)
        if not _IBAN.search(plain[max(0, run.start() - 3) : run.start()])
    )


def _plain(text: str) -> str:
    """The text with digits of ASCII, and without signs that are not seen."""
    shown = (sign for sign in unicodedata.normalize("NFKC", text) if unicodedata.category(sign) != "Cf")
    return "".join(str(unicodedata.decimal(sign, sign)) for sign in shown)


def _in_groups(groups: list[str], *, phone: bool) -> bool:
    for first in range(len(groups)):
        shortest = _LONGEST_PHONE + 1 if phone and not first else _SHORTEST
        digits = ""
        for group in groups[first:]:
            digits += group
            if len(digits) > _LONGEST:
                break
            if len(digits) >= shortest and _ISSUED.fullmatch(digits) and _has_check_digit(digits):
                return True
    return False


def _has_check_digit(digits: str) -> bool:
    """The Luhn algorithm (ISO/IEC 7812-1, annex B)."""
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0
