"""Approvals at once with refunds and cancellations: a request is paid back once, and no more than is left."""

import asyncio
from dataclasses import replace
from typing import Any

from mcp.client import Client

from devkit.stores.databases import DatabaseUrls
from orders_mcp.adapters.order_writer import PostgresOrderWriter
from orders_mcp.adapters.postgres import PostgresOrders
from orders_mcp.tools.approvals import ApprovalTools
from orders_mcp.tools.cancellations import CancellationTools
from orders_mcp.tools.refunds import RefundTools
from servicekit.core.allowances import Allowances
from servicekit.core.caller import Caller, acting_as
from servicekit.core.errors import Refused
from servicekit.storage.postgres.database import Database
from servicekit.testing.service import caller
from tests.fixtures.calls import call
from tests.fixtures.databases import owner_of

from .scene import CLERK, one_of, trusted

NEEDS_APPROVAL = replace(CLERK, allowances=Allowances(refunds=()))
APPROVERS = [trusted(caller("orders:read", "orders:write", "orders:approve", subject=f"boss-{at}")) for at in range(8)]


async def done(writer: Database, who: Caller, method: Any, **arguments: Any) -> Any:
    """The result of a call in a transaction of its own, or the text of its refusal."""
    with acting_as(who):
        try:
            async with writer.transaction():
                return await method(**arguments)
        except Refused as refused:
            return str(refused)


async def unrefunded(client: Client, status: str) -> dict[str, Any]:
    for place in range(20):
        order = await one_of(client, status, place)
        if not order["refunds"]:
            return order
    raise AssertionError(f"every {status} order has a refund")


async def money_of(own: DatabaseUrls, order_id: str) -> tuple[int, int, int]:
    """Captured, refunded by the payments, and the sum of the refunds."""
    async with owner_of(own) as connection:
        row = await connection.fetchrow(
            "SELECT sum(captured_minor)::bigint, sum(refunded_minor)::bigint, "
            "(SELECT coalesce(sum(amount_minor), 0)::bigint FROM orders.refunds WHERE order_id = $1) "
            "FROM orders.payments WHERE order_id = $1",
            order_id,
        )
        return tuple(row)


async def test_a_request_is_paid_back_once(clerk: Client, own: DatabaseUrls, writer: Database) -> None:
    order = await unrefunded(clerk, "delivered")
    shop, changes = PostgresOrders(writer), PostgresOrderWriter(writer)
    asked = {"order_id": order["id"], "reason": "damaged", "amount_minor": order["total"]["amount_minor"] // 3}
    request = await done(writer, NEEDS_APPROVAL, RefundTools(shop, changes).issue_refund, **asked)
    assert request.outcome == "requested"
    approvals = ApprovalTools(shop, shop, changes)
    outcomes = await asyncio.gather(
        *(done(writer, who, approvals.approve_refund, refund_id=str(request.refund_id)) for who in APPROVERS),
        done(writer, NEEDS_APPROVAL, approvals.approve_refund, refund_id=str(request.refund_id)),
    )
    assert sum(not isinstance(outcome, str) for outcome in outcomes) == 1
    captured, by_payments, by_refunds = await money_of(own, order["id"])
    assert by_payments == by_refunds == asked["amount_minor"] <= captured


async def test_approvals_refunds_and_cancellation_never_exceed_capture(
    clerk: Client, own: DatabaseUrls, writer: Database
) -> None:
    order = await unrefunded(clerk, "paid")
    shop, changes = PostgresOrders(writer), PostgresOrderWriter(writer)
    refunds, approvals = RefundTools(shop, changes), ApprovalTools(shop, shop, changes)
    requests = [
        await done(writer, NEEDS_APPROVAL, refunds.issue_refund, order_id=order["id"], reason="damaged", **wish)
        for wish in ({}, {"amount_minor": order["total"]["amount_minor"] // 2}, {})
    ]
    await asyncio.gather(
        *(
            done(writer, who, approvals.approve_refund, refund_id=str(request.refund_id))
            for who, request in zip(APPROVERS, requests, strict=False)
        ),
        *(
            done(
                writer, who, refunds.issue_refund, order_id=order["id"], reason="goodwill",
                amount_minor=order["total"]["amount_minor"] // 4,
            )
            for who in APPROVERS
        ),
        done(writer, CLERK, CancellationTools(shop, changes).cancel_order, order_id=order["id"], reason="Twice"),
    )  # fmt: skip
    captured, by_payments, by_refunds = await money_of(own, order["id"])
    assert by_payments == by_refunds <= captured
    now = await call(clerk, "get_order", order_id=order["id"])
    assert (now["status"] in ("cancelled", "refunded")) == (by_refunds == captured)
    assert all(line["refunded"] <= line["quantity"] for line in now["items"])
