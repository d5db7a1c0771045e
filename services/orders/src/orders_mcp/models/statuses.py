"""The order state machine."""

from typing import Literal, get_args

OrderStatus = Literal["draft", "pending", "paid", "partially_shipped", "shipped", "delivered", "cancelled", "refunded"]


ORDER_STATUSES: tuple[OrderStatus, ...] = get_args(OrderStatus)


SENT: tuple[OrderStatus, ...] = ("partially_shipped", "shipped", "delivered")
"""The statuses of an order of which a piece left the shop, and which is not refunded as a whole."""


STATUS_MEANINGS: dict[OrderStatus, str] = {
    "draft": "being prepared, not placed",
    "pending": "placed, payment not captured yet",
    "paid": "payment captured, nothing shipped",
    "partially_shipped": "some pieces sent",
    "shipped": "on the way",
    "delivered": "received by the customer",
    "cancelled": "stopped before shipping",
    "refunded": "fully refunded",
}


NEXT_STATUSES: dict[OrderStatus, tuple[OrderStatus, ...]] = {
    "draft": ("pending", "cancelled"),
    "pending": ("paid", "cancelled"),
    "paid": ("partially_shipped", "shipped", "cancelled", "refunded"),
    "partially_shipped": ("shipped", "delivered", "refunded"),
    "shipped": ("delivered", "refunded"),
    "delivered": ("shipped", "refunded"),  # a replacement is under way
    "cancelled": (),
    "refunded": (),
}
"""The order state machine: allowed next statuses."""
