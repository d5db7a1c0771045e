"""Locks the order that a call changes."""

from orders_mcp.models.errors import unknown_order
from orders_mcp.models.identifiers import OrderId
from orders_mcp.models.orders import Order
from orders_mcp.ports.writing import OrderWriter


async def locked_order(writer: OrderWriter, order_id: OrderId) -> Order:
    """The order, locked until the transaction ends.

    Raises:
        Refused: there is no such order.
    """
    order = await writer.lock(order_id)
    if order is None:
        raise unknown_order(order_id)
    return order
