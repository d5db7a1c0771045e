"""Orders in several parcels, and parcels that are sent again."""

from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mcp.client import Client

from orders_mcp.models.lines import OrderLine
from orders_mcp.models.orders import Order
from orders_mcp.models.parcels import pieces_to_send, replaceable_pieces, with_parcel
from orders_mcp.models.shipments import Shipment, ShipmentStatus, ShippedLine
from orders_mcp.models.shipping import NEXT_SHIPMENT_STATUSES, Parcel, sent_in, shipping
from servicekit.core import Refused
from tests.fixtures.calls import call, confirmed, refusal

from .refund_orders import item, order, payment
from .scene import one_of, stock_of


async def paid_with_pieces(client: Client, least: int = 2) -> dict[str, Any]:
    """A paid order whose first line has several pieces, or that has several lines."""
    for place in range(60):
        found = await one_of(client, "paid", place)
        if sum(line["quantity"] for line in found["items"]) >= least:
            return found
    raise AssertionError("no paid order has as many pieces")


def one_piece(order: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"sku": order["items"][0]["sku"], "quantity": 1}]


async def on_hand(client: Client, sku: str, location: str) -> int:
    locations = (await stock_of(client, sku))["locations"]
    found: int = next(shelf["on_hand"] for shelf in locations if shelf["location"] == location)
    return found


async def test_an_order_is_sent_in_two_parcels(clerk: Client) -> None:
    before = await paid_with_pieces(clerk)
    about = {"order_id": before["number"], "carrier": "DHL"}
    first = await call(clerk, "create_shipment", **about, lines=one_piece(before))
    assert (first["status"], first["version"]) == ("partially_shipped", before["version"] + 1)
    assert first["shipments"][0]["lines"] == one_piece(before)
    assert (await call(clerk, "get_order", order_id=before["id"]))["items"][0]["shipped"] == 1
    assert "cannot" in (await call(clerk, "quote_cancellation", order_id=before["id"]))["explanation"]
    second = await call(clerk, "create_shipment", **about)
    assert second["status"] == "shipped"
    now = await call(clerk, "get_order", order_id=before["id"])
    assert all(line["shipped"] == line["quantity"] for line in now["items"])
    for parcel, status in zip(second["shipments"], ("shipped", "delivered"), strict=True):
        changed = await call(
            clerk, "update_tracking", order_id=before["id"], shipment_id=parcel["id"], status="delivered"
        )
        assert changed["status"] == status


async def test_a_parcel_takes_its_pieces_out_of_the_stock(clerk: Client) -> None:
    before = await paid_with_pieces(clerk)
    sku = before["items"][0]["sku"]
    shelf = await on_hand(clerk, sku, "sin-1")
    sent = await call(
        clerk, "create_shipment", order_id=before["id"], carrier="UPS", lines=one_piece(before), location="singapore"
    )
    assert "notice" not in sent or sent["notice"] is None
    assert await on_hand(clerk, sku, "sin-1") == shelf - 1


async def test_a_lost_parcel_is_replaced(clerk: Client) -> None:
    before = await one_of(clerk, "paid")
    sent = await call(clerk, "create_shipment", order_id=before["id"], carrier="DHL")
    (lost,) = sent["shipments"]
    about = {"order_id": before["id"], "carrier": "UPS", "replaces": lost["id"]}
    assert "mark it as lost or returned" in await refusal(clerk, "create_shipment", **about)
    await call(clerk, "update_tracking", order_id=before["id"], shipment_id=lost["id"], status="lost")
    assert "replaces" in await refusal(
        clerk, "create_shipment", order_id=before["id"], carrier="UPS", idempotency_key=str(uuid4())
    )
    again = await call(clerk, "create_shipment", **about, idempotency_key=str(uuid4()))
    assert again["status"] == "shipped"
    new = again["shipments"][1]
    assert (new["replaces"], new["lines"]) == (lost["id"], lost["lines"])
    now = await call(clerk, "get_order", order_id=before["id"])
    assert all(line["shipped"] == line["quantity"] for line in now["items"])
    event = (await call(clerk, "get_order_timeline", order_id=before["id"]))["items"][-1]
    assert event["kind"] == "shipped"
    assert "Replaces the lost parcel with DHL" in event["note"]
    assert "in this parcel that can be sent again" in await refusal(
        clerk, "create_shipment", **about, idempotency_key=str(uuid4())
    )
    arrived = await call(clerk, "update_tracking", order_id=before["id"], shipment_id=new["id"], status="delivered")
    assert arrived["status"] == "delivered"


async def test_half_of_a_lost_parcel_is_refunded_and_half_replaced(clerk: Client) -> None:
    before = await paid_with_pieces(clerk)
    (lost,) = (await call(clerk, "create_shipment", order_id=before["id"], carrier="DHL"))["shipments"]
    await call(clerk, "update_tracking", order_id=before["id"], shipment_id=lost["id"], status="lost")
    await confirmed(clerk, "issue_refund", order_id=before["id"], reason="not_received", lines=one_piece(before))
    sent = await call(clerk, "create_shipment", order_id=before["id"], carrier="DHL", replaces=lost["id"])
    pieces = {line["sku"]: line["quantity"] for line in sent["shipments"][-1]["lines"]}
    wanted = {line["sku"]: line["quantity"] for line in before["items"]}
    wanted[before["items"][0]["sku"]] -= 1
    assert pieces == {sku: count for sku, count in wanted.items() if count}
    new = sent["shipments"][-1]["id"]
    arrived = await call(clerk, "update_tracking", order_id=before["id"], shipment_id=new, status="delivered")
    assert arrived["status"] == "delivered"


