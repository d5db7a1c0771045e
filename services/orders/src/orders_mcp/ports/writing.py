"""Writes of orders."""

from collections.abc import Sequence
from typing import Protocol

from orders_mcp.models.drafts import Draft
from orders_mcp.models.inventory import Product
from orders_mcp.models.order_updates import OrderUpdate
from orders_mcp.models.orders import Order


class OrderWriter(Protocol):
    """Writes orders, in the transaction of the call."""

    async def lock(self, reference: str) -> Order | None:
        """Lock the order until the transaction ends, and return its current state."""
        ...

    async def apply(self, order: Order, update: OrderUpdate) -> Order:
        """Write an update of a locked order, and return the new state."""
        ...

    async def products(self, skus: Sequence[str]) -> Sequence[Product]:
        """The existing products among `skus`."""
        ...

    async def add(self, draft: Draft) -> Order:
        """Insert a draft with the tenant's next order number."""
        ...
