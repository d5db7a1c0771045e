"""Adjusts stock and its ledger under a row lock, in the transaction of the call."""

from orders_mcp.adapters.stock_queries import StockQueries
from orders_mcp.models.adjustments import AdjustmentReason
from orders_mcp.models.inventory import ProductInventory, Stock
from servicekit.core import current_caller
from servicekit.storage.postgres.database import Database

LOCK = "SELECT true FROM orders.inventory WHERE sku = $1 AND location = $2 FOR UPDATE"

# The version check catches callers that forgot the lock.
ADJUST_STOCK = """
WITH shelf AS (
    UPDATE orders.inventory SET on_hand = on_hand + $4, version = version + 1
    WHERE sku = $1 AND location = $2 AND version = $3
    RETURNING tenant_id, sku, location, on_hand
)
INSERT INTO orders.inventory_adjustments (
    tenant_id, sku, location, sequence, change, balance, reason, note, made_by, made_at)
SELECT tenant_id, sku, location, (
        SELECT coalesce(max(a.sequence), 0) + 1 FROM orders.inventory_adjustments AS a
        WHERE a.tenant_id = shelf.tenant_id AND a.sku = shelf.sku AND a.location = shelf.location),
    $4, on_hand, $5, $6, $7, clock_timestamp()
FROM shelf
RETURNING balance
"""


class PostgresStockWriter:
    """`StockWriter` on Postgres."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._reader = StockQueries(database)

    async def lock(self, sku: str, location: str) -> ProductInventory | None:
        await self._database.fetchval(LOCK, sku, location)
        # A separate statement: its snapshot starts after the lock, so it sees what the previous holder committed.
        return await self._reader.inventory(sku)

    async def adjust(
        self, sku: str, stock: Stock, change: int, reason: AdjustmentReason, note: str | None
    ) -> ProductInventory:
        """Adjust one warehouse's stock.

        Raises:
            LookupError: the stock changed since it was read, because the caller did not lock it.
        """
        made_by = current_caller().subject
        balance = await self._database.fetchval(
            ADJUST_STOCK, sku, stock.location, stock.version, change, reason, note, made_by
        )
        product = await self._reader.inventory(sku)
        if balance is None or product is None:
            raise LookupError(f"the stock of {sku} in {stock.location} was updated without its lock")
        return product
