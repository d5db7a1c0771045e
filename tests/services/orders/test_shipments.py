"""Shipping orders and tracking parcels."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from mcp.client import Client

from devkit.stores.databases import DatabaseUrls
from orders_mcp.models.shipments import ShipmentStatus
from orders_mcp.models.shipping import NEXT_SHIPMENT_STATUSES
from tests.fixtures.calls import call, refusal
from tests.fixtures.databases import owner_of

from .scene import one_of

STATUSES = tuple(NEXT_SHIPMENT_STATUSES)


async def kinds(client: Client, order: dict[str, Any]) -> list[str]:
    return [event["kind"] for event in (await call(client, "get_order_timeline", order_id=order["id"]))["items"]]


async def test_paid_order_is_shipped_tracked_and_delivered(clerk: Client) -> None:
    order = await one_of(clerk, "paid")
    before = await kinds(clerk, order)
    soon, later = (str(datetime.now(UTC).date() + timedelta(days=days)) for days in (3, 8))
    sent = await call(clerk, "create_shipment", order_id=order["number"], carrier="DHL", expected_on=soon)
    assert (sent["status"], sent["version"]) == ("shipped", order["version"] + 1)
    (parcel,) = sent["shipments"]
    assert {name: parcel.get(name) for name in ("status", "carrier", "tracking_number", "expected_on")} == {
        "status": "in_transit",
        "carrier": "DHL",
        "tracking_number": None,
        "expected_on": soon,
    }
    assert parcel["shipped_at"]
    follow = {"order_id": order["id"], "shipment_id": parcel["id"]}
    numbered = await call(clerk, "update_tracking", **follow, tracking_number="jjd 00-99999999")
    assert numbered["shipments"] == [{**parcel, "tracking_number": "JJD0099999999"}]
    lost = await call(clerk, "update_tracking", **follow, status="lost", expected_on=later)
    assert (lost["status"], lost["shipments"][0]["status"]) == ("shipped", "lost")
    arrived = await call(clerk, "update_tracking", **follow, status="delivered")
    assert arrived["status"] == "delivered"
    assert arrived == await call(clerk, "get_shipments", order_id=order["id"])
    assert arrived["shipments"][0]["delivered_at"] >= parcel["shipped_at"] == arrived["shipments"][0]["shipped_at"]
    assert arrived["shipments"][0]["expected_on"] == later
    assert await kinds(clerk, order) == [*before, "shipped", *["tracking_changed"] * 3, "delivered"]
    assert arrived["version"] == order["version"] + 4


async def test_order_is_delivered_with_its_last_parcel(clerk: Client, own: DatabaseUrls) -> None:
    order = await one_of(clerk, "shipped")
    async with owner_of(own) as connection:
        await connection.execute(
            "INSERT INTO orders.shipments (tenant_id, order_id, status, carrier, shipped_at) "
            "SELECT tenant_id, order_id, 'in_transit', 'UPS', shipped_at FROM orders.shipments WHERE order_id = $1",
            order["id"],
        )
        await connection.execute("UPDATE orders.shipments SET status = 'in_transit' WHERE order_id = $1", order["id"])
    parcels = (await call(clerk, "get_shipments", order_id=order["id"]))["shipments"]
    statuses = [
        (await call(clerk, "update_tracking", order_id=order["id"], shipment_id=parcel["id"], status="delivered"))[
            "status"
        ]
        for parcel in parcels
    ]
    assert statuses == ["shipped", "delivered"]


async def test_tracking_keeps_a_refunded_order_refunded(clerk: Client, own: DatabaseUrls) -> None:
    order = await one_of(clerk, "shipped")
    async with owner_of(own) as connection:
        await connection.execute("UPDATE orders.orders SET status = 'refunded' WHERE id = $1", order["id"])
        await connection.execute("UPDATE orders.shipments SET status = 'in_transit' WHERE order_id = $1", order["id"])
    (parcel,) = order["shipments"]
    changed = await call(clerk, "update_tracking", order_id=order["id"], shipment_id=parcel["id"], status="delivered")
    assert (changed["status"], changed["shipments"][0]["status"]) == ("refunded", "delivered")
    assert (await kinds(clerk, order))[-1] == "tracking_changed"


@pytest.mark.parametrize("status", STATUSES)
async def test_parcel_follows_its_state_machine(clerk: Client, own: DatabaseUrls, status: ShipmentStatus) -> None:
    for place, target in enumerate(STATUSES):
        order = await one_of(clerk, "shipped", place)
        (parcel,) = order["shipments"]
        async with owner_of(own) as connection:
            await connection.execute(
                "UPDATE orders.shipments SET status = $2, delivered_at = now() WHERE order_id = $1", order["id"], status
            )
        step = {"order_id": order["id"], "shipment_id": parcel["id"], "status": target, "idempotency_key": str(uuid4())}
        if target in NEXT_SHIPMENT_STATUSES[status]:
            changed = await call(clerk, "update_tracking", **step)
            assert changed["shipments"][0]["status"] == target
            assert changed["status"] == ("delivered" if target == "delivered" else "shipped")
        else:
            text = await refusal(clerk, "update_tracking", **step)
            assert f"is {status}. " in text
            assert all(following in text for following in NEXT_SHIPMENT_STATUSES[status])
            assert (await call(clerk, "get_order", order_id=order["id"]))["version"] == order["version"]


async def test_invalid_tracking_is_refused(refused_clerk: Client) -> None:
    delivered, shipped = await one_of(refused_clerk, "delivered"), await one_of(refused_clerk, "shipped")
    (*_, there), (under_way,) = delivered["shipments"], shipped["shipments"]
    for order, parcel, further, words in (
        (
            shipped,
            there,
            {"status": "delivered"},
            "has no parcel with this shipment_id. Take the id from get_shipments",
        ),
        (shipped, under_way, {}, "No change given. Give status, tracking_number or expected_on."),
        (delivered, there, {"tracking_number": "AB-1234"}, "is delivered, so its tracking cannot change"),
        (shipped, under_way, {"tracking_number": "no/slash"}, "tracking_number"),
        (shipped, under_way, {"status": "eaten"}, "status"),
        (shipped, {"id": "nonsense"}, {"status": "lost"}, "shipment_id"),
    ):
        assert words in await refusal(
            refused_clerk, "update_tracking", order_id=order["id"], shipment_id=parcel["id"], **further
        )
    for order in (delivered, shipped):
        assert await call(refused_clerk, "get_order", order_id=order["id"]) == order


@pytest.mark.parametrize("carrier", ["", "D/L", "x" * 41])
async def test_carrier_rejects_special_characters(refused_clerk: Client, carrier: str) -> None:
    order = await one_of(refused_clerk, "paid")
    assert "carrier" in await refusal(refused_clerk, "create_shipment", order_id=order["id"], carrier=carrier)
