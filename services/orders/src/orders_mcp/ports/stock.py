"""Reads and writes of products and stock."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from orders_mcp.models.adjustments import AdjustmentReason
from orders_mcp.models.inventory import LowStock, ProductInventory, Stock
from servicekit.schema import CursorKey


class StockReader(Protocol):
    """Reads products and stock."""

    async def inventory(self, sku: str) -> ProductInventory | None:
        """One product with its stock in every warehouse."""
        ...

    async def low_stock(self, location: str | None, count: int, after: CursorKey | None) -> Sequence[LowStock]:
        """At most `count` rows at or below their reorder point, by shortage (largest first), sku and location.

        `after` is (shortage, sku, location) of the previous page's last row.
        """
        ...

    async def locations(self) -> Sequence[str]:
        """All warehouses, sorted."""
        ...

    async def product_names(self, sku: str, count: int) -> Mapping[str, str]:
        """At most `count` names of products by product code: those of the same family as `sku`, or if none, others."""
        ...

    async def skus(self, prefix: str, count: int) -> Sequence[str]:
        """At most `count` product codes with this prefix, sorted."""
        ...


class StockWriter(Protocol):
    """Writes stock, in the transaction of the call."""

    async def lock(self, sku: str, location: str) -> ProductInventory | None:
        """Lock the product's stock in `location` until the transaction ends, and return the product."""
        ...

    async def adjust(
        self, sku: str, stock: Stock, change: int, reason: AdjustmentReason, note: str | None
    ) -> ProductInventory:
        """Adjust locked stock, add a ledger entry, and return the product."""
        ...
