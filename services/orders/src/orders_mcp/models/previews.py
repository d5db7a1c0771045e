"""Previews that a person confirms before an irreversible write. Texts are deterministic: confirmation compares them."""

from datetime import date

from orders_mcp.models.adjustments import AdjustmentReason
from orders_mcp.models.inventory import ProductInventory, Stock
from orders_mcp.models.money import Money, display
from orders_mcp.models.order_updates import OrderUpdate
from orders_mcp.models.orders import Order, OrderStatus, RefundReason
from orders_mcp.models.refunds import refund_deadline, refundable_minor
from servicekit.registry import Preview


class CancellationPreview(Preview):
    """The effect of a cancellation."""

    number: str
    voided: Money
    refunded: Money
    status_after: OrderStatus


class RefundPreview(Preview):
    """The effect of a refund. Refunds need no approval through `window_ends` (UTC)."""

    number: str
    amount: Money
    refundable_after: Money
    status_after: OrderStatus
    window_ends: date


class AdjustmentPreview(Preview):
    """The effect of a stock adjustment, in pieces."""

    sku: str
    location: str
    change: int
    on_hand_before: int
    on_hand_after: int


def voided_money(order: Order, update: OrderUpdate) -> Money:
    """Total of the payments that the update voids."""
    amounts = (payment.amount.amount_minor for payment in order.payments if payment.id in update.voided)
    return Money(amount_minor=sum(amounts), currency=order.total.currency)


def refunded_money(order: Order, update: OrderUpdate) -> Money:
    """Total of the refunds in the update."""
    return Money(amount_minor=sum(refund.amount_minor for refund in update.refunds), currency=order.total.currency)


def cancellation_preview(order: Order, update: OrderUpdate) -> CancellationPreview:
    voided, refunded = voided_money(order, update), refunded_money(order, update)
    pieces = sum(item.quantity for item in order.items)
    return CancellationPreview(
        effect=(
            f"Permanently cancels order {order.number} ({order.total.display}): voids {voided.display} of authorized "
            f"payments and refunds {refunded.display} of captured ones{_destinations(order, update)}. {pieces} "
            f"{'piece' if pieces == 1 else 'pieces'} will not be sent."
        ),
        version=order.version,
        number=order.number,
        voided=voided,
        refunded=refunded,
        status_after=update.status,
    )


def refund_preview(order: Order, update: OrderUpdate, reason: RefundReason) -> RefundPreview:
    amount = refunded_money(order, update)
    left = Money(amount_minor=refundable_minor(order) - amount.amount_minor, currency=amount.currency)
    window_ends = refund_deadline(order).date()
    becomes = f"becomes {update.status}" if update.status != order.status else f"stays {order.status}"
    return RefundPreview(
        effect=(
            f"Permanently refunds {amount.display} of order {order.number}{_destinations(order, update)}, reason: "
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


def adjustment_preview(
    product: ProductInventory, stock: Stock, change: int, reason: AdjustmentReason
) -> AdjustmentPreview:
    """Preview of adding `change` pieces, or removing them if negative."""
    after = stock.on_hand + change
    return AdjustmentPreview(
        effect=(
            f"Changes the stock of {product.sku} in {stock.location} by {change:+d} (reason: {reason}), from "
            f"{stock.on_hand} to {after} pieces on hand: {stock.reserved} reserved, {after - stock.reserved} available."
        ),
        version=stock.version,
        sku=product.sku,
        location=stock.location,
        change=change,
        on_hand_before=stock.on_hand,
        on_hand_after=after,
    )


def _destinations(order: Order, update: OrderUpdate) -> str:
    methods = {payment.id: payment.method.replace("_", " ") for payment in order.payments}
    parts = [
        f"{display(refund.amount_minor, order.total.currency)} to {methods[refund.payment_id]}"
        for refund in update.refunds
    ]
    return f" ({', '.join(parts)})" if parts else ""
