"""Reads and writes of products and stock."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol
from uuid import UUID

from orders_mcp.models.adjustments import LedgerReason
from orders_mcp.models.inventory import LowStock, ProductInventory
from orders_mcp.models.locations import Warehouse
from orders_mcp.models.reservations import Held, Picking
from orders_mcp.models.shelves import Pieces, ShelfChange, Shelves
from servicekit.schema import CursorKey


class StockReader(Protocol):
    """Reads products and stock."""

    async def inventory(self, skus: Sequence[str]) -> Mapping[str, ProductInventory]:
        """The existing products among `skus` by code, with their stock in every warehouse."""
        ...

    async def low_stock(self, location: str | None, count: int, after: CursorKey | None) -> Sequence[LowStock]:
        """At most `count` rows at or below their reorder point, by shortage (largest first), sku and location.

        `after` is (shortage, sku, location) of the previous page's last row.
        """
        ...

    async def warehouses(self) -> Sequence[Warehouse]:
        """All warehouses, by code."""
        ...

    async def product_names(self, sku: str, count: int) -> Mapping[str, str]:
        """At most `count` names of products by product code: those of the same family as `sku`, or if none, others."""
        ...

    async def skus(self, prefix: str, count: int) -> Sequence[str]:
        """At most `count` product codes with this prefix, sorted."""
        ...


class StockWriter(Protocol):
    """Writes stock, in the transaction of the call.

    A call that changes an order locks it first (`OrderWriter.lock`), then uses one of `reserve`, `release`, `take` and
    `restock`. Each locks its shelves in the order of product and warehouse, so that no two calls wait for each other.
    """

    async def reserve(self, order_id: UUID, pieces: Pieces, location: str | None) -> Held:
        """Make `pieces` all that the order has reserved: what it had is moved, extended or released.

        Args:
            order_id: a locked order.
            pieces: what it needs, by product code.
            location: the only warehouse to reserve in; None to choose.

        Returns:
            Its reservations, by shelf.

        Raises:
            Refused: too few pieces are available; the text names products and warehouses.
        """
        ...

    async def release(self, order_id: UUID, pieces: Pieces | None = None) -> Held:
        """Release reservations of a locked order: at most `pieces` of each product, or all.

        Returns:
            The pieces that became available, by shelf.
        """
        ...

    async def take(
        self, order_id: UUID, pieces: Pieces, location: str | None, *, needs_location: bool = False
    ) -> Picking:
        """Take the pieces of a parcel out of the stock, with ledger entries that name the order.

        With `location`, all leave that warehouse, and reservations elsewhere shrink by as many. Without it, reserved
        pieces leave where they are reserved. The stock of others stays as it is: see `Picking.notice`.

        Raises:
            Refused: `location` has too few pieces, or `needs_location` and pieces that are not reserved have none.
        """
        ...

    async def restock(
        self, pieces: Pieces, location: str, reason: LedgerReason, note: str | None, *, order_id: UUID | None = None
    ) -> None:
        """Add pieces to a warehouse, with ledger entries that name the order. A new product gets a shelf there.

        Raises:
            Refused: a product would have more than `MAX_ON_HAND` pieces.
        """
        ...

    async def lock(self, skus: Iterable[str], opened: str | None = None) -> Shelves:
        """Lock every shelf of the products until the transaction ends.

        Args:
            skus: product codes; unknown ones have no shelf.
            opened: a warehouse that gets an empty shelf for each product without one there.
        """
        ...

    async def change(
        self, changes: Sequence[ShelfChange], reason: LedgerReason, note: str | None, reference: str | None = None
    ) -> None:
        """Change locked shelves. Each change of the pieces on hand adds a ledger entry with `reference`."""
        ...
