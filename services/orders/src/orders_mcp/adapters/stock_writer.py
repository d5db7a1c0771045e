"""Changing stock: one shelf at a time, under lock, on the ledger. Statements run in the transaction of the call."""

from orders_mcp.adapters.stock_queries import StockQueries
from orders_mcp.models.adjustments import AdjustmentReason
from orders_mcp.models.inventory import ProductInventory, Stock
from servicekit.core.caller import current_caller
from servicekit.storage.postgres import Database

LOCK = "SELECT true FROM orders.inventory WHERE sku = $1 AND location = $2 FOR UPDATE"

# The version is a second guard, as for orders.
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
    """The port `StockChanges` on Postgres."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._reader = StockQueries(database)

    async def lock(self, sku: str, location: str) -> ProductInventory | None:
        """See `StockChanges.lock`."""
        await self._database.fetchval(LOCK, sku, location)
        # A statement of its own: only one that begins after the lock sees what its last holder committed.
        return await self._reader.inventory(sku)

    async def adjust(
        self, sku: str, shelf: Stock, change: int, reason: AdjustmentReason, note: str | None
    ) -> ProductInventory:
        """See `StockChanges.adjust`.

        Raises:
            LookupError: the shelf is not what it was when it was read, so it was not locked.
        """
        made_by = current_caller().subject
        balance = await self._database.fetchval(
            ADJUST_STOCK, sku, shelf.location, shelf.version, change, reason, note, made_by
        )
        product = await self._reader.inventory(sku)
        if balance is None or product is None:
            raise LookupError(f"the stock of {sku} in {shelf.location} was changed without its lock")
        return product
