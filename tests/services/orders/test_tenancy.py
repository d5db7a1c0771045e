"""Rights of the database roles and tenant isolation of orders; tests/contract covers every table."""

import asyncpg
import pytest

from devkit.stores.databases import DatabaseUrls
from servicekit.core.caller import acting_as
from servicekit.server.service import Service
from servicekit.storage.postgres.database import Database
from servicekit.testing.service import connect
from tests.fixtures.calls import call, refusal, walk
from tests.fixtures.databases import connected, refuse_statement

from .scene import ACME, GLOBEX, PLAN


@pytest.mark.parametrize("table", ["order_events", "inventory_adjustments"])
async def test_ledgers_are_append_only(urls: DatabaseUrls, table: str) -> None:
    async with connected(urls.writer, "acme") as connection:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(f"UPDATE orders.{table} SET note = NULL")


@pytest.mark.parametrize("role", ["writer", "owner"])
async def test_roles_cannot_write_into_another_tenant(own: DatabaseUrls, role: str) -> None:
    async with connected(getattr(own, role), "acme") as connection:
        assert await connection.execute("UPDATE orders.orders SET notes = 'x' WHERE tenant_id = 'globex'") == "UPDATE 0"
        refusal = "permission denied" if role == "writer" else "row-level security"
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match=refusal):
            await connection.execute("UPDATE orders.inventory SET tenant_id = 'globex'")
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
            await connection.execute(
                "INSERT INTO orders.order_events (tenant_id, order_id, sequence, at, kind, actor) "
                "VALUES ('globex', gen_random_uuid(), 1, now(), 'placed', 'system')"
            )


async def test_references_stay_within_the_tenant(own: DatabaseUrls) -> None:
    async with connected(own.writer, "globex") as connection:
        theirs = await connection.fetchval("SELECT id FROM orders.orders LIMIT 1")
    async with connected(own.writer, "acme") as connection:
        with pytest.raises(asyncpg.ForeignKeyViolationError):
            await connection.execute(
                "INSERT INTO orders.order_events (tenant_id, order_id, sequence, at, kind, actor) "
                "VALUES ('acme', $1, 1000, now(), 'placed', 'system')",
                theirs,
            )


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE orders.payments SET refunded_minor = captured_minor + 1",
        "UPDATE orders.payments SET captured_minor = amount_minor + 1 WHERE status = 'captured'",
        "UPDATE orders.payments SET captured_minor = 1 WHERE status <> 'captured'",
        "UPDATE orders.orders SET total_minor = total_minor + 1",
        "UPDATE orders.orders SET status = 'gone'",
        "UPDATE orders.inventory SET reserved = on_hand + 1",
        "UPDATE orders.inventory SET on_hand = -1",
        "UPDATE orders.shipments SET status = 'delivered', delivered_at = NULL",
    ],
)
async def test_database_enforces_money_and_stock_rules(urls: DatabaseUrls, statement: str) -> None:
    # The owner has all rights, so only the constraint can fail. A failed statement changes nothing.
    await refuse_statement(urls.owner, statement, asyncpg.CheckViolationError)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE orders.payments SET captured_minor = 0",
        "INSERT INTO orders.payments DEFAULT VALUES",
        "UPDATE orders.orders SET currency = 'USD'",
        "UPDATE orders.order_items SET quantity = 1",
        "UPDATE orders.refunds SET amount_minor = 1",
        "UPDATE orders.inventory SET reorder_point = 0",
        "UPDATE orders.shipments SET carrier = 'DHL'",
        "UPDATE orders.customers SET email = 'a@example.com'",
        "UPDATE orders.prices SET price_minor = 0",
    ],
)
async def test_writer_has_only_the_rights_of_the_tools(urls: DatabaseUrls, statement: str) -> None:
    await refuse_statement(urls.writer, statement, asyncpg.InsufficientPrivilegeError)


async def test_the_writer_deletes_lines_of_drafts_alone(urls: DatabaseUrls) -> None:
    async with connected(urls.writer, "acme") as connection:
        lines = (
            "SELECT count(*) FROM orders.order_items AS i JOIN orders.orders AS o ON o.id = i.order_id WHERE o.status"
        )
        drafts = await connection.fetchval(f"{lines} = 'draft'")
        transaction = connection.transaction()
        await transaction.start()
        deleted = await connection.execute("DELETE FROM orders.order_items")
        await transaction.rollback()
        assert deleted == f"DELETE {drafts}"
        assert await connection.fetchval(f"{lines} <> 'draft'") > 0


async def test_connections_switch_tenants_between_calls(urls: DatabaseUrls) -> None:
    database = Database(urls.reader, connections=1)
    await database.start()
    for _ in range(3):
        for signed_in in (ACME, GLOBEX):
            with acting_as(signed_in):
                assert await database.fetch("SELECT DISTINCT tenant_id FROM orders.orders") == [(signed_in.tenant,)]
    await database.stop()


async def test_callers_see_their_own_tenant_only(service: Service) -> None:
    async with connect(service, ACME) as acme, connect(service, GLOBEX) as globex:
        ours = await walk(acme, "search_orders", limit=50)
        theirs = await walk(globex, "search_orders", limit=50)
        assert (len(ours), len(theirs)) == (PLAN.count_of(0), PLAN.count_of(1))
        assert not {order["id"] for order in ours} & {order["id"] for order in theirs}
        # The same number is a different order; ids and e-mails of the other tenant are unknown.
        number = theirs[-1]["number"]
        assert (await call(acme, "get_order", order_id=number))["id"] != theirs[-1]["id"]
        assert "No order" in await refusal(acme, "get_order", order_id=theirs[0]["id"])
        assert "There is no customer" in await refusal(acme, "get_customer", customer_id=theirs[0]["customer_id"])
        assert "There is no customer" in await refusal(
            acme, "get_customer_orders", customer_id=theirs[0]["customer_id"]
        )
        cursor = (await call(globex, "search_orders", limit=1))["next_cursor"]
        assert "cursor" in await refusal(acme, "search_orders", limit=1, cursor=cursor)
        for text in ("m", "a", "example.com"):
            found = await walk(acme, "search_orders", query=text, limit=50)
            assert {order["id"] for order in found} <= {order["id"] for order in ours}
