"""Computes updates of an order: notes, address, cancellation and refund.

Each function takes a locked order and returns the `OrderUpdate` to write, or raises `Refused`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final
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
from orders_mcp.models.refunds import (
    ExceedsRefundable,
    refund_amount,
    refund_parts,
    refundable_minor,
    status_after_refund,
)
from servicekit.core import Refused
from servicekit.schema import TextEdit, apply_edits

LONGEST_NOTES: Final = 2000
"""Characters of an order's notes."""


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An entry to add to the timeline."""

    kind: EventKind
    amount_minor: int | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class NewRefund:
    """A refund to write for one payment."""

    payment_id: UUID
    amount_minor: int
    reason: RefundReason
    note: str | None = None


@dataclass(frozen=True, slots=True)
class ShipmentWrite:
    """A shipment to insert (`id` is None) or to update."""

    id: UUID | None
    status: ShipmentStatus
    carrier: str
    tracking_number: str | None
    expected_on: date | None


@dataclass(frozen=True, slots=True)
class OrderUpdate:
    """Everything to write to one order in one transaction.

    Attributes:
        status, shipping_address, notes, cancellation_reason: the new values.
        events: timeline entries, in order.
        voided: ids of authorized payments to void.
        refunds: at most one per payment.
        shipment: a shipment to insert or update.
    """

    status: OrderStatus
    shipping_address: str
    notes: str | None
    cancellation_reason: str | None
    events: tuple[NewEvent, ...] = ()
    voided: tuple[UUID, ...] = ()
    refunds: tuple[NewRefund, ...] = ()
    shipment: ShipmentWrite | None = None


def unchanged(order: Order) -> OrderUpdate:
    """An update that keeps every value, to start from."""
    return OrderUpdate(order.status, order.shipping_address, order.notes, order.cancellation_reason)


def require_transition(order: Order, status: OrderStatus, next_step: str) -> None:
    """Check a status change against `NEXT_STATUSES`.

    Args:
        order: the order to change.
        status: the new status.
        next_step: a sentence that says what to do instead.

    Raises:
        Refused: the order's status does not allow the change.
    """
    if status == order.status:
        raise Refused(f"Order {order.number} is {status} already. {next_step}")
    if status not in NEXT_STATUSES[order.status]:
        raise wrong_status(order, f"it cannot become {status}. {next_step}")


def wrong_status(order: Order, consequence: str) -> Refused:
    """The refusal for a wrong status; `consequence` completes the sentence and says the next step."""
    return Refused(f"Order {order.number} is {order.status} ({STATUS_MEANINGS[order.status]}), so {consequence}")


def edited_notes(order: Order, edits: Sequence[TextEdit]) -> str | None:
    """The notes after edits; None where nothing is left.

    Raises:
        Refused: the edits do not fit, or the notes would be too long.
    """
    notes = apply_edits(order.notes or "", edits, f"the notes of order {order.number}")
    if len(notes) > LONGEST_NOTES:
        raise Refused(f"The notes would have {len(notes)} characters, more than {LONGEST_NOTES}. Shorten them.")
    return notes if notes.strip() else None


def notes_change(order: Order, notes: str | None) -> OrderUpdate:
    """Replace or remove the notes, in any status."""
    return replace(unchanged(order), notes=notes, events=(NewEvent("note_changed"),))


def address_change(order: Order, shipping_address: str) -> OrderUpdate:
    """Replace the shipping address.

    Raises:
        Refused: the order has shipped, or is cancelled or refunded.
    """
    if order.status not in ("draft", "pending", "paid"):
        raise wrong_status(order, "its address cannot change. Only draft, pending and paid orders can change address.")
    return replace(unchanged(order), shipping_address=shipping_address, events=(NewEvent("address_changed"),))


def cancellation(order: Order, reason: str) -> OrderUpdate:
    """Cancel the order: void authorized payments and refund captured ones.

    Raises:
        Refused: the order has shipped, or is already cancelled or refunded.
    """
    shipped = order.status in ("shipped", "delivered")
    require_transition(
        order, "cancelled", "See quote_refund for what can be refunded." if shipped else "There is nothing to cancel."
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
