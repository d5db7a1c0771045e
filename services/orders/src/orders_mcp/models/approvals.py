"""Decisions of a second person about requested refunds. The order is looked at again: a request holds no money back."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from orders_mcp.models.identifiers import CustomerText, StaffText
from orders_mcp.models.money import Money
from orders_mcp.models.order_updates import (
    NewEvent,
    OrderUpdate,
    RefundLine,
    RefundRequestWrite,
    unchanged,
)
from orders_mcp.models.orders import Order
from orders_mcp.models.payments import RefundReason
from orders_mcp.models.refund_amounts import amounts_of, fitted, order_value
from orders_mcp.models.refund_requests import RefundedLine, RefundRequest
from orders_mcp.models.refund_shares import (
    RefundPart,
    destinations,
    refund_parts,
    refundable_minor,
    status_after_refund,
)
from orders_mcp.models.refund_stock import require_sent
from orders_mcp.models.refund_warnings import damaged_warning, sent_again_warning, waiting_warning
from orders_mcp.models.refunds import paid_back
from orders_mcp.models.statuses import OrderStatus
from orders_mcp.models.timeline import EventKind
from servicekit.core import Refused
from servicekit.registry import Preview
from servicekit.schema import Record


class WaitingRefund(Record):
    """A refund that waits for approval. `refundable` is what is left of the order's captured money now."""

    refund_id: UUID
    number: str
    customer_name: CustomerText
    amount: Money
    refundable: Money
    lines: list[RefundedLine]
    reason: RefundReason
    note: StaffText | None = None
    requested_by: str
    requested_at: datetime
    expires_at: datetime


class ApprovalPreview(Preview):
    """The effect of approving a refund."""

    number: str
    amount: Money
    lines: list[RefundedLine]
    parts: list[RefundPart]
    restock_location: str | None = None
    refundable_after: Money
    status_after: OrderStatus
    requested_by: str
    requested_at: datetime


def waiting_request(order: Order, requests: Sequence[RefundRequest]) -> RefundRequest:
    """The only one of an order's `requests` that waits.

    Raises:
        Refused: none waits, or several do; the text names them.
    """
    waiting = [request for request in requests if request.status == "requested"]
    if len(waiting) == 1:
        return waiting[0]
    if waiting:
        ids = ", ".join(f"{request.id} ({request.amount.display})" for request in waiting)
        raise Refused(f"{len(waiting)} refunds of order {order.number} wait for approval. Give the id of one: {ids}.")
    last = f" {_ended(requests[-1])}" if requests and requests[-1].expires_at is not None else ""
    raise Refused(f"No refund of order {order.number} waits for approval.{last} list_approvals shows those that do.")


def require_open(request: RefundRequest, now: datetime) -> None:
    """Check that a request waits.

    Raises:
        Refused: it was decided about, or expired.
    """
    if request.expires_at is None:
        raise Refused("This refund needed no approval: it was paid back at once.")
    if request.status == "requested" and request.expires_at < now:
        request = request.model_copy(update={"status": "expired"})
    if request.status != "requested":
        raise Refused(_ended(request))


def _ended(request: RefundRequest) -> str:
    amount, day = request.amount.display, request.decided_at and request.decided_at.date()
    if request.status == "refunded":
        return f"The requested refund of {amount} was approved by {request.decided_by} on {day} and is paid back."
    if request.status in ("declined", "withdrawn"):
        return (
            f"The requested refund of {amount} was {request.status} by {request.decided_by} on {day}. No money moved."
        )
    ended = request.expires_at and request.expires_at.date()
    return f"The requested refund of {amount} expired on {ended}. No money moved. Ask for it again with issue_refund."


def approval(order: Order, request: RefundRequest, approver: str, now: datetime) -> OrderUpdate:
    """Pay a requested refund back, exactly as it was requested.

    Args:
        order: locked.
        approver: the subject who approves.

    Raises:
        Refused: it does not wait, the same person requested it, or less is left by now.
    """
    require_open(request, now)
    if approver == request.requested_by:
        raise Refused(
            "You requested this refund yourself. Another person with the scope orders:approve must approve it."
        )
    amount, left = request.amount.amount_minor, refundable_minor(order)
    again = "Decline this request with decline_refund, and issue a refund of what is left."
    if amount > left:
        refundable = Money(amount_minor=left, currency=request.amount.currency)
        raise Refused(
            f"Only {refundable.display} of order {order.number} can be refunded by now, less than the requested "
            f"{request.amount.display}. {again}"
        )
    items = {item.sku: item for item in order.items}
    for line in request.lines:
        free = items[line.sku].quantity - items[line.sku].refunded
        if line.quantity > free:
            raise Refused(
                f"Only {free} pieces of {line.sku} in order {order.number} are not refunded by now, fewer than the "
                f"requested {line.quantity}. {again}"
            )
    pieces = {line.sku: line.quantity for line in request.lines}
    if request.restock_location is not None:
        require_sent(order, pieces)
    return paid_back(order, _write(order, request), status_after_refund(order, amount, pieces))


