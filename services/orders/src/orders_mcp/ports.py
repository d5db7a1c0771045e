"""What this service needs from outside. Everything is of the current caller's tenant; a port never sees another's."""

from collections.abc import Sequence
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
from servicekit.schema.pagination import Position


@dataclass(frozen=True, slots=True)
class TotalRange:
    """A range of order totals in one currency, in minor units, both ends included."""

    currency: str
    minimum: int | None = None
    maximum: int | None = None


@dataclass(frozen=True, slots=True)
class OrderFilter:
    """Which orders are looked for: all that meet every given condition. Days are UTC days, both ends included."""

    status: OrderStatus | None = None
    from_day: date | None = None
    to_day: date | None = None
    total_range: TotalRange | None = None
    query: Query | None = None


class OrderReader(Protocol):
    """Orders. `reference` is an order id or an order number."""

    async def search(self, filters: OrderFilter, count: int, after: Position | None) -> Sequence[OrderSummary]:
        """At most `count` orders, newest first; `after` is (placed_at in ISO 8601, id) of the last one seen."""
        ...

    async def get(self, reference: str) -> Order | None:
        """One order with all that hangs on it."""
        ...

    async def timeline(self, reference: str, count: int, after: int) -> Sequence[OrderEvent] | None:
        """At most `count` events with a sequence above `after`, oldest first; None where there is no such order."""
        ...

    async def numbers(self, prefix: str, count: int) -> Sequence[str]:
        """At most `count` order numbers that begin with `prefix`, newest first."""
        ...


class CustomerReader(Protocol):
    """Customers. `reference` is a customer id or an exact e-mail."""

    async def customer(self, reference: str) -> Customer | None:
        """One customer with totals."""
        ...

    async def orders_of_customer(
        self, reference: str, status: OrderStatus | None, count: int, after: Position | None
    ) -> Sequence[OrderSummary] | None:
        """As `OrderRecords.search`, of one customer; None where there is no such customer."""
        ...

    async def emails(self, prefix: str, count: int) -> Sequence[str]:
        """At most `count` e-mails that begin with `prefix`, in order."""
        ...


class StockReader(Protocol):
    """Products and stock."""

    async def inventory(self, sku: str) -> ProductInventory | None:
        """One product with its stock in every warehouse."""
        ...

    async def low_stock(self, location: str | None, count: int, after: Position | None) -> Sequence[LowStock]:
        """At most `count` shelves at or below their reorder point; `after` is (shortage, sku, location) of the last.

        The greatest shortage comes first, then by product code and warehouse.
        """
        ...

    async def skus(self, prefix: str, count: int) -> Sequence[str]:
        """At most `count` product codes that begin with `prefix`, in order."""
        ...


class Reports(Protocol):
    """Figures over orders placed from one UTC day to another, both included, without drafts and cancelled orders."""

    async def sales(
        self, from_day: date, to_day: date, group_by: SalesGrouping, currency: str | None, count: int
    ) -> SalesFigures:
        """Sales by group and currency, at most `count` rows: in order of time, or products with most units first."""
        ...

    async def refund_rates(self, from_day: date, to_day: date, group_by: RefundGrouping) -> Sequence[RefundRow]:
        """Refunds by group and currency."""
        ...


class Orders(OrderReader, CustomerReader, StockReader, Reports, Protocol):
    """All of it, as one adapter provides it."""


class OrderWriter(Protocol):
    """Changes of orders, each part of the transaction of the call it is made in."""

    async def lock(self, reference: str) -> Order | None:
        """The order as it is now; nobody else changes it before the transaction ends."""
        ...

    async def apply(self, order: Order, change: OrderUpdate) -> Order:
        """Write a change of an order that is locked, and give the order as it is then."""
        ...

    async def products(self, skus: Sequence[str]) -> Sequence[Product]:
        """Those of `skus` that are products."""
        ...

    async def add(self, draft: Draft) -> Order:
        """Make a draft, under the tenant's next order number."""
        ...


class StockWriter(Protocol):
    """Changes of stock, each part of the transaction of the call it is made in."""

    async def lock(self, sku: str, location: str) -> ProductInventory | None:
        """The product as it is now; nobody else changes its stock in `location` before the transaction ends."""
        ...

    async def adjust(
        self, sku: str, shelf: Stock, change: int, reason: AdjustmentReason, note: str | None
    ) -> ProductInventory:
        """Add to a shelf that is locked, or take from it, on the ledger; gives the product as it is then."""
        ...
