"""Stock tools."""

from typing import Annotated

from pydantic import Field

from orders_mcp.models.identifiers import Location, Sku
from orders_mcp.models.inventory import Inventory, LowStock
from orders_mcp.ports.stock import StockReader
from orders_mcp.tools.lookups import no_products, warehouse_code
from servicekit.schema import CursorKey, Limit, Page

Skus = Annotated[list[Sku], Field(min_length=1, max_length=50)]


class StockTools:
    def __init__(self, stock: StockReader) -> None:
        self._stock = stock

    async def get_inventory(self, skus: Skus) -> Inventory:
        """How many pieces (units) of products are left (in stock, sold out) by warehouse: on hand, available, reserved
        by which orders; also prices."""
        products = await self._stock.inventory(skus)
        if unknown := [sku for sku in skus if sku not in products]:
            raise await no_products(self._stock, unknown)
        return Inventory(products=[products[sku] for sku in dict.fromkeys(skus)])

    async def low_stock_report(
        self, location: Location | None = None, limit: Limit = 20, cursor: CursorKey | None = None
    ) -> Page[LowStock]:
        """Products that run low or out of stock and must be reordered (replenished), largest shortage below the reorder
        point first."""
        code = None if location is None else await warehouse_code(self._stock, location)
        rows = await self._stock.low_stock(code, limit + 1, cursor)
        return Page(rows, limit, key=lambda row: (row.shortage, row.sku, row.location))
