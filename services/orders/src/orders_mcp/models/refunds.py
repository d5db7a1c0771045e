"""Refunds: the window, the amount bounded by what was captured, and the quote."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import UUID

from orders_mcp.models.changed_order import ChangedOrder, changed
from orders_mcp.models.money import Money, display
from orders_mcp.models.order_updates import NewEvent, NewRefund, OrderUpdate, unchanged
from orders_mcp.models.orders import Order
from orders_mcp.models.payments import PaymentMethod, RefundReason
from orders_mcp.models.statuses import NEXT_STATUSES, OrderStatus
from servicekit.core import Refused
from servicekit.registry import Preview
from servicekit.schema import Record

REFUND_WINDOW_DAYS = 30
"""Days after delivery (or after placing, if never delivered) in which a refund needs no approval."""

REFUND_POLICY = f"""# Refund policy

- A refund goes to the original payments and never exceeds the captured amount that was not refunded yet.
- Within {REFUND_WINDOW_DAYS} days of delivery a refund needs no approval. For orders that were never delivered, the
  days count from placing. Later refunds need a person's approval.
- Draft, pending and paid orders can be cancelled. Cancelling voids authorized payments and refunds captured ones.
  Shipped orders are refunded instead.
- Refunding the whole captured amount sets the order to refunded; a partial refund keeps its status.
- Amounts are in the currency of the order, without conversion.

Call `quote_refund` or `quote_cancellation` first to see the effect.
"""


class ExceedsRefundable(ValueError):
    """The requested amount exceeds the refundable amount, which the message states."""


class RefundPart(Record):
    """The share of a refund that goes to one payment."""

    payment_id: UUID
    method: PaymentMethod
    amount: Money


class RefundQuote(Record):
    """The exact effect of a refund, valid for this `version` of the order."""

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


def refundable_minor(order: Order) -> int:
    """Captured minus refunded, in minor units."""
    return sum(payment.captured.amount_minor - payment.refunded.amount_minor for payment in order.payments)


def refund_quote(order: Order, amount_minor: int | None, now: datetime) -> RefundQuote:
    """The effect of refunding `amount_minor` (None: everything refundable) at `now`.

    Raises:
        ExceedsRefundable: `amount_minor` is more than the refundable amount.
    """
    left = refundable_minor(order)
    amount = refund_amount(order, amount_minor)
    deadline = refund_deadline(order)
    late = now > deadline
    if not left:
        explanation = "Nothing can be refunded: this order has no captured amount left."
    elif late:
        explanation = (
            f"The {REFUND_WINDOW_DAYS}-day refund window ended on {deadline.date()}; a person must approve this."
        )
    else:
        explanation = f"Within the {REFUND_WINDOW_DAYS}-day refund window, which ends on {deadline.date()}."
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
    """The amount to refund: `amount_minor`, or with None everything refundable; 0 if nothing is.

    Raises:
        ExceedsRefundable: `amount_minor` is more than the refundable amount.
    """
    left = refundable_minor(order)
    if left and amount_minor is not None and amount_minor > left:
        refundable = Money(amount_minor=left, currency=order.total.currency)
        raise ExceedsRefundable(
            f"amount_minor is too high: only {refundable.display} of order {order.number} can be refunded. "
            f"Give {left} or less."
        )
    return min(left, left if amount_minor is None else amount_minor)


def refund_deadline(order: Order) -> datetime:
    """The end of the period in which a refund needs no approval."""
    delivered = (shipment.delivered_at for shipment in order.shipments if shipment.delivered_at)
    return max(delivered, default=order.placed_at) + timedelta(days=REFUND_WINDOW_DAYS)


def status_after_refund(order: Order, amount: int) -> OrderStatus:
    """The order's status after refunding `amount`."""
    whole = 0 < amount == refundable_minor(order)
    return "refunded" if whole and "refunded" in NEXT_STATUSES[order.status] else order.status


def refund_parts(order: Order, amount: int) -> list[RefundPart]:
    """Split `amount` over the payments, newest first. Gift cards are charged first, so they are refunded last."""
    parts: list[RefundPart] = []
    for payment in reversed(order.payments):
        share = min(amount, payment.captured.amount_minor - payment.refunded.amount_minor)
        if share > 0:
            money = Money(amount_minor=share, currency=order.total.currency)
            parts.append(RefundPart(payment_id=payment.id, method=payment.method, amount=money))
            amount -= share
    return parts


def refund(order: Order, amount_minor: int | None, reason: RefundReason, note: str | None) -> OrderUpdate:
    """Refund `amount_minor`, or with None the whole refundable amount.

    Raises:
        Refused: nothing is refundable, or less than `amount_minor`.
    """
    try:
        amount = refund_amount(order, amount_minor)
    except ExceedsRefundable as problem:
        raise Refused(str(problem)) from None
    if not amount:
        raise Refused(
            f"Nothing can be refunded: no captured amount is left on order {order.number}. See get_payment_status."
        )
    refunds = new_refunds(order, amount, reason, note)
    return replace(
        unchanged(order),
        status=status_after_refund(order, amount),
        events=tuple(NewEvent("refunded", refund.amount_minor, note) for refund in refunds),
        refunds=refunds,
    )


def new_refunds(order: Order, amount: int, reason: RefundReason, note: str | None) -> tuple[NewRefund, ...]:
    return tuple(
        NewRefund(part.payment_id, part.amount.amount_minor, reason, note) for part in refund_parts(order, amount)
    )


class RefundPreview(Preview):
    """The effect of a refund. Refunds need no approval through `window_ends` (UTC)."""

    number: str
    amount: Money
    refundable_after: Money
    status_after: OrderStatus
    window_ends: date


def refunded_money(order: Order, update: OrderUpdate) -> Money:
    """Total of the refunds in the update."""
    return Money(amount_minor=sum(refund.amount_minor for refund in update.refunds), currency=order.total.currency)


def refund_preview(order: Order, update: OrderUpdate, reason: RefundReason) -> RefundPreview:
    amount = refunded_money(order, update)
    left = Money(amount_minor=refundable_minor(order) - amount.amount_minor, currency=amount.currency)
    window_ends = refund_deadline(order).date()
    becomes = f"becomes {update.status}" if update.status != order.status else f"stays {order.status}"
    return RefundPreview(
        effect=(
            f"Permanently refunds {amount.display} of order {order.number}{destinations(order, update)}, reason: "
            f"{reason}. {left.display} remain refundable, the order {becomes}. Last day of the refund window: "
            f"{window_ends}; later refunds need a person's approval."
        ),
        version=order.version,
        number=order.number,
        amount=amount,
        refundable_after=left,
        status_after=update.status,
        window_ends=window_ends,
    )


def destinations(order: Order, update: OrderUpdate) -> str:
    methods = {payment.id: payment.method.replace("_", " ") for payment in order.payments}
    parts = [
        f"{display(refund.amount_minor, order.total.currency)} to {methods[refund.payment_id]}"
        for refund in update.refunds
    ]
    return f" ({', '.join(parts)})" if parts else ""


class RefundedOrder(ChangedOrder):
    """An order after a refund of `amount`; `refundable` is the rest."""

    amount: Money
    refundable: Money


def refunded_order(order: Order, amount: Money) -> RefundedOrder:
    left = Money(amount_minor=refundable_minor(order), currency=order.total.currency)
    return RefundedOrder(**changed(order), amount=amount, refundable=left)
