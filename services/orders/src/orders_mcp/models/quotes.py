"""What a refund or a cancellation would do, worked out from the order alone. Nothing here changes anything."""

from datetime import datetime, timedelta
from uuid import UUID

from orders_mcp.models.money import Money
from orders_mcp.models.orders import NEXT_STATUSES, STATUS_MEANINGS, Order, OrderStatus, PaymentMethod
from servicekit.schema.record import Record

REFUND_WINDOW_DAYS = 30
"""A refund needs no approval for this long after delivery, or after the order was placed if it was not delivered."""

REFUND_POLICY = f"""# Refund policy

- A refund goes back to the payments it came from, and never exceeds what was captured and not refunded yet.
- Within {REFUND_WINDOW_DAYS} days of delivery a refund needs no approval; an order that was never delivered counts from
  the day it was placed. Later refunds are possible, but a person must approve them.
- An order can be cancelled while it is a draft, pending or paid. Cancelling voids what was authorized and refunds what
  was captured. Once it has shipped, it is refunded instead.
- Refunding the whole captured amount sets the order to refunded; a partial refund leaves its status.
- Amounts are in the currency of the order; nothing is converted.

See what would happen with `quote_refund` or `quote_cancellation` before anything is done.
"""


class ExceedsRefundable(ValueError):
    """More than can be refunded; the text says how much can."""


class RefundPart(Record):
    """What would go back to one payment."""

    payment_id: UUID
    method: PaymentMethod
    amount: Money


class RefundQuote(Record):
    """The exact effect of a refund. It holds for this `version` of the order only."""

    order_id: UUID
    number: str
    version: int
    status: OrderStatus
    possible: bool
    needs_approval: bool
    explanation: str
    refundable: Money
    amount: Money
    parts: list[RefundPart]
    status_after: OrderStatus


class CancellationQuote(Record):
    """The exact effect of a cancellation. It holds for this `version` of the order only. `pieces_released` counts the
    pieces that no longer have to be sent; stock is counted by the warehouse and does not change."""

    order_id: UUID
    number: str
    version: int
    status: OrderStatus
    possible: bool
    explanation: str
    voided: Money
    refunded: Money
    pieces_released: int


def refundable_minor(order: Order) -> int:
    """Captured and not given back yet, in minor units."""
    return sum(payment.captured.amount_minor - payment.refunded.amount_minor for payment in order.payments)


def refund_quote(order: Order, amount_minor: int | None, now: datetime) -> RefundQuote:
    """What refunding `amount_minor` (everything, where None) would do at the moment `now`.

    Raises:
        TooMuch: it is more than can still be refunded.
    """
    left = refundable_minor(order)
    amount = refund_amount(order, amount_minor)
    deadline = refund_deadline(order)
    late = now > deadline
    if not left:
        explanation = "Nothing can be refunded: no captured amount is left on this order."
    elif late:
        explanation = f"The window of {REFUND_WINDOW_DAYS} days ended on {deadline.date()}; a person must approve this."
    else:
        explanation = f"Within the window of {REFUND_WINDOW_DAYS} days, which ends on {deadline.date()}."
    return RefundQuote(
        order_id=order.id,
        number=order.number,
        version=order.version,
        status=order.status,
        possible=left > 0,
        needs_approval=left > 0 and late,
        explanation=explanation,
        refundable=Money(amount_minor=left, currency=order.total.currency),
        amount=Money(amount_minor=amount, currency=order.total.currency),
        parts=refund_parts(order, amount),
        status_after=status_after_refund(order, amount),
    )


def refund_amount(order: Order, amount_minor: int | None) -> int:
    """What a refund of `amount_minor` (everything, where None) comes to; 0 where nothing is left.

    Raises:
        TooMuch: it is more than can still be refunded.
    """
    left = refundable_minor(order)
    if left and amount_minor is not None and amount_minor > left:
        refundable = Money(amount_minor=left, currency=order.total.currency)
        raise ExceedsRefundable(
            f"Only {refundable.display} of order {order.number} can still be refunded. Ask for that or less."
        )
    return min(left, left if amount_minor is None else amount_minor)


def refund_deadline(order: Order) -> datetime:
    """Until when a refund needs no approval."""
    delivered = (shipment.delivered_at for shipment in order.shipments if shipment.delivered_at)
    return max(delivered, default=order.placed_at) + timedelta(days=REFUND_WINDOW_DAYS)


def status_after_refund(order: Order, amount: int) -> OrderStatus:
    """The order's status once `amount`, which can be refunded, is."""
    whole = 0 < amount == refundable_minor(order)
    return "refunded" if whole and "refunded" in NEXT_STATUSES[order.status] else order.status


def refund_parts(order: Order, amount: int) -> list[RefundPart]:
    """`amount` by payment, newest first: a gift card, which was charged first, is filled up again last."""
    parts: list[RefundPart] = []
    for payment in reversed(order.payments):
        share = min(amount, payment.captured.amount_minor - payment.refunded.amount_minor)
        if share > 0:
            money = Money(amount_minor=share, currency=order.total.currency)
            parts.append(RefundPart(payment_id=payment.id, method=payment.method, amount=money))
            amount -= share
    return parts


def cancellation_quote(order: Order) -> CancellationQuote:
    """What cancelling the order would do."""
    possible = "cancelled" in NEXT_STATUSES[order.status]
    if possible:
        explanation = f"The order is {order.status} ({STATUS_MEANINGS[order.status]}), so it can be cancelled."
    elif order.status in ("shipped", "delivered"):
        explanation = (
            f"The order is {order.status}, so it cannot be cancelled; quote_refund tells what can be given back."
        )
    else:
        explanation = f"The order is {order.status} already; there is nothing to cancel."
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
