"""What a person reads before something is done that cannot be undone. The same record always gives the same words."""

from datetime import date

from orders_mcp.models.adjustments import AdjustmentReason
from orders_mcp.models.inventory import ProductInventory, Stock
from orders_mcp.models.money import Money, display
from orders_mcp.models.order_updates import OrderUpdate
from orders_mcp.models.orders import Order, OrderStatus, RefundReason
from orders_mcp.models.quotes import refund_deadline, refundable_minor
from servicekit.registry.preview import Preview


class CancellationPreview(Preview):
    """The effect of a cancellation."""

    number: str
    voided: Money
    refunded: Money
    status_after: OrderStatus


class RefundPreview(Preview):
    """The effect of a refund. Until `window_ends` (UTC, that day included) refunds need no approval."""

    number: str
    amount: Money
    refundable_after: Money
    status_after: OrderStatus
    window_ends: date


class AdjustmentPreview(Preview):
    """The effect of an adjustment of stock, in pieces."""

    sku: str
    location: str
    change: int
    on_hand_before: int
    on_hand_after: int


def voided_money(order: Order, change: OrderUpdate) -> Money:
    """What `change` voids."""
    total_range = (payment.amount.amount_minor for payment in order.payments if payment.id in change.voided)
    return Money(amount_minor=sum(total_range), currency=order.total.currency)


def refunded_money(order: Order, change: OrderUpdate) -> Money:
    """What `change` gives back."""
    return Money(amount_minor=sum(refund.amount_minor for refund in change.refunds), currency=order.total.currency)


def cancellation_preview(order: Order, change: OrderUpdate) -> CancellationPreview:
    """`change` is a cancellation of `order`."""
    voided, refunded = voided_money(order, change), refunded_money(order, change)
    pieces = sum(item.quantity for item in order.items)
    return CancellationPreview(
        effect=(
            f"Cancels order {order.number} over {order.total.display} for good: voids {voided.display} of authorized "
            f"payments, refunds {refunded.display} of captured ones{_destinations(order, change)}, and {pieces} "
            f"{'piece is' if pieces == 1 else 'pieces are'} not sent."
        ),
        version=order.version,
        number=order.number,
        voided=voided,
        refunded=refunded,
        status_after=change.status,
    )


def refund_preview(order: Order, change: OrderUpdate, reason: RefundReason) -> RefundPreview:
    """`change` is a refund of `order`."""
    amount = refunded_money(order, change)
    left = Money(amount_minor=refundable_minor(order) - amount.amount_minor, currency=amount.currency)
    window_ends = refund_deadline(order).date()
    becomes = f"becomes {change.status}" if change.status != order.status else f"stays {order.status}"
    return RefundPreview(
        effect=(
            f"Refunds {amount.display} of order {order.number}{_destinations(order, change)} as {reason}, for good: "
            f"{left.display} can be refunded after that, the order {becomes}, and refunds of it need no approval "
            f"until {window_ends}."
        ),
        version=order.version,
        number=order.number,
        amount=amount,
        refundable_after=left,
        status_after=change.status,
        window_ends=window_ends,
    )


def adjustment_preview(
    product: ProductInventory, shelf: Stock, change: int, reason: AdjustmentReason
) -> AdjustmentPreview:
    """`change` pieces are added to `shelf`, or taken from it where negative."""
    after = shelf.on_hand + change
    return AdjustmentPreview(
        effect=(
            f"Changes the stock of {product.sku} in {shelf.location} by {change:+d} as {reason}: from {shelf.on_hand} "
            f"to {after} pieces on hand, of which {shelf.reserved} are reserved and {after - shelf.reserved} available."
        ),
        version=shelf.version,
        sku=product.sku,
        location=shelf.location,
        change=change,
        on_hand_before=shelf.on_hand,
        on_hand_after=after,
    )


def _destinations(order: Order, change: OrderUpdate) -> str:
    methods = {payment.id: payment.method.replace("_", " ") for payment in order.payments}
    parts = [
        f"{display(refund.amount_minor, order.total.currency)} to {methods[refund.payment_id]}"
        for refund in change.refunds
    ]
    return f" ({', '.join(parts)})" if parts else ""
