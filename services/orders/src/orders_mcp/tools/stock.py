"""Stock tools."""

from orders_mcp.models.identifiers import Location, Sku
from orders_mcp.models.inventory import LowStock, ProductInventory
from orders_mcp.ports.stock import StockReader
from orders_mcp.tools.lookups import no_product, warehouse_code
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
        code = None if location is None else await warehouse_code(self._stock, location)
        rows = await self._stock.low_stock(code, limit + 1, cursor)
        return Page(rows, limit, key=lambda row: (row.shortage, row.sku, row.location))
