"""Filling the tables by COPY, as the owner, in one transaction."""

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from itertools import islice
from typing import TypeAlias

import asyncpg

from orders_mcp.sample_data.catalogue import Product, Row, products, stock
from orders_mcp.sample_data.customers import CustomerSeed, customer
from orders_mcp.sample_data.orders import OrderRows, order
from orders_mcp.sample_data.plan import TENANTS, Plan

Connection: TypeAlias = "asyncpg.Connection"

# In the order that references allow.
TABLES = (
    "tenants", "customers", "customer_terms", "products", "inventory", "inventory_adjustments", "orders", "order_items",
    "payments", "refunds", "shipments", "order_events",
)  # fmt: skip
# All but the generated one, in the order of the rows.
_ORDER_COLUMNS = (
    "tenant_id", "id", "number", "customer_id", "status", "currency", "subtotal_minor", "discount_minor",
    "shipping_fee_minor", "tax_minor", "total_minor", "region", "shipping_address", "notes", "cancellation_reason",
    "placed_at", "updated_at", "version",
)  # fmt: skip
_BATCH = 10_000

Advance = Callable[[int], None]
"""Told how many orders were loaded since it was told last."""


class NotMigrated(Exception):
    """The database has no tables; the text says how to make them."""


def _ignore(_count: int) -> None:
    """Nobody watches."""


async def load_plan(
    owner_url: str, plan: Plan, *, replace: bool = False, advance: Advance = _ignore, batch: int = _BATCH
) -> bool:
    """Fill the database with `plan`.

    Args:
        owner_url: of the role that owns the tables.
        plan: what to generate.
        replace: remove whatever is there first.
        advance: called as the load goes on.
        batch: orders per round of COPY; does not change the rows.

    Returns:
        Whether anything was loaded: False where there are rows already and they were not to be replaced.

    Raises:
        NotMigrated: the tables are not there.
    """
    connection = await asyncpg.connect(owner_url, server_settings={"maintenance_work_mem": "512MB", "jit": "off"})
    try:
        if not await connection.fetchval("SELECT to_regclass('orders.order_events') IS NOT NULL"):
            raise NotMigrated("The database has no orders tables. Run `orders-mcp migrate` first.")
        async with connection.transaction(), _open_to_owner(connection):
            if replace:
                await connection.execute("TRUNCATE " + ", ".join(f"orders.{table}" for table in TABLES))
            elif await connection.fetchval("SELECT EXISTS (SELECT FROM orders.tenants)"):
                return False
            async with _without_indexes(connection):
                await _load_everything(connection, plan, advance, batch)
        # Outside the transaction: sets the visibility map, without which index-only scans visit the table.
        await connection.execute("VACUUM (ANALYZE) " + ", ".join(f"orders.{table}" for table in TABLES))
        return True
    finally:
        await connection.close()


@asynccontextmanager
async def _open_to_owner(connection: Connection) -> AsyncIterator[None]:
    """COPY refuses tables under row-level security, so it is off for the owner until the transaction ends.

    Nobody can see the tables meanwhile: ALTER TABLE holds them exclusively.
    """
    for table in TABLES:
        await connection.execute(f"ALTER TABLE orders.{table} NO FORCE ROW LEVEL SECURITY")
    yield
    for table in TABLES:
        await connection.execute(f"ALTER TABLE orders.{table} FORCE ROW LEVEL SECURITY")


@asynccontextmanager
async def _without_indexes(connection: Connection) -> AsyncIterator[None]:
    """Drop what can be built faster at the end (references and secondary indexes), and build it again as it was."""
    constraints = await connection.fetch(
        "SELECT conrelid::regclass::text AS owner, quote_ident(conname) AS name, "
        "pg_get_constraintdef(oid) AS definition "
        "FROM pg_constraint WHERE contype = 'f' AND connamespace = 'orders'::regnamespace ORDER BY conname"
    )
    indexes = await connection.fetch(
        "SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS definition "
        "FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid WHERE relnamespace = 'orders'::regnamespace "
        "AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid) ORDER BY 1"
    )
    for constraint in constraints:
        await connection.execute(f"ALTER TABLE {constraint['owner']} DROP CONSTRAINT {constraint['name']}")
    for index in indexes:
        await connection.execute(f"DROP INDEX {index['name']}")
    yield
    for index in indexes:
        await connection.execute(index["definition"])
    for constraint in constraints:
        await connection.execute(
            f"ALTER TABLE {constraint['owner']} ADD CONSTRAINT {constraint['name']} {constraint['definition']}"
        )


async def _copy(connection: Connection, table: str, rows: Iterable[Row]) -> None:
    columns = _ORDER_COLUMNS if table == "orders" else None  # None: all of them, in the order of the table
    await connection.copy_records_to_table(table, schema_name="orders", columns=columns, records=rows)


async def _load_everything(connection: Connection, plan: Plan, advance: Advance, batch: int) -> None:
    for tenant, (identifier, name) in enumerate(TENANTS):
        await _copy(connection, "tenants", [(identifier, name, plan.count_of(tenant) + 1, plan.start)])
    customers = [await _load_customers(connection, plan, tenant) for tenant in range(len(TENANTS))]
    catalogues = [await _load_catalogue(connection, plan, tenant) for tenant in range(len(TENANTS))]
    made = _orders(plan, customers, catalogues)
    while rows := list(islice(made, batch)):
        await _copy(connection, "orders", [row.order for row in rows])
        await _copy(connection, "order_items", [item for row in rows for item in row.items])
        await _copy(connection, "payments", [payment for row in rows for payment in row.payments])
        await _copy(connection, "refunds", [refund for row in rows for refund in row.refunds])
        await _copy(connection, "shipments", [shipment for row in rows for shipment in row.shipments])
        await _copy(connection, "order_events", [event for row in rows for event in row.events])
        advance(len(rows))


def _orders(plan: Plan, customers: list[list[CustomerSeed]], catalogues: list[list[Product]]) -> "Iterable[OrderRows]":
    for index in range(plan.orders):
        tenant, _ = plan.tenant_of(index)
        yield order(plan, index, customers[tenant], catalogues[tenant])


async def _load_customers(connection: Connection, plan: Plan, tenant: int) -> list[CustomerSeed]:
    made = (customer(plan, tenant, index) for index in range(plan.customers_of(tenant)))
    seeds: list[CustomerSeed] = []
    while batch := list(islice(made, _BATCH)):
        seeds.extend(seed for seed, _, _ in batch)
        await _copy(connection, "customers", [row for _, row, _ in batch])
        await _copy(connection, "customer_terms", [term for _, _, terms in batch for term in terms])
    return seeds


async def _load_catalogue(connection: Connection, plan: Plan, tenant: int) -> list[Product]:
    tenant_id = TENANTS[tenant][0]
    found = products(plan, tenant)
    rows = [(tenant_id, product.sku, product.name, product.category, product.price, "EUR", 1) for product in found]
    await _copy(connection, "products", rows)
    shelves = list(stock(plan, tenant, tenant_id))
    await _copy(connection, "inventory", [shelf for shelf, _ in shelves])
    await _copy(connection, "inventory_adjustments", [change for _, ledger in shelves for change in ledger])
    return found
