"""Rules that hold for every write tool, in every status and for every kind of caller."""

from typing import Any
from uuid import uuid4

import pytest
from mcp.client import Client

from devkit.stores.databases import DatabaseUrls
from orders_mcp.adapters.order_writer import PostgresOrderWriter
from orders_mcp.adapters.postgres import PostgresOrders
from orders_mcp.adapters.stock_writer import PostgresStockWriter
from orders_mcp.models.draft_lines import DraftItem, OrderTerms
from orders_mcp.models.drafts import Draft
from orders_mcp.models.notes import notes_change
from orders_mcp.models.pricing import PricingTerms
from orders_mcp.models.shelves import ShelfChange
from orders_mcp.models.statuses import NEXT_STATUSES, ORDER_STATUSES, OrderStatus
from servicekit.core.caller import acting_as
from servicekit.server.service import Service
from servicekit.storage.postgres.database import Database
from servicekit.storage.postgres.errors import DatabaseUnavailable
from servicekit.testing.service import connect
from tests.fixtures.calls import call, confirmed, refusal

from .scene import ACME, CLERK, STRANGER, content, one_of, stock_of

BEFORE_IT_SHIPS = ("draft", "pending", "paid")
CAN_SHIP = ("paid", "partially_shipped")
NOT_ALL_SENT = (*BEFORE_IT_SHIPS, "partially_shipped")
# Tool, arguments, allowed statuses, status after.
ORDER_TOOLS: dict[str, tuple[dict[str, Any], tuple[str, ...], str | None]] = {
    "update_order_notes": ({"notes": "Called"}, ORDER_STATUSES, None),
    "update_shipping_address": ({"shipping_address": "Ann, Quay 5, 1234 AB Town"}, NOT_ALL_SENT, None),
    "create_shipment": ({"carrier": "DHL"}, CAN_SHIP, "shipped"),
    "update_draft_order": ({"items": [{"sku": "LMP-0001", "quantity": 2}]}, ("draft",), None),
    "place_order": ({}, ("draft",), "pending"),
    "cancel_order": ({"reason": "Ordered twice"}, BEFORE_IT_SHIPS, "cancelled"),
    "issue_refund": ({"reason": "goodwill"}, (*CAN_SHIP, "shipped", "delivered"), "refunded"),
}
DESTRUCTIVE = ("place_order", "cancel_order", "issue_refund")


@pytest.mark.parametrize("status", ORDER_STATUSES)
async def test_tools_follow_the_state_machine(clerk: Client, status: OrderStatus) -> None:
    for tool, (arguments, allowed, after) in ORDER_TOOLS.items():
        order = await one_of(clerk, status)  # the last one may have another by now
        asked = {"order_id": order["number"], **arguments}
        if status in allowed:
            await (confirmed if tool in DESTRUCTIVE else call)(clerk, tool, **asked)
            now = await call(clerk, "get_order", order_id=order["id"])
            assert now["status"] == (after or status)
            assert now["status"] == status or now["status"] in NEXT_STATUSES[status]
            assert now["version"] == order["version"] + 1
            timeline = (await call(clerk, "get_order_timeline", order_id=order["id"]))["items"]
            assert timeline[-1]["actor"] == "staff"
            assert timeline[-1]["at"] == now["updated_at"]
        else:
            text = await refusal(clerk, tool, **asked, idempotency_key=str(uuid4()))
            assert order["number"] in text
            assert f"is {status} (" in text or f"is {status} already. " in text or "Nothing can be refunded" in text
            assert await call(clerk, "get_order", order_id=order["id"]) == order


