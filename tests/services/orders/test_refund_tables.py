"""What the tables of refunds refuse, whatever a tool does, and what the migration carries over."""

from importlib import import_module
from typing import Any

import asyncpg
import pytest
from mcp.client import Client

from devkit.stores.databases import DatabaseUrls
from tests.fixtures.calls import call, confirmed
from tests.fixtures.databases import connected, owner_of, refuse_statement

from .scene import one_of, stock_of

REQUEST = """
INSERT INTO orders.refund_requests (
    tenant_id, order_id, status, currency, amount_minor, items_minor, reason, requested_by, requested_at, expires_at,
    decided_by, decided_at)
SELECT tenant_id, id, {status}, 'EUR', {amount}, 100, 'damaged', 'ann', now(), {expires_at}, {decided_by}, {decided_at}
FROM orders.orders LIMIT 1
"""
WAITS: dict[str, str] = {
    "status": "'requested'", "amount": "100", "expires_at": "now() + interval '7 days'", "decided_by": "NULL",
    "decided_at": "NULL",
}  # fmt: skip
APPROVED = {**WAITS, "status": "'refunded'", "decided_by": "'bob'", "decided_at": "now()"}


@pytest.mark.parametrize(
    "wrong",
    [
        {**APPROVED, "decided_by": "'ann'"},  # the same person
        {**APPROVED, "decided_at": "now() + interval '8 days'"},  # expired
        {**WAITS, "status": "'refunded'"},  # without approval
        {**APPROVED, "expires_at": "NULL"},
        {**WAITS, "decided_by": "'bob'", "decided_at": "now()"},
        {**WAITS, "status": "'declined'"},
        {**WAITS, "amount": "99"},  # not what it is made of
        {**WAITS, "status": "'paid'"},
    ],
)
async def test_an_impossible_request_is_refused(urls: DatabaseUrls, wrong: dict[str, str]) -> None:
    await refuse_statement(urls.writer, REQUEST.format_map(wrong), asyncpg.CheckViolationError)


@pytest.mark.parametrize("right", [WAITS, APPROVED, {**WAITS, "status": "'refunded'", "expires_at": "NULL"}])
async def test_a_possible_request_is_taken(own: DatabaseUrls, right: dict[str, str]) -> None:
    async with connected(own.writer, "acme") as connection:
        assert await connection.execute(REQUEST.format_map(right)) == "INSERT 0 1"


async def test_no_piece_is_refunded_twice(urls: DatabaseUrls) -> None:
    statement = "UPDATE orders.order_items SET refunded = quantity + 1"
    await refuse_statement(urls.writer, statement, asyncpg.CheckViolationError)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE orders.refund_requests SET requested_by = 'bob'",
        "UPDATE orders.refund_requests SET amount_minor = 1",
        "UPDATE orders.refund_requests SET expires_at = now()",
        "UPDATE orders.refund_lines SET quantity = 1",
        "DELETE FROM orders.refund_requests",
        "DELETE FROM orders.refund_lines",
    ],
)
async def test_what_was_requested_cannot_be_changed(urls: DatabaseUrls, statement: str) -> None:
    await refuse_statement(urls.writer, statement, asyncpg.InsufficientPrivilegeError)


async def test_pieces_of_refunded_orders_are_carried_over(own: DatabaseUrls) -> None:
    migration: Any = import_module("orders_mcp.migrations.versions.0012_refund_requests")
    count = "SELECT count(*) FROM orders.order_items AS i JOIN orders.orders AS o ON o.id = i.order_id "
    async with owner_of(own) as connection:
        await connection.execute("UPDATE orders.order_items SET refunded = 0")
        for statement in migration.CARRIED_OVER:
            await connection.execute(statement)
        assert await connection.fetchval(f"{count} WHERE o.status = 'refunded'") > 0
        assert not await connection.fetchval(
            f"{count} WHERE refunded <> CASE WHEN o.status = 'refunded' THEN quantity ELSE 0 END"
        )


async def test_a_whole_refund_counts_every_piece_and_ends_reservations(clerk: Client, own: DatabaseUrls) -> None:
    async with owner_of(own) as connection:
        number = await connection.fetchval(
            "SELECT o.number FROM orders.orders AS o JOIN orders.reservations AS r ON r.order_id = o.id "
            "WHERE o.status = 'paid' ORDER BY o.number LIMIT 1"
        )
    order = await call(clerk, "get_order", order_id=number) if number else await one_of(clerk, "paid")
    done = await confirmed(clerk, "issue_refund", order_id=order["number"], reason="goodwill")
    assert done["status"] == "refunded"
    now = await call(clerk, "get_order", order_id=order["id"])
    assert all(line["refunded"] == line["quantity"] for line in now["items"])
    async with owner_of(own) as connection:
        assert not await connection.fetchval(
            "SELECT count(*) FROM orders.reservations WHERE order_id = $1", order["id"]
        )


async def test_refunded_pieces_that_were_not_sent_are_released(clerk: Client, own: DatabaseUrls) -> None:
    async with owner_of(own) as connection:
        row = await connection.fetchrow(
            "SELECT o.number, r.sku, sum(r.quantity)::integer AS pieces FROM orders.orders AS o "
            "JOIN orders.reservations AS r ON r.order_id = o.id WHERE o.status = 'paid' AND EXISTS ("
            "SELECT FROM orders.order_items AS i WHERE i.order_id = o.id AND i.sku <> r.sku) "
            "GROUP BY 1, 2 ORDER BY 1, 2 LIMIT 1"
        )
    before = await stock_of(clerk, row["sku"])
    line = {"sku": row["sku"], "quantity": 1}
    await confirmed(clerk, "issue_refund", order_id=row["number"], reason="changed_mind", lines=[line])
    after = await stock_of(clerk, row["sku"])
    assert after["available"] == before["available"] + 1