def _write(order: Order, request: RefundRequest) -> RefundRequestWrite:
    """The request as it is paid back. What it is made of depends on what was refunded meanwhile."""
    wanted = amounts_of(request)
    return RefundRequestWrite(
        id=request.id,
        status="refunded",
        amounts=fitted(wanted.total, wanted, order_value(order).left),
        reason=request.reason,
        note=request.note,
        lines=tuple(RefundLine(line.sku, line.quantity, line.amount.amount_minor) for line in request.lines),
        restock_location=request.restock_location,
    )


def own_requests(order: Order, requester: str) -> Sequence[RefundRequest]:
    """The requests of an order among which its number means one: those of the requester if any wait, else all."""
    own = [one for one in order.refund_requests if one.requested_by == requester and one.status == "requested"]
    return own or order.refund_requests


def withdrawal(order: Order, request: RefundRequest, requester: str, now: datetime) -> OrderUpdate:
    """End a requested refund for the person who requested it.

    Raises:
        Refused: it does not wait, or another person requested it.
    """
    require_open(request, now)
    if request.requested_by != requester:
        raise Refused(
            f"{request.requested_by} requested this refund of {request.amount.display}. Only they can withdraw it; "
            "others with the scope orders:approve end it with decline_refund."
        )
    return refusal(order, request, None, requester, now)


def refusal(order: Order, request: RefundRequest, reason: str | None, subject: str, now: datetime) -> OrderUpdate:
    """Decline a requested refund. The person who requested it withdraws it by that.

    Args:
        subject: who ends it.

    Raises:
        Refused: it does not wait.
    """
    require_open(request, now)
    write = RefundRequestWrite(
        id=request.id, status="declined", amounts=amounts_of(request), reason=request.reason, decision_note=reason
    )
    kind: EventKind = "refund_withdrawn" if subject == request.requested_by else "refund_declined"
    event = NewEvent(kind, request.amount.amount_minor, reason)
    return replace(unchanged(order), events=(event,), refund_request=write)


def approval_preview(order: Order, request: RefundRequest, update: OrderUpdate) -> ApprovalPreview:
    """What the second person confirms."""
    amount = request.amount
    left = Money(amount_minor=refundable_minor(order) - amount.amount_minor, currency=amount.currency)
    lines = ", ".join(f"{line.quantity} of {line.sku}" for line in request.lines)
    restock = f" They go back into {request.restock_location}." if request.restock_location else ""
    becomes = f"becomes {update.status}" if update.status != order.status else f"stays {order.status}"
    note = {"note of the request": request.note} if request.note else {}
    return ApprovalPreview(
        effect=(
            f"Permanently refunds {amount.display} of order {order.number}{destinations(order, update.refunds)}, "
            f"reason: {request.reason}. It covers {lines or 'no particular pieces'}.{restock} {request.requested_by} "
            f"requested it on {request.requested_at.date()}. {left.display} remain refundable, the order {becomes}."
            f"{_warnings(order, request)}"
        ),
        shown=note,
        version=order.version,
        number=order.number,
        amount=amount,
        lines=request.lines,
        parts=refund_parts(order, amount.amount_minor),
        restock_location=request.restock_location,
        refundable_after=left,
        status_after=update.status,
        requested_by=request.requested_by,
        requested_at=request.requested_at,
    )


def _warnings(order: Order, request: RefundRequest) -> str:
    """What else the second person should know, each sentence after a space."""
    others = [one for one in order.refund_requests if one.status == "requested" and one.id != request.id]
    pieces = {line.sku: line.quantity for line in request.lines}
    of_pieces = pieces or request.items.amount_minor  # not the shipping fee alone
    found = (
        *(sent_again_warning(order, pieces, restocked=request.restock_location is not None) if of_pieces else ()),
        *damaged_warning(request.reason, request.restock_location),
        *waiting_warning(others),
    )
    return "".join(f" {words}" for words in found)