def tools_of(order: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Arguments for every write tool that changes an existing record."""
    about = {"order_id": order["id"]}
    parcel = {"shipment_id": order["shipments"][0]["id"]} if order["shipments"] else {"shipment_id": str(uuid4())}
    return {
        **{tool: {**about, **arguments} for tool, (arguments, _, _) in ORDER_TOOLS.items()},
        "update_tracking": {**about, **parcel, "status": "delivered"},
        "create_draft_order": {
            "customer_id": order["customer_id"],
            "items": [{"sku": "LMP-0001", "quantity": 1}],
        },
    }


@pytest.mark.parametrize("status", ["paid", "shipped"])
async def test_writes_cannot_reach_another_tenant(
    own_service: Service, clerk: Client, own: DatabaseUrls, status: str
) -> None:
    theirs = await one_of(clerk, status)
    before = await content(own)
    async with connect(own_service, STRANGER) as stranger:
        for tool, arguments in tools_of(theirs).items():
            text = await refusal(stranger, tool, **arguments, idempotency_key=str(uuid4()))
            assert text.startswith("There is no customer" if tool == "create_draft_order" else "No order"), tool
    assert await content(own) == before


async def test_same_sku_means_the_callers_own_stock(own_service: Service, clerk: Client) -> None:
    shelf = {"sku": "LMP-0001", "location": "ams-1"}
    before = await stock_of(clerk, "LMP-0001")
    async with connect(own_service, STRANGER) as stranger:
        theirs = await stock_of(stranger, "LMP-0001")
        after = await confirmed(stranger, "adjust_inventory", **shelf, change=9, reason="received")
        assert after["available"] == theirs["available"] + 9
    assert await stock_of(clerk, "LMP-0001") == before


async def test_read_scope_cannot_write(own_service: Service, clerk: Client, own: DatabaseUrls) -> None:
    order = await one_of(clerk, "paid")
    before = await content(own)
    async with connect(own_service, ACME) as reader:
        names = {tool.name for tool in (await reader.list_tools()).tools}
        for tool, arguments in tools_of(order).items():
            assert tool not in names
            assert "orders:write" in await refusal(reader, tool, **arguments, idempotency_key=str(uuid4()))
    assert await content(own) == before


async def test_reader_role_configured_as_writer_cannot_write(urls: DatabaseUrls) -> None:
    mistaken = Database(urls.reader, connections=1)
    await mistaken.start()
    orders, stock = PostgresOrderWriter(mistaken), PostgresStockWriter(mistaken)
    with acting_as(CLERK):
        reference = await mistaken.fetchval("SELECT id::text FROM orders.orders LIMIT 1")
        order = await PostgresOrders(mistaken).get(reference)
        customer = await PostgresOrders(mistaken).customer("no" if order is None else str(order.customer_id))
        product = (await PostgresOrders(mistaken).inventory(["LMP-0001"]))["LMP-0001"]
        assert order
        assert customer
        assert product
        item = DraftItem(product.sku, product.name, 1, product.prices[0].amount_minor)
        euros = PricingTerms(code="eur", name="EUR", currency="EUR", is_default=True, shipping_fee_minor=0)
        for write in (
            orders.lock(reference),
            orders.apply(order, notes_change(order, "Called")),
            orders.add(Draft(customer, OrderTerms(euros, 0), (item,), customer.address)),
            stock.lock(["LMP-0001"]),
            stock.change([ShelfChange("LMP-0001", "ams-1", on_hand=1)], "counted", None),
        ):
            with pytest.raises(DatabaseUnavailable, match="not answering") as refused:
                await write
            assert refused.value.failure.cause == "the role lacks a right (42501)"
    await mistaken.stop()


@pytest.mark.parametrize("tool", [*ORDER_TOOLS, "update_tracking"])
async def test_unknown_order_is_refused_with_the_next_step(refused_clerk: Client, tool: str) -> None:
    order = await one_of(refused_clerk, "paid")
    arguments = {**tools_of(order)[tool], "order_id": "ORD-99999999", "idempotency_key": str(uuid4())}
    assert await refusal(refused_clerk, tool, **arguments) == (
        "No order ORD-99999999. Find it with search_orders, by customer name, e-mail or number."
    )


@pytest.mark.parametrize("tool", ["cancel_order", "issue_refund", "adjust_inventory"])
async def test_destructive_tools_need_a_key_and_a_confirmation(refused_clerk: Client, tool: str) -> None:
    row = next(row for row in (await refused_clerk.list_tools()).tools if row.name == tool)
    assert row.annotations is not None
    assert row.annotations.destructive_hint
    assert "idempotency_key" in row.input_schema["required"]
