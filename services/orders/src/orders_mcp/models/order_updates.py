"""What is done to an order, decided from the order alone: which statuses allow it, and every amount beforehand.

Whoever decides holds the order under lock, so what is decided is what is written.
"""

from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from orders_mcp.models.orders import (
    NEXT_STATUSES,
    STATUS_MEANINGS,
    EventKind,
    Order,
    OrderStatus,
    RefundReason,
    ShipmentStatus,
)
from orders_mcp.models.quotes import (
    ExceedsRefundable,
    refund_amount,
    refund_parts,
    refundable_minor,
    status_after_refund,
)
from servicekit.core.errors import Refused


@dataclass(frozen=True, slots=True)
class NewEvent:
    """Something for the timeline."""

    kind: EventKind
    amount_minor: int | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class NewRefund:
    """Money to be given back to one payment."""

    payment_id: UUID
    amount_minor: int
    reason: RefundReason
    note: str | None = None


@dataclass(frozen=True, slots=True)
class ShipmentWrite:
    """A parcel as it will be. Without an id it is a new one."""

    id: UUID | None
    status: ShipmentStatus
    carrier: str
    tracking_number: str | None
    expected_on: date | None


@dataclass(frozen=True, slots=True)
class OrderUpdate:
    """Everything to be written to one order, at once.

    Attributes:
        status, shipping_address, notes, cancellation_reason: as they will be.
        events: what happened, in order.
        voided: ids of the payments whose authorization ends.
        refunds: at most one for each payment.
        parcel: a parcel that is added or changed.
    """

    status: OrderStatus
    shipping_address: str
    notes: str | None
    cancellation_reason: str | None
    events: tuple[NewEvent, ...] = ()
    voided: tuple[UUID, ...] = ()
    refunds: tuple[NewRefund, ...] = ()
    parcel: ShipmentWrite | None = None


def unchanged(order: Order) -> OrderUpdate:
    """The order as it is: where every change begins."""
    return OrderUpdate(order.status, order.shipping_address, order.notes, order.cancellation_reason)


def require_transition(order: Order, status: OrderStatus, next_step: str) -> None:
    """Refuse a step that the state machine does not have.

    Args:
        status: where the step would lead.
        way_out: a sentence on what to do instead.

    Raises:
        Refused: the order's status does not lead there.
    """
    if status not in NEXT_STATUSES[order.status]:
        raise wrong_status(order, f"it cannot become {status}. {next_step}")


def wrong_status(order: Order, consequence: str) -> Refused:
    """The order's status does not allow it; `consequence` says what follows from that, and the way out."""
    return Refused(f"Order {order.number} is {order.status} ({STATUS_MEANINGS[order.status]}), so {consequence}")


def notes_change(order: Order, notes: str | None) -> OrderUpdate:
    """Other notes, or none. Allowed in every status."""
    return replace(unchanged(order), notes=notes, events=(NewEvent("note_changed"),))


def address_change(order: Order, shipping_address: str) -> OrderUpdate:
    """Another address to send the order to.

    Raises:
        Refused: it was sent, or never will be.
    """
    if order.status not in ("draft", "pending", "paid"):
        raise wrong_status(order, "its address stays as it is. An address can change only before the order ships.")
    return replace(unchanged(order), shipping_address=shipping_address, events=(NewEvent("address_changed"),))


def cancellation(order: Order, reason: str) -> OrderUpdate:
    """Stop the order: void what was authorized, refund what was captured.

    Raises:
        Refused: it shipped, or ended already.
    """
    shipped = order.status in ("shipped", "delivered")
    require_transition(
        order, "cancelled", "quote_refund tells what can be given back." if shipped else "There is nothing to cancel."
    )
    authorized = [payment for payment in order.payments if payment.status == "authorized"]
    refunds = _refunds(order, refundable_minor(order), "cancelled", None)
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
    )


def refund(order: Order, amount_minor: int | None, reason: RefundReason, note: str | None) -> OrderUpdate:
    """Give back `amount_minor`, or everything that is left, where None.

    Raises:
        Refused: nothing is left, or less than that.
    """
    try:
        amount = refund_amount(order, amount_minor)
    except ExceedsRefundable as problem:
        raise Refused(str(problem)) from None
    if not amount:
        raise Refused(
            f"Nothing can be refunded: no captured amount is left on order {order.number}. See get_payment_status."
        )
    refunds = _refunds(order, amount, reason, note)
    return replace(
        unchanged(order),
        status=status_after_refund(order, amount),
        events=tuple(NewEvent("refunded", refund.amount_minor, note) for refund in refunds),
        refunds=refunds,
    )


def _refunds(order: Order, amount: int, reason: RefundReason, note: str | None) -> tuple[NewRefund, ...]:
    return tuple(
        NewRefund(part.payment_id, part.amount.amount_minor, reason, note) for part in refund_parts(order, amount)
    )
