"""Computes updates of an order: notes, address, cancellation and refund.

Each function takes a locked order and returns the `OrderUpdate` to write, or raises `Refused`.
"""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from orders_mcp.models.orders import Order
from orders_mcp.models.payments import RefundReason
from orders_mcp.models.returns import ReturnLine, ReturnReason, ReturnStatus
from orders_mcp.models.shipments import ShipmentStatus
from orders_mcp.models.statuses import NEXT_STATUSES, STATUS_MEANINGS, OrderStatus
from orders_mcp.models.timeline import EventKind
from servicekit.core import Refused


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
class ReturnWrite:
    """A return to insert (`id` is None) or to update.

    Attributes:
        reason, note, shipment_id: written with a new return only.
        step_note, location: None keeps what there is.
        inspected, refunded, restocked: it has this step now.
        lines: all its lines, with their new values.
    """

    id: UUID | None
    status: ReturnStatus
    lines: tuple[ReturnLine, ...]
    reason: ReturnReason = "other"
    note: str | None = None
    shipment_id: UUID | None = None
    step_note: str | None = None
    location: str | None = None
    inspected: bool = False
    refunded: bool = False
    restocked: bool = False


@dataclass(frozen=True, slots=True)
class OrderUpdate:
    """Everything to write to one order in one transaction.

    Attributes:
        status, shipping_address, notes, cancellation_reason: the new values.
        events: timeline entries, in order.
        voided: ids of authorized payments to void.
        refunds: at most one per payment.
        shipment: a shipment to insert or update.
        released: the order's reservations end; their pieces become available.
        returns: returns to insert or update.
    """

    status: OrderStatus
    shipping_address: str
    notes: str | None
    cancellation_reason: str | None
    events: tuple[NewEvent, ...] = ()
    voided: tuple[UUID, ...] = ()
    refunds: tuple[NewRefund, ...] = ()
    shipment: ShipmentWrite | None = None
    released: bool = False
    returns: tuple[ReturnWrite, ...] = ()


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
