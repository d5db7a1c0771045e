"""The stock adjustment tool."""

from typing import Annotated

from pydantic import Field

from orders_mcp.models.adjustments import (
    AdjustmentPreview,
    AdjustmentReason,
    adjustment_preview,
    check_adjustment,
    stock_in,
)
from orders_mcp.models.identifiers import Location, Sku
from orders_mcp.models.inventory import ProductInventory, Stock
from orders_mcp.ports.stock import StockReader, StockWriter
from orders_mcp.tools.lookups import no_product
from servicekit.schema import Exact, FreeText

Pieces = Annotated[
    int, Field(ge=-1_000_000, le=1_000_000, description="Pieces to add, negative to remove. Not 0."), Exact()
]
Reason = Annotated[
    AdjustmentReason,
    Field(description="received and returned add, damaged and sold remove, counted corrects either way."),
]
AdjustmentNote = Annotated[str, FreeText(1000, "Further information for the ledger.")]


class AdjustmentTools:
    """Stock adjustments, computed under a row lock."""

    def __init__(self, stock: StockReader, writer: StockWriter) -> None:
        self._stock = stock
        self._writer = writer

    async def adjust_inventory(
        self, sku: Sku, location: Location, change: Pieces, reason: Reason, note: AdjustmentNote | None = None
    ) -> ProductInventory:
        """Correct the stock of a product in a warehouse: add pieces that a supplier delivered or a customer returned
        (received, restock), remove damaged or sold ones (write off), fix it after a count.

        Reserved pieces cannot be removed. A person confirms.
        """
        _, stock = await self._lock_and_validate(sku, location, change, reason)
        return await self._writer.adjust(sku, stock, change, reason, note)

    async def preview_adjustment(
        self, sku: Sku, location: Location, change: Pieces, reason: Reason, note: AdjustmentNote | None = None
    ) -> AdjustmentPreview:
        """Preview of adjust_inventory. The note has no effect on it."""
        del note
        return adjustment_preview(*await self._lock_and_validate(sku, location, change, reason), change, reason)

    async def _lock_and_validate(
        self, sku: Sku, location: Location, change: int, reason: AdjustmentReason
    ) -> tuple[ProductInventory, Stock]:
        product = await self._writer.lock(sku, location)
        if product is None:
            raise await no_product(self._stock, sku)
        stock = stock_in(product, location)
        check_adjustment(product, stock, change, reason)
        return product, stock
