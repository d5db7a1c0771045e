"""Replacements: their stock, their numbers, parcels named by number, and expected days."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from mcp.client import Client

from devkit.stores.databases import DatabaseUrls
from tests.fixtures.calls import call, refusal
from tests.fixtures.databases import owner_of

from .scene import one_of, stock_of

LOST = "1Z999AA10123456784"


async def lost_parcel(client: Client, **sent: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """An order and its lost parcel."""
    order = await one_of(client, "paid")
    about = {"order_id": order["id"], "carrier": "UPS", "tracking_number": LOST, **sent}
    (parcel,) = (await call(client, "create_shipment", **about))["shipments"]
    await call(client, "update_tracking", order_id=order["id"], shipment_id=parcel["id"], status="lost")
    return order, parcel


async def in_one_parcel(client: Client) -> dict[str, Any]:
    """A delivered order with one parcel and no refund."""
    for place in range(60):
        order = await one_of(client, "delivered", place)
        if len(order["shipments"]) == 1 and not order["refund_requests"]:
            return order
    raise AssertionError("no delivered order fits")


async def on_hand(client: Client, sku: str) -> dict[str, int]:
    return {shelf["location"]: shelf["on_hand"] for shelf in (await stock_of(client, sku))["locations"]}


def one_piece(order: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"sku": order["items"][0]["sku"], "quantity": 1}]


async def test_a_replacement_leaves_the_warehouse_of_the_replaced_parcel(clerk: Client) -> None:
    order, parcel = await lost_parcel(clerk, location="ams-1")
    assert parcel["location"] == "ams-1"
    sku = order["items"][0]["sku"]
    before = await on_hand(clerk, sku)
    about = {"order_id": order["id"], "carrier": "UPS", "replaces": LOST, "lines": one_piece(order)}
    sent = await call(clerk, "create_shipment", **about)
    assert sent["notice"] == "Taken from ams-1, as the replaced parcel was."
    assert sent["shipments"][-1]["location"] == "ams-1"
    assert await on_hand(clerk, sku) == {**before, "ams-1": before["ams-1"] - 1}


async def test_a_replacement_needs_a_warehouse_that_has_the_pieces(clerk: Client) -> None:
    order = await in_one_parcel(clerk)
    sku, left = order["items"][0]["sku"], await stock_of(clerk, order["items"][0]["sku"])
    about = {"order_id": order["id"], "carrier": "UPS", "replaces": order["shipments"][0]["id"]}
    words = await refusal(clerk, "create_shipment", **about, lines=one_piece(order))
    has = ", ".join(f"{shelf['location']} {shelf['available']}" for shelf in left["locations"] if shelf["available"])
    assert f"location is missing: the warehouse that sends the replacement. Available: {sku} {has}." in words
    assert await stock_of(clerk, sku) == left
    assert await call(clerk, "get_order", order_id=order["id"]) == order


async def test_a_replacement_has_a_number_of_its_own(clerk: Client) -> None:
    order, parcel = await lost_parcel(clerk, location="ams-1")
    about = {"order_id": order["id"], "carrier": "UPS", "replaces": parcel["id"], "lines": one_piece(order)}
    words = await refusal(clerk, "create_shipment", **about, tracking_number=LOST, idempotency_key=str(uuid4()))
    assert f"tracking_number {LOST} is the number of the lost parcel" in words
    new = (await call(clerk, "create_shipment", **about, idempotency_key=str(uuid4())))["shipments"][-1]
    follow = {"order_id": order["id"], "shipment_id": new["id"]}
    assert "is the number of the lost parcel" in await refusal(clerk, "update_tracking", **follow, tracking_number=LOST)


async def test_a_number_that_another_parcel_has_is_named(clerk: Client) -> None:
    order, _ = await lost_parcel(clerk)
    other = await one_of(clerk, "paid")
    sent = await call(clerk, "create_shipment", order_id=other["id"], carrier="UPS", tracking_number=LOST)
    words = f"Tracking number {LOST} is also that of a parcel of {order['number']}."
    assert words in sent["notice"]
    (parcel,) = sent["shipments"]
    about = {"order_id": other["id"], "shipment_id": parcel["id"], "tracking_number": LOST}
    assert words in (await call(clerk, "update_tracking", **about))["notice"]


async def test_a_parcel_is_named_by_its_number_or_its_order(clerk: Client) -> None:
    order, parcel = await lost_parcel(clerk, location="ams-1")
    about = {"order_id": order["id"]}
    by_order = {"shipment_id": order["number"], "status": "delivered", "idempotency_key": str(uuid4())}
    words = await refusal(clerk, "update_tracking", **about, **by_order)
    assert "has no parcels under way (shipment_id). Take the id from get_shipments. Its parcels: lost with UPS" in words
    again = {"carrier": "UPS", "replaces": parcel["id"], "lines": one_piece(order)}
    await call(clerk, "create_shipment", **about, **again)
    found = await call(clerk, "update_tracking", **about, shipment_id="1z 999 aa1 01 2345 6784", status="in_transit")
    assert [one["status"] for one in found["shipments"]] == ["in_transit", "in_transit"]
    words = await refusal(clerk, "update_tracking", **about, **{**by_order, "idempotency_key": str(uuid4())})
    assert "has 2 parcels under way (shipment_id)" in words
    await call(clerk, "update_tracking", **about, shipment_id=LOST, status="delivered")
    done = await call(clerk, "update_tracking", **about, **{**by_order, "idempotency_key": str(uuid4())})
    assert {one["status"] for one in done["shipments"]} == {"delivered"}


async def test_a_lost_parcel_that_arrives_beside_its_replacement_is_named(clerk: Client) -> None:
    order, parcel = await lost_parcel(clerk, location="ams-1")
    sku, quantity = order["items"][0]["sku"], order["items"][0]["quantity"]
    about = {"order_id": order["id"]}
    again = {"carrier": "UPS", "replaces": parcel["id"], "lines": one_piece(order)}
    new = (await call(clerk, "create_shipment", **about, **again))["shipments"][-1]
    arrived = await call(clerk, "update_tracking", **about, shipment_id=parcel["id"], status="delivered")
    assert (
        f"It was sent again: in_transit with UPS ({new['id']}). So the customer gets these pieces" in arrived["notice"]
    )
    both = await call(clerk, "update_tracking", **about, shipment_id=new["id"], status="delivered")
    assert not both.get("notice")
    wish = {"reason": "other", "lines": [{"sku": sku, "quantity": quantity + 1}]}
    assert (await call(clerk, "request_return", **about, **wish))["lines"][0]["quantity"] == quantity + 1


async def test_no_parcel_is_expected_before_it_was_sent(clerk: Client) -> None:
    order = await one_of(clerk, "shipped")
    (parcel,) = order["shipments"]
    about = {"order_id": order["id"], "shipment_id": parcel["id"], "expected_on": "2020-01-01"}
    words = await refusal(clerk, "update_tracking", **about)
    assert f"expected_on 2020-01-01 is before the day on which the parcel was sent, {parcel['shipped_at'][:7]}" in words


async def test_a_parcel_is_found_without_its_order(clerk: Client) -> None:
    order, parcel = await lost_parcel(clerk)
    for number, status in (("1z 999 aa1 01 2345 6784", "in_transit"), (parcel["id"], "lost"), (LOST, "delivered")):
        changed = await call(clerk, "update_tracking", shipment_id=number, status=status)
        assert (changed["number"], changed["shipments"][0]["status"]) == (order["number"], status)
    for unknown in ("1Z999AA10123456785", str(uuid4())):
        text = await refusal(clerk, "update_tracking", shipment_id=unknown, status="lost")
        assert "(shipment_id). search_orders finds its order by tracking number" in text


async def test_a_number_of_several_orders_needs_the_order(clerk: Client) -> None:
    order, parcel = await lost_parcel(clerk)
    other = await one_of(clerk, "paid")
    sent = await call(clerk, "create_shipment", order_id=other["id"], carrier="UPS", tracking_number=LOST)
    text = await refusal(clerk, "update_tracking", shipment_id=LOST, status="in_transit")
    for named in (order, parcel, other, sent["shipments"][0]):
        assert named.get("number", named["id"]) in text
    assert "Give order_id too" in text
    changed = await call(clerk, "update_tracking", shipment_id=LOST, order_id=other["number"], status="delivered")
    assert changed["number"] == other["number"]
    third = await one_of(clerk, "paid")
    text = await refusal(clerk, "update_tracking", shipment_id=LOST, order_id=third["id"], status="lost")
    assert f"Order {third['number']} has no parcel with this shipment_id" in text


async def test_a_new_parcel_is_not_expected_in_the_past(clerk: Client, own: DatabaseUrls) -> None:
    order = await one_of(clerk, "paid")
    about = {"order_id": order["id"], "carrier": "UPS"}
    write = "UPDATE orders.tenants SET time_zone = $1"
    async with owner_of(own) as connection:
        await connection.execute(write, "Pacific/Kiritimati")
        today = datetime.now(ZoneInfo("Pacific/Kiritimati")).date()
        before = str(today - timedelta(days=1))
        text = await refusal(clerk, "create_shipment", **about, expected_on=before)
        assert f"expected_on {before} is past: for the shop, today is {today}." in text
        await connection.execute(write, "Pacific/Pago_Pago")  # 25 hours behind
    sent = await call(clerk, "create_shipment", **about, expected_on=before, idempotency_key=str(uuid4()))
    assert sent["shipments"][0]["expected_on"] == before
