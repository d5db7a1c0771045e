"""The order state machine."""

from typing import Literal, get_args

OrderStatus = Literal["draft", "pending", "paid", "shipped", "delivered", "cancelled", "refunded"]


ORDER_STATUSES: tuple[OrderStatus, ...] = get_args(OrderStatus)


STATUS_MEANINGS: dict[OrderStatus, str] = {
    "draft": "being prepared, not placed",
    "pending": "placed, payment not captured yet",
    "paid": "payment captured, nothing shipped",
    "shipped": "on the way",
    "delivered": "received by the customer",
    "cancelled": "stopped before shipping",
    "refunded": "fully refunded",
}


NEXT_STATUSES: dict[OrderStatus, tuple[OrderStatus, ...]] = {
    "draft": ("pending", "cancelled"),
    "pending": ("paid", "cancelled"),
    "paid": ("shipped", "cancelled", "refunded"),
    "shipped": ("delivered", "refunded"),
    "delivered": ("refunded",),
    "cancelled": (),
    "refunded": (),
}
"""The order state machine: allowed next statuses."""
