"""Stock tools."""

from orders_mcp.models.errors import unknown_product
from orders_mcp.models.identifiers import Location, Sku
from orders_mcp.models.inventory import LowStock, ProductInventory
from orders_mcp.ports import StockReader
from servicekit.schema import CursorKey, Limit, Page


class StockTools:
    def __init__(self, stock: StockReader) -> None:
        self._stock = stock

    async def get_inventory(self, sku: Sku) -> ProductInventory:
        """Get the stock of one product by warehouse: on hand, reserved, available, reorder point."""
        inventory = await self._stock.inventory(sku)
        if inventory is None:
            raise unknown_product(sku)
        return inventory

    async def low_stock_report(
        self, location: Location | None = None, limit: Limit = 20, cursor: CursorKey | None = None
    ) -> Page[LowStock]:
        """List products at or below their reorder point, largest shortage first, in all warehouses or one."""
        rows = await self._stock.low_stock(location, limit + 1, cursor)
        return Page(rows, limit, key=lambda row: (row.shortage, row.sku, row.location))
