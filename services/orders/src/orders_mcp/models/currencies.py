"""Currencies of ISO 4217: their codes, and the exponent that places the decimal point of an amount.

Source: list one of the maintenance agency (SIX), as the package `iso4217` carries it; `PUBLISHED` is its date. Codes
without a minor unit, such as XAU (gold), XTS (tests) and XXX (no currency), are left out: no price has them.
"""

from collections.abc import Iterable
from typing import Final

import iso4217

from servicekit.schema import nearest

__all__ = ["ALL_CODES", "CURRENT", "PUBLISHED", "WITHDRAWN", "code_of", "exponent", "similar_codes"]


PUBLISHED: Final = iso4217.__published__


def _listed() -> dict[str, tuple[str, int]]:
    entries = (entry for code, entry in iso4217.raw_table.items() if code)
    return {
        str(entry["Ccy"]): (str(entry["CcyNm"]), int(str(entry["CcyMnrUnts"])))
        for entry in entries
        if str(entry["CcyMnrUnts"]).isdigit()
    }


_LISTED: Final = _listed()
CURRENT: Final = {code: exponent for code, (_, exponent) in _LISTED.items()}
"""Exponent of each current currency."""

# Currencies of the editions from 2014 on that list one no longer has. Older orders may be in them.
WITHDRAWN: Final = {
    "ANG": 2, "BGN": 2, "BYR": 0, "CUC": 2, "HRK": 2, "LTL": 2, "MRO": 2, "SLL": 2, "STD": 2, "VEF": 2, "ZWL": 2,
}  # fmt: skip
"""Exponent of each withdrawn currency that orders may still have. No new price is in one."""

ALL_CODES: Final = tuple(sorted({*CURRENT, *WITHDRAWN}))

# Signs that one currency alone uses. `$`, `£`, `¥`, `₩` and `kr` are those of several.
_SIGNS: Final = {
    "€": "EUR", "US$": "USD", "R$": "BRL", "A$": "AUD", "CA$": "CAD", "HK$": "HKD", "NZ$": "NZD", "NT$": "TWD",
    "₹": "INR", "₺": "TRY", "₴": "UAH", "₽": "RUB", "₦": "NGN", "₪": "ILS", "₫": "VND", "฿": "THB", "ZŁ": "PLN",
    "KČ": "CZK",
}  # fmt: skip
# Names in use that the list has in a longer form. A name of several currencies, such as "dollar", is not here.
_USUAL_NAMES: Final = {
    "BAHT": "THB", "FORINT": "HUF", "HRYVNIA": "UAH", "KORUNA": "CZK", "NAIRA": "NGN", "RENMINBI": "CNY",
    "RINGGIT": "MYR", "RMB": "CNY", "RUPIAH": "IDR", "SHEKEL": "ILS", "STERLING": "GBP", "YUAN": "CNY",
}  # fmt: skip
# Words and signs of several currencies, with the likeliest.
_AMBIGUOUS: Final = {
    "$": ("USD", "CAD", "AUD"), "DOLLAR": ("USD", "CAD", "AUD"), "BUCK": ("USD",), "£": ("GBP",),
    "POUND": ("GBP", "EGP"),
    "¥": ("JPY", "CNY"), "₩": ("KRW",), "WON": ("KRW",), "KR": ("SEK", "NOK", "DKK"), "KRONA": ("SEK", "ISK"),
    "KRONE": ("NOK", "DKK"), "FRANC": ("CHF", "XOF", "XAF"), "PESO": ("MXN", "ARS", "CLP"), "RUPEE": ("INR", "PKR"),
    "DINAR": ("KWD", "BHD", "JOD"), "REAL": ("BRL",), "LIRA": ("TRY",),
}  # fmt: skip


_NAMES: Final = {name.upper(): code for code, (name, _) in _LISTED.items()} | _USUAL_NAMES


def code_of(text: str) -> str:
    """The code in ``eur``, ``Euro``, ``euros``, ``€`` or ``yen``; any other text unchanged."""
    word = " ".join(text.upper().split())
    if word in _SIGNS:
        return _SIGNS[word]
    if not text.isascii():  # another case of a foreign letter may look like a code
        return text
    if exponent(word) is not None:
        return word
    return _NAMES.get(word) or _NAMES.get(word.removesuffix("S"), text)


def similar_codes(text: str) -> Iterable[str]:
    """At most five codes that a text may mean, the likeliest first."""
    word = " ".join(text.upper().split())
    if found := _AMBIGUOUS.get(word) or _AMBIGUOUS.get(word.removesuffix("S")):
        return found
    near = nearest(text, {code: name for code, (name, _) in _LISTED.items()}, only_similar=True)
    return near[:3]


def exponent(code: str) -> int | None:
    """The number of decimal places of an amount; None for a code that no list has."""
    return CURRENT.get(code, WITHDRAWN.get(code))
