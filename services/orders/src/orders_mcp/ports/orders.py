"""Reads of orders, and all reads together. Every operation is limited to the caller's tenant."""

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from orders_mcp.models.orders import Order
from orders_mcp.models.timeline import OrderEvent
from orders_mcp.ports.approvals import ApprovalReader
from orders_mcp.ports.customers import CustomerReader
from orders_mcp.ports.lists import ListReader
from orders_mcp.ports.reports import Reports
from orders_mcp.ports.returns import ReturnReader
from orders_mcp.ports.search import OrderFinder
from orders_mcp.ports.stock import StockReader
from orders_mcp.ports.time_zone import ShopTimeZone


class OrderReader(Protocol):
    """Reads orders. `reference` is an order id or number."""

    async def get(self, reference: str) -> Order | None:
        """One order with all its parts."""
        ...

    async def timeline(self, reference: str, count: int, after: int) -> Sequence[OrderEvent] | None:
        """At most `count` events with a sequence above `after`, oldest first; None for an unknown order."""
        ...

    async def parcels_with_number(self, tracking_number: str, count: int) -> Sequence[tuple[str, UUID]]:
        """At most `count` parcels with a tracking number: the order's number and the parcel's id."""
        ...

    async def order_of_parcel(self, parcel_id: str) -> UUID | None:
        """The id of the order of a parcel; None for an unknown parcel."""
        ...

    async def numbers(self, prefix: str, count: int) -> Sequence[str]:
        """At most `count` order numbers with this prefix, newest first."""
        ...


class Orders(
    OrderFinder,
    OrderReader,
    ApprovalReader,
    ReturnReader,
    ListReader,
    CustomerReader,
    StockReader,
    Reports,
    ShopTimeZone,
    Protocol,
):
    """All reads, as one adapter provides them."""
