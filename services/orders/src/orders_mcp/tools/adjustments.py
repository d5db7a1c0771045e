"""The stock adjustment tool."""

from typing import Annotated

from pydantic import Field

from orders_mcp.models.adjustments import (
    AdjustmentPreview,
    AdjustmentReason,
    adjustment_preview,
    check_adjustment,
)
from orders_mcp.models.card_numbers import NO_CARD_NUMBER
from orders_mcp.models.identifiers import Location, Sku
from orders_mcp.models.inventory import ProductInventory
from orders_mcp.models.shelves import Shelf, ShelfChange
from orders_mcp.ports.stock import StockReader, StockWriter
from orders_mcp.tools.lookups import no_product, shelf_in, warehouse_code
from servicekit.schema import Exact, FreeText

Pieces = Annotated[int, Field(ge=-1_000_000, le=1_000_000, description="Pieces to add, negative to remove."), Exact()]
AdjustmentNote = Annotated[str, FreeText(1000, "For the ledger."), NO_CARD_NUMBER]


class AdjustmentTools:
    """Stock adjustments, computed under a row lock."""

    def __init__(self, stock: StockReader, writer: StockWriter) -> None:
        self._stock = stock
        self._writer = writer

    async def adjust_inventory(
        self, sku: Sku, location: Location, change: Pieces, reason: AdjustmentReason, note: AdjustmentNote | None = None
    ) -> ProductInventory:
        """Correct the stock of a product in a warehouse: add pieces that a supplier delivered or a customer returned
        (received, restock), remove damaged or sold ones (write off), fix it after a count.

        A person confirms.
        """
        shelf = await self._lock_and_validate(sku, location, change, reason)
        await self._writer.change([ShelfChange(sku, shelf.location, on_hand=change)], reason, note)
        return (await self._stock.inventory([sku]))[sku]

    async def preview_adjustment(
        self, sku: Sku, location: Location, change: Pieces, reason: AdjustmentReason, note: AdjustmentNote | None = None
    ) -> AdjustmentPreview:
        """Preview of adjust_inventory. The note has no effect on it."""
        del note
        return adjustment_preview(await self._lock_and_validate(sku, location, change, reason), change, reason)

    async def _lock_and_validate(self, sku: Sku, location: Location, change: int, reason: AdjustmentReason) -> Shelf:
        code = await warehouse_code(self._stock, location)
        # A delivery or a return may be the first pieces of the product there.
        shelves = await self._writer.lock([sku], opened=code if change > 0 else None)
        if not shelves:
            raise await no_product(self._stock, sku)
        shelf = shelf_in(shelves, sku, code)
        check_adjustment(shelf, change, reason)
        return shelf
