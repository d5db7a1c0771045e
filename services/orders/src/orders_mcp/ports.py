"""Ports: the storage operations that tools use. Every operation is limited to the caller's tenant."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from orders_mcp.models.adjustments import AdjustmentReason
from orders_mcp.models.customers import Customer
from orders_mcp.models.drafts import Draft
from orders_mcp.models.inventory import LowStock, Product, ProductInventory, Stock
from orders_mcp.models.order_updates import OrderUpdate
from orders_mcp.models.orders import Order, OrderEvent, OrderStatus, OrderSummary
from orders_mcp.models.reports import RefundGrouping, RefundRow, SalesFigures, SalesGrouping
from orders_mcp.models.search import Query
from servicekit.schema import CursorKey


@dataclass(frozen=True, slots=True)
class TotalRange:
    """A range of order totals in minor units of one currency, inclusive."""

    currency: str
    minimum: int | None = None
    maximum: int | None = None


@dataclass(frozen=True, slots=True)
class OrderFilter:
    """Conditions of an order search; all must hold. Days are UTC, inclusive."""

    status: OrderStatus | None = None
    from_day: date | None = None
    to_day: date | None = None
    total_range: TotalRange | None = None
    query: Query | None = None


class OrderReader(Protocol):
    """Reads orders. `reference` is an order id or number."""

    async def search(self, filters: OrderFilter, count: int, after: CursorKey | None) -> Sequence[OrderSummary]:
        """At most `count` orders, newest first. `after` is (placed_at in ISO 8601, id) of the previous page's last."""
        ...

    async def get(self, reference: str) -> Order | None:
        """One order with all its parts."""
        ...

    async def timeline(self, reference: str, count: int, after: int) -> Sequence[OrderEvent] | None:
        """At most `count` events with a sequence above `after`, oldest first; None for an unknown order."""
        ...

    async def numbers(self, prefix: str, count: int) -> Sequence[str]:
        """At most `count` order numbers with this prefix, newest first."""
        ...


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


class Reports(Protocol):
    """Reports over orders placed between two UTC days (inclusive), without drafts and cancelled orders."""

    async def sales(
        self,
        from_day: date,
        to_day: date,
        group_by: SalesGrouping,
        currency: str | None,
        count: int,
        *,
        largest_first: bool,
    ) -> SalesFigures:
        """Sales by group and currency, at most `count` groups.

        In time order, or with `largest_first` by number of orders; products always by units, most first.
        """
        ...

    async def currencies(self) -> Sequence[str]:
        """The currencies that orders have, sorted."""
        ...

    async def refund_rates(self, from_day: date, to_day: date, group_by: RefundGrouping) -> Sequence[RefundRow]:
        """Refunds by group and currency."""
        ...


class Orders(OrderReader, CustomerReader, StockReader, Reports, Protocol):
    """All reads, as one adapter provides them."""


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
