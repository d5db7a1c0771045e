"""Stock tools."""

from orders_mcp.models.identifiers import Location, Sku
from orders_mcp.models.inventory import LowStock, ProductInventory
from orders_mcp.ports.stock import StockReader
from orders_mcp.tools.lookups import no_product, require_location
from servicekit.schema import CursorKey, Limit, Page


class StockTools:
    def __init__(self, stock: StockReader) -> None:
        self._stock = stock

    async def get_inventory(self, sku: Sku) -> ProductInventory:
        """How many pieces (units) of one product are left (in stock, sold out): on hand, reserved and available by
        warehouse; also what it costs."""
        inventory = await self._stock.inventory(sku)
        if inventory is None:
            raise await no_product(self._stock, sku)
        return inventory

    async def low_stock_report(
        self, location: Location | None = None, limit: Limit = 20, cursor: CursorKey | None = None
    ) -> Page[LowStock]:
        """Products that run low or out of stock and must be reordered (replenished), largest shortage below the reorder
        point first."""
        rows = await self._stock.low_stock(location, limit + 1, cursor)
        if not rows and location is not None and cursor is None:
            await require_location(self._stock, location)
        return Page(rows, limit, key=lambda row: (row.shortage, row.sku, row.location))
