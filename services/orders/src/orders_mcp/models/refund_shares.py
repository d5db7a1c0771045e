"""The captured money of an order, and how a refund is divided over its payments."""

from collections.abc import Mapping
from uuid import UUID

from orders_mcp.models.money import Money, display
from orders_mcp.models.order_updates import NewRefund, OrderUpdate
from orders_mcp.models.orders import Order
from orders_mcp.models.parcels import status_by_parcels
from orders_mcp.models.payments import PaymentMethod, RefundReason
from orders_mcp.models.statuses import NEXT_STATUSES, OrderStatus
from servicekit.schema import Record


class RefundPart(Record):
    """The share of a refund that goes to one payment."""

    payment_id: UUID
    method: PaymentMethod
    amount: Money


def refundable_minor(order: Order) -> int:
    """Captured minus refunded, in minor units."""
    return sum(payment.captured.amount_minor - payment.refunded.amount_minor for payment in order.payments)


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


def new_refunds(order: Order, amount: int, reason: RefundReason, note: str | None) -> tuple[NewRefund, ...]:
    """The refunds of `amount` to write, one for each payment that it goes to."""
    return tuple(
        NewRefund(part.payment_id, part.amount.amount_minor, reason, note) for part in refund_parts(order, amount)
    )


def status_after_refund(order: Order, amount: int, pieces: Mapping[str, int]) -> OrderStatus:
    """The order's status after refunding `amount`, of which `pieces` count as refunded and are not sent any more."""
    whole = 0 < amount == refundable_minor(order)
    if whole and "refunded" in NEXT_STATUSES[order.status]:
        return "refunded"
    items = [item.model_copy(update={"refunded": item.refunded + pieces.get(item.sku, 0)}) for item in order.items]
    return status_by_parcels(order.model_copy(update={"items": items}))


def refunded_money(order: Order, update: OrderUpdate) -> Money:
    """Total of the refunds in the update."""
    return Money(amount_minor=sum(refund.amount_minor for refund in update.refunds), currency=order.total.currency)


def destinations(order: Order, refunds: tuple[NewRefund, ...]) -> str:
    """Where the money goes: `` (5.00 EUR to card, 1.00 EUR to gift card)``; empty where none is paid back."""
    methods = {payment.id: payment.method.replace("_", " ") for payment in order.payments}
    parts = [
        f"{display(refund.amount_minor, order.total.currency)} to {methods[refund.payment_id]}" for refund in refunds
    ]
    return f" ({', '.join(parts)})" if parts else ""
