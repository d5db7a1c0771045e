"""Tracking numbers of known carriers, late parcels, and addresses of parcels still to send."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mcp.client import Client

from devkit.stores.databases import DatabaseUrls
from orders_mcp.models.carriers import CARRIERS, carrier_of, check_tracking_number, plain_number
from orders_mcp.sample_data.vocabulary import TRACKING_NUMBERS
from servicekit.core import Refused
from tests.fixtures.calls import call, refusal
from tests.fixtures.databases import owner_of

from .scene import one_of

PUBLISHED = {  # on the pages that the table names
    "DHL Express": ("1234567890", "JJD0099999999"),
    "DHL eCommerce": ("GM99999999999", "999999999999999999"),
    "DHL Parcel": ("3SBCC000123456", "JVGL9999999999"),
    "dhl freight": ("123-12345678", "1AB12345", "ABC123456", "ABC-DE-1234567", "1234-12345", "1234567"),
    "UPS": ("1Z 999 AA1 01 2345 6784", "9999 9999 9999", "T999 9999 999", "999999999"),
    "FedEx Ground": ("9999 9999 9999", "9999 9999 9999 999", "9612 0191 2345 6789 0123 45"),
    "usps": ("9400 1000 0000 0000 0000 00", "82 000 000 00", "EC 000 000 000 US", "7000 0000 0000 0000 0000"),
    "DPD": ("0150 5012 3456 78", "01505012345678W"),
    "GLS": ("12345678901", "XHAX4HDA"),
    "Evri": ("H00 12345678 90123",),
    "Hermes": ("12345678901234", "H1234567890123456789"),
    "Royal Mail": ("ab 1234 5678 9gb", "32-001 925 4000-221 BB4 EFC"),
}


@pytest.mark.parametrize("carrier", PUBLISHED)
def test_published_examples_are_accepted(carrier: str) -> None:
    assert carrier_of(carrier)
    for number in PUBLISHED[carrier]:
        check_tracking_number(carrier, plain_number(number))


@pytest.mark.parametrize("carrier", CARRIERS, ids=lambda one: one.name)
def test_wrong_numbers_are_refused_with_an_example(carrier: Any) -> None:
    assert carrier.has(carrier.example)
    for name in carrier.names:
        with pytest.raises(Refused, match=f"looks like {carrier.example}"):
            check_tracking_number(name.upper(), "Q1W2")


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("DHL 0034 0434 1610 9401 5902", "00340434161094015902"),
        ("dhl express: 123-4567890", "1234567890"),
        ("UPS #1Z999AA10123456784", "1Z999AA10123456784"),
        ("Royal Mail AB 1234 5678 9GB", "AB123456789GB"),
        ("upsala 123456", "UPSALA123456"),
        ("GLS12345", "GLS12345"),  # a Track ID
        ("DHL Express", "DHLEXPRESS"),
    ],
)
def test_carrier_before_a_number_is_not_part_of_it(typed: str, number: str) -> None:
    assert plain_number(typed) == number


@given(st.sampled_from(sorted(TRACKING_NUMBERS)), st.integers(0, 10**9 - 1))
def test_sample_data_has_numbers_of_its_carriers(carrier: str, number: int) -> None:
    check_tracking_number(carrier, TRACKING_NUMBERS[carrier].format(number))


@given(st.text("abcXYZ -", min_size=1), st.text("09AZ", min_size=4, max_size=40))
def test_unknown_carriers_have_any_number(carrier: str, number: str) -> None:
    check_tracking_number(f"Upsala {carrier}", number)


async def test_number_is_checked_stored_plain_and_found_as_typed(clerk: Client) -> None:
    order = await one_of(clerk, "paid")
    about = {"order_id": order["id"], "carrier": "dhl express"}
    text = await refusal(
        clerk, "create_shipment", **about, tracking_number="1z 999 aa1 01 2345 6784", idempotency_key=str(uuid4())
    )
    assert "1Z999AA10123456784 is not a number of DHL, which looks like 00340434161094015902" in text
    assert "It could be one of UPS." in text
    assert (await call(clerk, "get_order", order_id=order["id"])) == order
    (parcel,) = (await call(clerk, "create_shipment", **about, tracking_number="jjd-00 9999 9999"))["shipments"]
    assert parcel["tracking_number"] == "JJD0099999999"
    for text in ("JJD0099999999", "jjd 0099 999 999", "JJD-00-99999999"):
        assert [found["id"] for found in (await call(clerk, "search_orders", query=text))["items"]] == [order["id"]]
    follow = {"order_id": order["id"], "shipment_id": parcel["id"]}
    assert "is not a number of DHL" in await refusal(clerk, "update_tracking", **follow, tracking_number="Q1W2")


async def test_number_is_stored_and_found_without_the_carrier(clerk: Client) -> None:
    order = await one_of(clerk, "paid")
    number = "00340434161094015902"
    about = {"order_id": order["id"], "carrier": "DHL", "tracking_number": f"DHL {number}"}
    (parcel,) = (await call(clerk, "create_shipment", **about))["shipments"]
    assert parcel["tracking_number"] == number
    changed = await call(clerk, "update_tracking", shipment_id=f"DHL {number}", status="lost")
    assert [one["status"] for one in changed["shipments"]] == ["lost"]


async def test_number_sent_as_json_number_is_refused_with_the_reason(clerk: Client) -> None:
    text = await refusal(clerk, "update_tracking", shipment_id=34043416, status="lost")
    assert text.endswith("get_shipments finds it. Send it as text, not as a number.")


async def test_delay_is_counted_in_days_of_the_shop(clerk: Client, own: DatabaseUrls) -> None:
    zone = ZoneInfo("Pacific/Kiritimati")  # 14 hours ahead of UTC
    today = datetime.now(UTC).astimezone(zone).date()
    order = await one_of(clerk, "shipped")
    (parcel,) = order["shipments"]
    about = {"order_id": order["id"]}

    async def late() -> int | None:
        (one,) = (await call(clerk, "get_shipments", **about))["shipments"]
        assert (await call(clerk, "get_order", **about))["shipments"] == [one]
        days: int | None = one.get("days_late")
        return days

    async with owner_of(own) as connection:
        await connection.execute("UPDATE orders.tenants SET time_zone = $1 WHERE id = 'acme'", zone.key)
        write = "UPDATE orders.shipments SET status = $2, expected_on = $3, delivered_at = $4 WHERE id = $1"
        evening = datetime(2026, 6, 4, 11, tzinfo=UTC)  # the 5th in the shop
        for status, expected, delivered, days in (
            ("in_transit", today - timedelta(days=3), None, 3),
            ("in_transit", today, None, None),
            ("in_transit", None, None, None),
            ("lost", today - timedelta(days=3), None, None),
            ("delivered", evening.date(), evening, 1),
            ("delivered", evening.date() + timedelta(days=1), evening, None),
            ("delivered", evening.date() + timedelta(days=9), evening, None),
        ):
            await connection.execute(write, parcel["id"], status, expected, delivered)
            assert await late() == days, (status, expected)


async def test_address_changes_before_the_rest_or_a_replacement_is_sent(clerk: Client) -> None:
    order = await one_of(clerk, "paid")
    about = {"order_id": order["id"]}
    where = {**about, "shipping_address": "Ann Elsewhere, Quay 5, 1234 AB Town"}
    (parcel,) = (await call(clerk, "create_shipment", **about, carrier="DHL"))["shipments"]
    assert "lost or returned parcel to replace" in await refusal(
        clerk, "update_shipping_address", **where, idempotency_key=str(uuid4())
    )
    await call(clerk, "update_tracking", **about, shipment_id=parcel["id"], status="lost")
    changed = await call(clerk, "update_shipping_address", **where)
    assert "Quay 5" in changed["shipping_address"]
    await call(clerk, "create_shipment", **about, carrier="DHL", replaces=parcel["id"], idempotency_key=str(uuid4()))
    assert "cannot change" in await refusal(clerk, "update_shipping_address", **where, idempotency_key=str(uuid4()))
