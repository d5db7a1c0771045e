"""Updates of an order, as its tools compute them and the writer writes them.

Each function takes a locked order and returns the `OrderUpdate` to write, or raises `Refused`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from orders_mcp.models.draft_lines import Discount, DraftItem
from orders_mcp.models.orders import Order
from orders_mcp.models.payments import RefundReason
from orders_mcp.models.pricing import Amounts
from orders_mcp.models.refund_requests import RefundRequestStatus
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
class RefundAmounts:
    """What a refund is made of, in minor units."""

    items: int = 0
    discount: int = 0
    shipping: int = 0
    tax: int = 0

    @property
    def total(self) -> int:
        """The amount that is paid back."""
        return self.items - self.discount + self.shipping + self.tax


@dataclass(frozen=True, slots=True)
class RefundLine:
    """Pieces of one product in a refund; `amount_minor` is after discount and with tax."""

    sku: str
    quantity: int
    amount_minor: int


@dataclass(frozen=True, slots=True)
class RefundRequestWrite:
    """A refund to insert (`id` is None), or the decision about a requested one.

    Attributes:
        status: requested, refunded or declined.
        lines: the pieces that are refunded. They count as refunded with the status refunded.
        expires_after: the days in which a second person may approve it; None where none has to.
        decision_note: why it was declined.
    """

    id: UUID | None
    status: RefundRequestStatus
    amounts: RefundAmounts
    reason: RefundReason
    note: str | None = None
    lines: tuple[RefundLine, ...] = ()
    restock_location: str | None = None
    expires_after: int | None = None
    decision_note: str | None = None


@dataclass(frozen=True, slots=True)
class ShipmentWrite:
    """A shipment to insert (`id` is None) or to update.

    Attributes:
        replaces, pieces, location: written with a new shipment only.
    """

    id: UUID | None
    status: ShipmentStatus
    carrier: str
    tracking_number: str | None
    expected_on: date | None
    replaces: UUID | None = None
    pieces: Mapping[str, int] = field(default_factory=dict[str, int])
    location: str | None = None


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
class DraftWrite:
    """What changes in a draft.

    Attributes:
        items: all its lines, if they change.
        reserved: what it has reserved afterwards, by product code; None keeps its reservations.
        is_placed: it is placed now.
    """

    amounts: Amounts
    discount: Discount | None
    items: tuple[DraftItem, ...] | None = None
    reserved: Mapping[str, int] | None = None
    is_placed: bool = False


@dataclass(frozen=True, slots=True)
class OrderUpdate:
    """Everything to write to one order in one transaction.

    Attributes:
        status, shipping_address, notes, cancellation_reason: the new values.
        events: timeline entries, in order.
        voided: ids of authorized payments to void.
        refunds: at most one per payment.
        refund_request: what `refunds` belong to, or a request without them.
        shipment: a shipment to insert or update.
        released: the order's reservations end; their pieces become available.
        not_sent: pieces that will not be sent any more, by product code; their reservations end.
        restocked: pieces that go back into the warehouse `restock_location`, with `restock_note` in the ledger.
        returns: returns to insert or update.
        draft: lines, amounts and reservations of a draft.
    """

    status: OrderStatus
    shipping_address: str
    notes: str | None
    cancellation_reason: str | None
    events: tuple[NewEvent, ...] = ()
    voided: tuple[UUID, ...] = ()
    refunds: tuple[NewRefund, ...] = ()
    refund_request: RefundRequestWrite | None = None
    shipment: ShipmentWrite | None = None
    released: bool = False
    not_sent: Mapping[str, int] = field(default_factory=dict[str, int])
    restocked: Mapping[str, int] = field(default_factory=dict[str, int])
    restock_location: str | None = None
    restock_note: str | None = None
    returns: tuple[ReturnWrite, ...] = ()
    draft: DraftWrite | None = None


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
