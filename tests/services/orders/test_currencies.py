"""The table of currencies against the published list, and the spellings that name one of them."""

import iso4217
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mcp.client import Client

from orders_mcp.models.currencies import ALL_CODES, CURRENT, PUBLISHED, WITHDRAWN, code_of, exponent
from orders_mcp.models.money import display
from tests.fixtures.calls import call, refusal

NOVEMBER = {"from_day": "2025-11-01", "to_day": "2025-11-30"}
# List one of 2026-01-01: every code that a shop can price in must stay known, as current or as withdrawn.
PINNED = (
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF "
    "CHW CLF CLP CNY COP COU CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD "
    "HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD "
    "MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN "
    "PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD "
    "TWD TZS UAH UGX USD USN UYI UYU UYW UZS VED VES VND VUV WST XAD XAF XCD XCG XOF XPF YER ZAR ZMW ZWG"
)


def test_table_equals_the_published_list() -> None:
    published = {
        node.findtext("Ccy"): node.findtext("CcyMnrUnts")
        for node in iso4217.raw_xml.iter("CcyNtry")
        if node.find("Ccy") is not None
    }
    assert len(published) > 170
    assert {code: str(digits) for code, digits in CURRENT.items()} == {
        code: digits for code, digits in published.items() if digits != "N.A."
    }
    assert iso4217.__published__ == PUBLISHED
    assert not set(CURRENT) & set(WITHDRAWN)


def test_no_known_currency_disappears_with_a_new_list() -> None:
    assert set(PINNED.split()) <= set(ALL_CODES)
    digits = {code: exponent(code) for code in ("JPY", "KWD", "EUR", "CLF", "UYW", "ISK", "HRK", "BYR")}
    assert digits == {"JPY": 0, "KWD": 3, "EUR": 2, "CLF": 4, "UYW": 4, "ISK": 0, "HRK": 2, "BYR": 0}


@given(st.integers(-(10**15), 10**15), st.sampled_from(ALL_CODES))
def test_shown_amount_reads_back_exactly(amount: int, code: str) -> None:
    number, shown_code = display(amount, code).split()
    _, _, decimals = number.partition(".")
    assert (int(number.replace(".", "")), len(decimals), shown_code) == (amount, exponent(code), code)


def test_amount_without_exponent_is_shown_as_minor_units() -> None:
    assert display(1999, "XAU") == "1999 minor units of XAU"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("eur", "EUR"), ("EURO", "EUR"), ("euros", "EUR"), ("€", "EUR"), ("yen", "JPY"), ("US dollar", "USD"),
        ("us  dollars", "USD"), ("Pound Sterling", "GBP"), ("R$", "BRL"), ("zł", "PLN"), ("kuwaiti dinar", "KWD"),
        ("yuan", "CNY"), ("₹", "INR"), ("hrk", "HRK"),
    ],
)  # fmt: skip
def test_certain_names_and_signs_are_read(text: str, code: str) -> None:
    assert code_of(text) == code


@pytest.mark.parametrize(
    "text", ["$", "£", "¥", "dollar", "peso", "mark", "gold", "uſd", "ＥＵＲ", "XAU", "XXX", "XTS", ""]
)
def test_uncertain_names_are_not_read(text: str) -> None:
    assert code_of(text) not in ALL_CODES


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("$", "Did you mean `USD` or `CAD` or `AUD`?"),
        ("GBPP", "`GBP`"),
        ("¥", "`JPY` or `CNY`"),
        ("XXX", "currency code of ISO 4217 such as EUR"),
        ("EUR USD", "currency code of ISO 4217 such as EUR"),
    ],
)
async def test_unknown_currency_is_refused_with_the_nearest(acme: Client, text: str, words: str) -> None:
    assert words in await refusal(acme, "sales_summary", **NOVEMBER, currency=text)
    assert words in await refusal(acme, "search_orders", currency=text)


@pytest.mark.parametrize("text", ["€", "euro", "eur"])
async def test_currency_is_taken_by_name_and_sign(acme: Client, text: str) -> None:
    found = await call(acme, "sales_summary", **NOVEMBER, currency=text)
    assert found == await call(acme, "sales_summary", **NOVEMBER, currency="EUR")


async def test_withdrawn_currency_without_orders_names_those_of_orders(acme: Client) -> None:
    assert "There is no order in the currency `HRK`" in await refusal(acme, "search_orders", currency="hrk")
