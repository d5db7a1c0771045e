"""Tools that read orders."""

from orders_mcp.models.errors import unknown_order
from orders_mcp.models.identifiers import OrderId
from orders_mcp.models.order_shipments import OrderShipments
from orders_mcp.models.orders import Order
from orders_mcp.models.payment_status import OrderPayments
from orders_mcp.models.timeline import OrderEvent
from orders_mcp.ports.orders import Orders
from servicekit.schema import CursorKey, Limit, Page


class OrderTools:
    def __init__(self, orders: Orders) -> None:
        self._orders = orders

    async def get_order(self, order_id: OrderId) -> Order:
        """Details of one order: who bought what (items, prices), total cost, addresses, notes, payments, parcels."""
        return await self._order(order_id)

    async def get_order_timeline(
        self, order_id: OrderId, limit: Limit = 50, cursor: CursorKey | None = None
    ) -> Page[OrderEvent]:
        """History (event log, timeline) of one order: what happened, when, and who changed, paid, sent, cancelled or
        refunded it; oldest first."""
        after = cursor[0] if cursor else 0
        events = await self._orders.timeline(order_id, limit + 1, after)
        if events is None:
            raise unknown_order(order_id)
        return Page(events, limit, key=lambda event: (event.sequence,))

    async def get_payment_status(self, order_id: OrderId) -> OrderPayments:
        """Whether an order is paid: money that arrived (charged, captured), open balance (owed, outstanding), refunds,
        failed attempts (declined card)."""
        return OrderPayments.of(await self._order(order_id))

    async def get_shipments(self, order_id: OrderId) -> OrderShipments:
        """Where the parcels (packages) of one order are: courier, tracking number, delivered or late, expected day."""
        return OrderShipments.of(await self._order(order_id))

    async def _order(self, order_id: OrderId) -> Order:
        order = await self._orders.get(order_id)
        if order is None:
            raise unknown_order(order_id)
        return order
