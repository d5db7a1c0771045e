"""An order after a change. get_order returns the whole order."""

from typing import Any
from uuid import UUID

from orders_mcp.models.orders import Order
from orders_mcp.models.statuses import OrderStatus
from servicekit.schema import Record


class ChangedOrder(Record):
    """An order after a change."""

    order_id: UUID
    number: str
    status: OrderStatus
    version: int


def changed(order: Order) -> dict[str, Any]:
    return {"order_id": order.id, "number": order.number, "status": order.status, "version": order.version}
