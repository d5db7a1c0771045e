"""Concurrent callers: money and stock are never spent twice."""

import asyncio
from typing import Any
from uuid import uuid4

from mcp.client import Client

from devkit.stores.databases import DatabaseUrls
from orders_mcp.adapters.order_writer import PostgresOrderWriter
from orders_mcp.adapters.postgres import PostgresOrders
from orders_mcp.adapters.stock_writer import PostgresStockWriter
from orders_mcp.tools.adjustments import AdjustmentTools
from orders_mcp.tools.cancellations import CancellationTools
from orders_mcp.tools.refunds import RefundTools
from orders_mcp.tools.shipping import ShippingTools
from servicekit.core.caller import acting_as
from servicekit.core.errors import Refused
from servicekit.server.service import Service
from servicekit.storage.postgres.database import Database
from servicekit.testing.service import caller, connect
from tests.fixtures.calls import call, preview
from tests.fixtures.databases import owner_of

from .scene import one_of, stock_of, trusted

CALLERS = [trusted(caller("orders:read", "orders:write", subject=f"clerk-{number}")) for number in range(20)]


async def at_once(writer: Database, method: Any, **arguments: Any) -> list[Any]:
    """Run the method concurrently, once per caller, each in its own transaction."""

    async def one(number: int) -> Any:
        with acting_as(CALLERS[number]):
            try:
                async with writer.transaction():
                    return await method(**arguments)
            except Refused as refused:
                return str(refused)

    return await asyncio.gather(*map(one, range(len(CALLERS))))


async def refunded(own: DatabaseUrls, order_id: str) -> tuple[int, int, int]:
    """Captured amount, refunded amount of the payments, sum of the refunds."""
    async with owner_of(own) as connection:
        row = await connection.fetchrow(
            "SELECT sum(captured_minor)::bigint, sum(refunded_minor)::bigint, "
            "(SELECT sum(amount_minor)::bigint FROM orders.refunds WHERE order_id = $1) "
            "FROM orders.payments WHERE order_id = $1",
            order_id,
        )
        return tuple(row)


async def paid_without_refund(client: Client) -> dict[str, Any]:
    for place in range(10):
        order = await one_of(client, "paid", place)
        if not order["refunds"]:
            return order
    raise AssertionError("every paid order has a refund")


async def test_concurrent_refunds_cannot_exceed_capture(clerk: Client, own: DatabaseUrls, writer: Database) -> None:
    order = await paid_without_refund(clerk)
    amount = order["total"]["amount_minor"] // 7
    tools = RefundTools(PostgresOrders(writer), PostgresOrderWriter(writer))
    outcomes = await at_once(writer, tools.issue_refund, order_id=order["id"], reason="damaged", amount_minor=amount)
    done = [outcome for outcome in outcomes if not isinstance(outcome, str)]
    assert len(done) == order["total"]["amount_minor"] // amount
    assert sorted(one.version for one in done) == [order["version"] + step for step in range(1, len(done) + 1)]
    captured, by_payments, by_refunds = await refunded(own, order["id"])
    assert by_payments == by_refunds == amount * len(done) <= captured
    timeline = (await call(clerk, "get_order_timeline", order_id=order["id"]))["items"]
    assert [event["sequence"] for event in timeline] == list(range(1, len(timeline) + 1))


async def test_concurrent_confirmed_refunds_pay_out_once(
    own_service: Service, clerk: Client, own: DatabaseUrls
) -> None:
    order = await paid_without_refund(clerk)
    amount = order["total"]["amount_minor"] // 5
    asked = {"order_id": order["id"], "reason": "damaged", "amount_minor": amount}

    async def insist(number: int) -> int:
        done = 0
        async with connect(own_service, CALLERS[number]) as client:
            while True:
                first = await client.call_tool("issue_refund", {**asked, "idempotency_key": str(uuid4())})
                if (first.structured_content or {}).get("status") != "confirmation_required":
                    return done
                code = first.structured_content["code"]
                done += not (await client.call_tool("orders_confirm_action", {"code": code})).is_error

    counts = await asyncio.gather(*map(insist, range(len(CALLERS))))
    captured, by_payments, by_refunds = await refunded(own, order["id"])
    assert sum(counts) == captured // amount
    assert by_payments == by_refunds == amount * sum(counts) <= captured


async def test_concurrent_removals_keep_reserved_pieces(clerk: Client, own: DatabaseUrls, writer: Database) -> None:
    shelf = next(one for one in (await stock_of(clerk, "LMP-0001"))["locations"] if one["available"] >= 7)
    take = shelf["available"] // 7
    outcomes = await at_once(
        writer,
        AdjustmentTools(PostgresOrders(writer), PostgresStockWriter(writer)).adjust_inventory,
        sku="LMP-0001",
        location=shelf["location"],
        change=-take,
        reason="sold",
    )
    done = sum(not isinstance(outcome, str) for outcome in outcomes)
    assert done == min(20, shelf["available"] // take)
    now = await stock_of(clerk, "LMP-0001")
    (after,) = (one for one in now["locations"] if one["location"] == shelf["location"])
    assert after["on_hand"] == shelf["on_hand"] - take * done >= after["reserved"]
    async with owner_of(own) as connection:
        ledger = await connection.fetchval(
            "SELECT sum(change) FROM orders.inventory_adjustments WHERE sku = 'LMP-0001' AND location = $1",
            shelf["location"],
        )
    assert ledger == after["on_hand"]


async def test_concurrent_shipment_and_cancellation_are_exclusive(clerk: Client, writer: Database) -> None:
    order = await one_of(clerk, "paid")
    changes = PostgresOrderWriter(writer)
    outcomes = await asyncio.gather(
        at_once(
            writer,
            CancellationTools(PostgresOrders(writer), changes).cancel_order,
            order_id=order["id"],
            reason="Ordered twice",
        ),
        at_once(
            writer,
            ShippingTools(PostgresOrders(writer), changes, PostgresStockWriter(writer)).create_shipment,
            order_id=order["number"],
            carrier="DHL",
        ),
    )
    done = [outcome for outcome in (*outcomes[0], *outcomes[1]) if not isinstance(outcome, str)]
    assert len(done) == 1
    now = await call(clerk, "get_order", order_id=order["id"])
    assert now["status"] == done[0].status
    assert len(now["shipments"]) == (now["status"] == "shipped")
    assert now["version"] == order["version"] + 1


async def test_preview_releases_its_lock(clerk: Client, writer: Database) -> None:
    order = await paid_without_refund(clerk)
    await preview(clerk, "issue_refund", order_id=order["id"], reason="damaged")
    with acting_as(CALLERS[0]):
        async with writer.transaction():
            await writer.fetchval("SELECT id FROM orders.orders WHERE id = $1 FOR UPDATE NOWAIT", order["id"])
