"""Stock of products."""

from orders_mcp.models.errors import unknown_product
from orders_mcp.models.identifiers import Location, Sku
from orders_mcp.models.inventory import LowStock, ProductInventory
from orders_mcp.ports import StockReader
from servicekit.schema.pagination import Limit, Page, Position


class StockTools:
    """Products and their stock."""

    def __init__(self, stock: StockReader) -> None:
        self._stock = stock

    async def get_inventory(self, sku: Sku) -> ProductInventory:
        """Stock of one product by warehouse: on hand, reserved, available, reorder point."""
        inventory = await self._stock.inventory(sku)
        if inventory is None:
            raise unknown_product(sku)
        return inventory

    async def low_stock_report(
        self, location: Location | None = None, limit: Limit = 20, cursor: Position | None = None
    ) -> Page[LowStock]:
        """Products at or below their reorder point, the greatest shortage first; of all warehouses, or of one."""
        shelves = await self._stock.low_stock(location, limit + 1, cursor)
        return Page(shelves, limit, key=lambda shelf: (shelf.shortage, shelf.sku, shelf.location))