async def test_pieces_of_a_lost_parcel_come_back_with_it(clerk: Client) -> None:
    before = await paid_with_pieces(clerk)
    sku = before["items"][0]["sku"]
    (lost,) = (await call(clerk, "create_shipment", order_id=before["id"], carrier="DHL"))["shipments"]
    follow = {"order_id": before["id"], "shipment_id": lost["id"]}
    await call(clerk, "update_tracking", **follow, status="lost")
    refund = {"order_id": before["id"], "reason": "not_received", "lines": one_piece(before)}
    shelf = await on_hand(clerk, sku, "ams-1")
    text = await refusal(clerk, "issue_refund", **refund, restock="ams-1", idempotency_key=str(uuid4()))
    assert f"only 0 of 1 pieces of {sku}" in text
    assert f"Its other pieces: {before['items'][0]['quantity']} lost. Leave restock out" in text
    assert "its parcel is lost" in await refusal(clerk, "request_return", order_id=before["id"], reason="other")
    assert await on_hand(clerk, sku, "ams-1") == shelf
    await call(clerk, "update_tracking", **follow, status="returned")
    (back,) = (await call(clerk, "get_order", order_id=before["id"]))["returns"]
    assert [line["quantity"] for line in back["lines"]] == [line["quantity"] for line in before["items"]]


async def test_refund_of_what_was_not_sent_completes_the_order(clerk: Client) -> None:
    before = await paid_with_pieces(clerk)
    await call(clerk, "create_shipment", order_id=before["id"], carrier="DHL", lines=one_piece(before))
    rest = {line["sku"]: line["quantity"] for line in before["items"]}
    rest[before["items"][0]["sku"]] -= 1
    lines = [{"sku": sku, "quantity": count} for sku, count in rest.items() if count]
    done = await confirmed(clerk, "issue_refund", order_id=before["id"], reason="changed_mind", lines=lines)
    assert done["status"] == "shipped"


async def test_wrong_parcels_are_refused(refused_clerk: Client) -> None:
    paid, delivered = await one_of(refused_clerk, "paid"), await one_of(refused_clerk, "delivered")
    sku, quantity = paid["items"][0]["sku"], paid["items"][0]["quantity"]
    for target, arguments, words in (
        (paid, {"lines": [{"sku": sku, "quantity": quantity + 1}]}, f"only {quantity} of {quantity} pieces of {sku}"),
        (paid, {"lines": [{"sku": "NON-0001"}]}, "There is no product NON-0001 in order"),
        (paid, {"lines": []}, "lines"),
        (paid, {"replaces": str(uuid4())}, "no parcel can be replaced"),
        (delivered, {"replaces": str(uuid4())}, "no parcel with this replaces"),
        (paid, {"location": "atlantis"}, "There is no warehouse `atlantis`"),
    ):
        text = await refusal(
            refused_clerk,
            "create_shipment",
            order_id=target["id"],
            carrier="DHL",
            **arguments,
            idempotency_key=str(uuid4()),
        )
        assert words in text
    for target in (paid, delivered):
        assert await call(refused_clerk, "get_order", order_id=target["id"]) == target


SKUS = ("LMP-0001", "MUG-0001")


def sent(it: Order, parcel: Parcel) -> Order:
    """The order after a parcel was sent."""
    update = shipping(it, parcel)
    replaced = update.shipment and update.shipment.replaces
    lines = [ShippedLine(sku=sku, quantity=count) for sku, count in sent_in(update).items()]
    return with_parcel(it, Shipment(id=uuid4(), status="in_transit", carrier="DHL", replaces=replaced, lines=lines))


@given(st.data())
def test_no_sequence_of_parcels_brings_more_than_was_ordered(data: st.DataObject) -> None:
    it = order("paid", payment(900), items=[item(sku, data.draw(st.integers(1, 3)), 100) for sku in SKUS])
    for _ in range(data.draw(st.integers(1, 8))):
        parcel = data.draw(st.sampled_from(it.shipments)) if it.shipments else None
        step = data.draw(st.sampled_from(("send", "replace", "track"))) if parcel else "send"
        if step == "track" and parcel and NEXT_SHIPMENT_STATUSES[parcel.status]:
            status: ShipmentStatus = data.draw(st.sampled_from(NEXT_SHIPMENT_STATUSES[parcel.status]))
            found_again = parcel.status == "lost" and status in ("in_transit", "delivered")
            if not found_again:
                it = with_parcel(it, parcel.model_copy(update={"status": status}))
        elif step != "track":
            line = OrderLine(sku=data.draw(st.sampled_from(SKUS)), quantity=data.draw(st.integers(1, 3)))
            try:
                replaced = str(parcel.id) if parcel and step == "replace" else None
                it = sent(it, Parcel("DHL", lines=[line], replaces=replaced))
            except Refused:
                continue
        for line_of in it.items:
            assert 0 <= line_of.shipped <= line_of.quantity
            kept = sum(
                one.pieces.get(line_of.sku, 0)
                - sum(new.pieces.get(line_of.sku, 0) for new in it.shipments if new.replaces == one.id)
                for one in it.shipments
                if one.status not in ("lost", "returned")
            )
            assert kept + pieces_to_send(it)[line_of.sku] <= line_of.quantity
        assert (it.status == "partially_shipped") == (any(pieces_to_send(it).values()) and bool(it.shipments))
        if it.status == "delivered":
            assert not any(one.status in ("preparing", "in_transit") for one in it.shipments)
        assert all(min(replaceable_pieces(it, one).values()) >= 0 for one in it.shipments)


@pytest.mark.parametrize("status", ["draft", "pending", "cancelled", "refunded"])
def test_only_paid_orders_are_sent(status: Any) -> None:
    with pytest.raises(Refused, match="Only paid orders"):
        shipping(order(status, payment(100)), Parcel("DHL"))
