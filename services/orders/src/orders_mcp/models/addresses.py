"""The shipping address of an order."""

from dataclasses import replace

from orders_mcp.models.order_updates import NewEvent, OrderUpdate, unchanged, wrong_status
from orders_mcp.models.orders import Order
from orders_mcp.models.parcels import to_send_again


def address_change(order: Order, shipping_address: str) -> OrderUpdate:
    """Replace the address to which the next parcel goes.

    Raises:
        Refused: nothing is left to send.
    """
    if order.status not in ("draft", "pending", "paid", "partially_shipped") and not to_send_again(order):
        raise wrong_status(
            order,
            "its address cannot change. Only orders with pieces left to send, or with a lost or returned parcel to "
            "replace, can change address.",
        )
    return replace(unchanged(order), shipping_address=shipping_address, events=(NewEvent("address_changed"),))
