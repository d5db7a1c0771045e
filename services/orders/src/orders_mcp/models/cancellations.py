"""Cancellation of an order: what it voids, refunds and releases."""

from dataclasses import replace
from uuid import UUID

from orders_mcp.models.changed_order import ChangedOrder, changed
from orders_mcp.models.identifiers import StaffText
from orders_mcp.models.money import Money
from orders_mcp.models.order_updates import NewEvent, OrderUpdate, require_transition, unchanged
from orders_mcp.models.orders import Order
from orders_mcp.models.refund_shares import (
    destinations,
    new_refunds,
    refundable_minor,
    refunded_money,
)
from orders_mcp.models.statuses import NEXT_STATUSES, SENT, STATUS_MEANINGS, OrderStatus
from servicekit.registry import Preview
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
    elif order.status in SENT:
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


def cancellation(order: Order, reason: str) -> OrderUpdate:
    """Cancel the order: void authorized payments and refund captured ones.

    Raises:
        Refused: the order has shipped, or is already cancelled or refunded.
    """
    shipped = order.status in SENT
    require_transition(
        order, "cancelled", "See quote_refund for what can be refunded." if shipped else "There is nothing to cancel."
    )
    authorized = [payment for payment in order.payments if payment.status == "authorized"]
    refunds = new_refunds(order, refundable_minor(order), "cancelled", None)
    return replace(
        unchanged(order),
        status="cancelled",
        cancellation_reason=reason,
        events=(
            *(NewEvent("payment_voided", payment.amount.amount_minor) for payment in authorized),
            NewEvent("cancelled", note=reason),
            *(NewEvent("refunded", refund.amount_minor) for refund in refunds),
        ),
        voided=tuple(payment.id for payment in authorized),
        refunds=refunds,
        released=True,
    )


class CancellationPreview(Preview):
    """The effect of a cancellation."""

    number: str
    voided: Money
    refunded: Money
    status_after: OrderStatus


def voided_money(order: Order, update: OrderUpdate) -> Money:
    """Total of the payments that the update voids."""
    amounts = (payment.amount.amount_minor for payment in order.payments if payment.id in update.voided)
    return Money(amount_minor=sum(amounts), currency=order.total.currency)


def cancellation_preview(order: Order, update: OrderUpdate) -> CancellationPreview:
    voided, refunded = voided_money(order, update), refunded_money(order, update)
    pieces = sum(item.quantity for item in order.items)
    return CancellationPreview(
        effect=(
            f"Permanently cancels order {order.number} ({order.total.display}): voids {voided.display} of authorized "
            f"payments and refunds {refunded.display} of captured ones{destinations(order, update.refunds)}. {pieces} "
            f"{'piece' if pieces == 1 else 'pieces'} will not be sent."
        ),
        version=order.version,
        number=order.number,
        voided=voided,
        refunded=refunded,
        status_after=update.status,
    )


class CancelledOrder(ChangedOrder):
    """A cancelled order with the voided and refunded amounts."""

    voided: Money
    refunded: Money
    cancellation_reason: StaffText | None = None


def cancelled_order(order: Order, voided: Money, refunded: Money) -> CancelledOrder:
    return CancelledOrder(
        **changed(order), voided=voided, refunded=refunded, cancellation_reason=order.cancellation_reason
    )
