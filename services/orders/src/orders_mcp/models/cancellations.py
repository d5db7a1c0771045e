"""Cancellation of an order: what it voids, refunds and releases."""

from uuid import UUID

from orders_mcp.models.money import Money
from orders_mcp.models.orders import NEXT_STATUSES, STATUS_MEANINGS, Order, OrderStatus
from orders_mcp.models.refunds import refundable_minor
from servicekit.schema import Record


class CancellationQuote(Record):
    """The exact effect of a cancellation, valid for this `version` of the order. `pieces_released` counts pieces that
    will not be sent; stock records do not change."""

    order_id: UUID
    number: str
    version: int
    status: OrderStatus
    possible: bool
    explanation: str
    voided: Money
    refunded: Money
    pieces_released: int


def cancellation_quote(order: Order) -> CancellationQuote:
    """The effect of cancelling the order."""
    possible = "cancelled" in NEXT_STATUSES[order.status]
    if possible:
        explanation = f"The order is {order.status} ({STATUS_MEANINGS[order.status]}), so it can be cancelled."
    elif order.status in ("shipped", "delivered"):
        explanation = (
            f"The order is {order.status}, so it cannot be cancelled. See quote_refund for what can be refunded."
        )
    else:
        explanation = f"The order is already {order.status}; there is nothing to cancel."
    authorized = sum(payment.amount.amount_minor for payment in order.payments if payment.status == "authorized")
    currency = order.total.currency
    return CancellationQuote(
        order_id=order.id,
        number=order.number,
        version=order.version,
        status=order.status,
        possible=possible,
        explanation=explanation,
        voided=Money(amount_minor=authorized if possible else 0, currency=currency),
        refunded=Money(amount_minor=refundable_minor(order) if possible else 0, currency=currency),
        pieces_released=sum(item.quantity for item in order.items) if possible else 0,
    )
