"""Results of write tools: the changed part of the order. get_order returns the whole order."""

from typing import Any
from uuid import UUID

from orders_mcp.models.identifiers import CustomerText, StaffText
from orders_mcp.models.money import Money
from orders_mcp.models.orders import Order, OrderItem, OrderStatus
from orders_mcp.models.refunds import refundable_minor
from servicekit.schema import Record


class ChangedOrder(Record):
    """An order after a change."""

    order_id: UUID
    number: str
    status: OrderStatus
    version: int


class DraftOrder(ChangedOrder):
    """A draft. Discount, shipping fee and tax are added when it is placed."""

    items: list[OrderItem]
    total: Money
    shipping_address: CustomerText


class OrderNotes(ChangedOrder):
    """The notes of an order; absent if there are none."""

    notes: StaffText | None = None


class CancelledOrder(ChangedOrder):
    """A cancelled order with the voided and refunded amounts."""

    voided: Money
    refunded: Money
    cancellation_reason: StaffText | None = None


class RefundedOrder(ChangedOrder):
    """An order after a refund of `amount`; `refundable` is the rest."""

    amount: Money
    refundable: Money


def draft_order(order: Order) -> DraftOrder:
    return DraftOrder(**_changed(order), items=order.items, total=order.total, shipping_address=order.shipping_address)


def order_notes(order: Order) -> OrderNotes:
    return OrderNotes(**_changed(order), notes=order.notes)


def cancelled_order(order: Order, voided: Money, refunded: Money) -> CancelledOrder:
    return CancelledOrder(
        **_changed(order), voided=voided, refunded=refunded, cancellation_reason=order.cancellation_reason
    )


def refunded_order(order: Order, amount: Money) -> RefundedOrder:
    left = Money(amount_minor=refundable_minor(order), currency=order.total.currency)
    return RefundedOrder(**_changed(order), amount=amount, refundable=left)


def _changed(order: Order) -> dict[str, Any]:
    return {"order_id": order.id, "number": order.number, "status": order.status, "version": order.version}
