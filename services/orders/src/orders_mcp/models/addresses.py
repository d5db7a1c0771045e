"""The shipping address of an order."""

from dataclasses import replace

from orders_mcp.models.order_updates import NewEvent, OrderUpdate, unchanged, wrong_status
from orders_mcp.models.orders import Order


def address_change(order: Order, shipping_address: str) -> OrderUpdate:
    """Replace the shipping address.

    Raises:
        Refused: the order has shipped, or is cancelled or refunded.
    """
    if order.status not in ("draft", "pending", "paid"):
        raise wrong_status(order, "its address cannot change. Only draft, pending and paid orders can change address.")
    return replace(unchanged(order), shipping_address=shipping_address, events=(NewEvent("address_changed"),))
