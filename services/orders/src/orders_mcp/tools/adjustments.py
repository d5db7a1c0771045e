"""Adjusting stock."""

from typing import Annotated

from pydantic import Field, StringConstraints

from orders_mcp.models.adjustments import AdjustmentReason, check_adjustment, shelf_of
from orders_mcp.models.errors import unknown_product
from orders_mcp.models.identifiers import Location, Sku
from orders_mcp.models.inventory import ProductInventory, Stock
from orders_mcp.models.previews import AdjustmentPreview, adjustment_preview
from orders_mcp.ports import StockWriter

Pieces = Annotated[
    int, Field(ge=-1_000_000, le=1_000_000, description="Pieces to add; to take, with a minus sign. Not 0.")
]
Reason = Annotated[
    AdjustmentReason,
    Field(description="received and returned add, damaged and sold take, counted corrects either way."),
]
AdjustmentNote = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=1000),
    Field(description="What else to know about this change."),
]


class AdjustmentTools:
    """Adjustments. Each locks the shelf before it looks."""

    def __init__(self, stock: StockWriter) -> None:
        self._stock = stock

    async def adjust_inventory(
        self, sku: Sku, location: Location, change: Pieces, reason: Reason, note: AdjustmentNote | None = None
    ) -> ProductInventory:
        """Add pieces to a product's stock in one warehouse, or take them, with the reason, on the stock ledger.

        Reserved pieces cannot be taken. See get_inventory first; to correct a mistake, adjust the other way.
        """
        _, shelf = await self._checked(sku, location, change, reason)
        return await self._stock.adjust(sku, shelf, change, reason, note)

    async def preview_adjustment(
        self, sku: Sku, location: Location, change: Pieces, reason: Reason, note: AdjustmentNote | None = None
    ) -> AdjustmentPreview:
        """What adjust_inventory would do. The note is kept with it and changes nothing else."""
        del note
        return adjustment_preview(*await self._checked(sku, location, change, reason), change, reason)

    async def _checked(
        self, sku: Sku, location: Location, change: int, reason: AdjustmentReason
    ) -> tuple[ProductInventory, Stock]:
        product = await self._stock.lock(sku, location)
        if product is None:
            raise unknown_product(sku)
        shelf = shelf_of(product, location)
        check_adjustment(product, shelf, change, reason)
        return product, shelf
