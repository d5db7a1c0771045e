"""The stock transfer tool."""

from typing import Annotated

from pydantic import Field

from orders_mcp.models.identifiers import Location, Sku
from orders_mcp.models.shelves import Shelf, ShelfChange
from orders_mcp.models.transfers import (
    StockTransfer,
    TransferPreview,
    check_transfer,
    new_reference,
    transfer_preview,
)
from orders_mcp.ports.stock import StockReader, StockWriter
from orders_mcp.tools.lookups import no_product, shelf_in, warehouse_code
from servicekit.core import Refused
from servicekit.schema import Exact

MovedPieces = Annotated[int, Field(ge=1, le=1_000_000), Exact()]
Target = Annotated[Location, Field(description=None)]


class TransferTools:
    """Transfers, computed under a lock on every shelf of the product."""

    def __init__(self, stock: StockReader, writer: StockWriter) -> None:
        self._stock = stock
        self._writer = writer

    async def transfer_stock(
        self,
        sku: Sku,
        from_location: Location,
        to_location: Target,
        quantity: MovedPieces,
    ) -> StockTransfer:
        """Move (transfer, rebalance) available pieces of a product between two warehouses. A person confirms."""
        source, target = await self._lock_and_validate(sku, from_location, to_location, quantity)
        changes = [
            ShelfChange(sku, source.location, on_hand=-quantity),
            ShelfChange(sku, target.location, on_hand=quantity),
        ]
        reference = new_reference()
        await self._writer.change(changes, "transferred", None, reference)
        product = (await self._stock.inventory([sku]))[sku]
        stock = {shelf.location: shelf for shelf in product.locations}
        return StockTransfer(
            reference=reference,
            sku=sku,
            quantity=quantity,
            source=stock[source.location],
            target=stock[target.location],
        )

    async def preview_transfer(
        self,
        sku: Sku,
        from_location: Location,
        to_location: Target,
        quantity: MovedPieces,
    ) -> TransferPreview:
        """Preview of transfer_stock."""
        return transfer_preview(*await self._lock_and_validate(sku, from_location, to_location, quantity), quantity)

    async def _lock_and_validate(
        self, sku: Sku, from_location: Location, to_location: Location, quantity: int
    ) -> tuple[Shelf, Shelf]:
        leaves = await warehouse_code(self._stock, from_location, "from_location")
        arrives = await warehouse_code(self._stock, to_location, "to_location")
        if leaves == arrives:
            raise Refused(f"from_location and to_location are both {leaves}. Name two warehouses.")
        # They may be the first pieces of the product in the other warehouse.
        shelves = await self._writer.lock([sku], opened=arrives)
        if not shelves:
            raise await no_product(self._stock, sku)
        source, target = shelf_in(shelves, sku, leaves, "from_location"), shelves[sku, arrives]
        check_transfer(shelves, source, target, quantity)
        return source, target
