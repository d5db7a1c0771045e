"""Reads of customers."""

from collections.abc import Sequence
from typing import Protocol

from orders_mcp.models.customers import Customer
from orders_mcp.models.orders import OrderSummary
from orders_mcp.models.statuses import OrderStatus
from servicekit.schema import CursorKey


class CustomerReader(Protocol):
    """Reads customers. `reference` is a customer id or an exact e-mail."""

    async def customer(self, reference: str) -> Customer | None:
        """One customer with totals."""
        ...

    async def orders_of_customer(
        self, reference: str, status: OrderStatus | None, count: int, after: CursorKey | None
    ) -> Sequence[OrderSummary] | None:
        """Like `OrderReader.search` for one customer; None for an unknown customer."""
        ...

    async def emails(self, prefix: str, count: int) -> Sequence[str]:
        """At most `count` e-mails with this prefix, sorted."""
        ...
