"""Quote, preview, write and result of a refund, all worded from one `RefundDecision`."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import Field

from orders_mcp.models.changed_order import ChangedOrder, changed
from orders_mcp.models.identifiers import StaffText
from orders_mcp.models.money import Money, display
from orders_mcp.models.order_updates import NewEvent, OrderUpdate, RefundRequestWrite, unchanged
from orders_mcp.models.orders import Order
from orders_mcp.models.payments import RefundReason
from orders_mcp.models.refund_decisions import RefundDecision
from orders_mcp.models.refund_requests import RefundedLine, RefundRequest, RefundRequestStatus
from orders_mcp.models.refund_shares import RefundPart, destinations, new_refunds, refundable_minor
from orders_mcp.models.refund_stock import pieces_not_sent
from orders_mcp.models.refund_warnings import damaged_warning, decision_warnings
from orders_mcp.models.return_events import return_event
from orders_mcp.models.return_refunds import refunded_returns
from orders_mcp.models.statuses import OrderStatus
from servicekit.registry import Preview
from servicekit.schema import Record

APPROVAL_DAYS: Final = 7
"""Days in which a second person may approve a requested refund."""


class RefundTerms(Record):
    """What a refund is made of and where it goes. `amount` is items - discount + shipping + tax."""

    amount: Money
    items: Money
    discount: Money
    shipping: Money
    tax: Money
    lines: list[RefundedLine]
    parts: list[RefundPart]
    restock_location: str | None = None
    status_after: OrderStatus
    refundable_after: Money
    needs_approval: bool
    explanation: str


class RefundQuote(RefundTerms):
    """The exact effect of a refund, valid for this `version` of the order."""

    order_id: UUID
    number: str
    version: int
    status: OrderStatus
    possible: bool
    refundable: Money


class RefundPreview(RefundTerms, Preview):
    """The effect of a refund, or of a request for one."""

    number: str


class RefundedOrder(ChangedOrder):
    """An order after a refund, or after a request for one: `outcome` says whether money moved."""

    refund_id: UUID
    outcome: RefundRequestStatus
    amount: Money
    items: Money
    discount: Money
    shipping: Money
    tax: Money
    lines: list[RefundedLine]
    restock_location: str | None = None
    refundable: Money
    needs_approval: bool
    explanation: str
    expires_at: Annotated[datetime | None, Field(description="Until then a second person may approve it.")] = None
    note: StaffText | None = None


def refund_quote(decision: RefundDecision) -> RefundQuote:
    order = decision.order
    return RefundQuote(
        **_terms(decision),
        order_id=order.id,
        number=order.number,
        version=order.version,
        status=order.status,
        possible=decision.amount > 0,
        refundable=_money(order, decision.refundable),
    )


def refund_preview(decision: RefundDecision, reason: RefundReason) -> RefundPreview:
    """What a person confirms.

    Raises:
        Refused: nothing can be refunded, or too many requests wait.
    """
    order = decision.order
    refund_update(decision, reason, None)
    refunds = new_refunds(order, decision.amount, reason, None)
    amount = _money(order, decision.amount).display
    of_order = f"{amount} of order {order.number}{destinations(order, refunds)}, reason: {reason}."
    if decision.approval.needed:
        first = (
            f"Requests a refund of {of_order} No money moves until a second person with the scope orders:approve "
            f"confirms it within {APPROVAL_DAYS} days."
        )
    else:
        first = f"Permanently refunds {of_order}"
    damaged = damaged_warning(reason, decision.wish.restock)
    return RefundPreview(
        **_terms(decision),
        effect=" ".join((first, made_of(decision), after(decision), explanation(decision), *damaged)),
        version=order.version,
        number=order.number,
    )


def refund_update(
    decision: RefundDecision, reason: RefundReason, note: str | None, return_id: UUID | None = None
) -> OrderUpdate:
    """What to write: the refund, or the request for it. With `return_id` its pieces count to that return first.

    Raises:
        Refused: nothing can be refunded, or too many requests wait.
    """
    decision.require_amount()
    order, needed = decision.order, decision.approval.needed
    request = RefundRequestWrite(
        id=None,
        status="requested" if needed else "refunded",
        amounts=decision.amounts,
        reason=reason,
        note=note,
        lines=decision.lines,
        restock_location=decision.wish.restock,
        expires_after=APPROVAL_DAYS if needed else None,
    )
    if needed:
        decision.require_room()
        event = NewEvent("refund_requested", decision.amount, note)
        return replace(unchanged(order), events=(event,), refund_request=request)
    return paid_back(order, request, decision.status_after, return_id)


def paid_back(
    order: Order, request: RefundRequestWrite, status: OrderStatus, return_id: UUID | None = None
) -> OrderUpdate:
    """The update that pays a refund back: shares of payments, refunded pieces, returns, stock and timeline.

    Args:
        return_id: the return to which the pieces count first.
    """
    refunds = new_refunds(order, request.amounts.total, request.reason, request.note)
    pieces = {line.sku: line.quantity for line in request.lines}
    returns = refunded_returns(order, pieces, return_id)
    return replace(
        unchanged(order),
        status=status,
        events=(
            *(NewEvent("refunded", refund.amount_minor, request.note) for refund in refunds),
            *(return_event("refunded", written) for written in returns if written.refunded),
        ),
        refunds=refunds,
        returns=returns,
        refund_request=request,
        released=status == "refunded",
        not_sent=pieces_not_sent(order, pieces),
        restocked=pieces if request.restock_location is not None else {},
        restock_location=request.restock_location,
        restock_note=request.note,
    )


def refunded_order(order: Order, decision: RefundDecision) -> RefundedOrder:
    """The order after the update of a decision; its newest request is the refund."""
    made = order.refund_requests[-1]
    return of_request(
        order, made, " ".join((explanation(decision), *damaged_warning(made.reason, made.restock_location)))
    )


def of_request(order: Order, request: RefundRequest, words: str) -> RefundedOrder:
    """The order after a request was made or decided about."""
    return RefundedOrder(
        **changed(order),
        refund_id=request.id,
        outcome=request.status,
        amount=request.amount,
        items=request.items,
        discount=request.discount,
        shipping=request.shipping,
        tax=request.tax,
        lines=request.lines,
        restock_location=request.restock_location,
        refundable=_money(order, refundable_minor(order)),
        needs_approval=request.status == "requested",
        explanation=words,
        expires_at=request.expires_at if request.status == "requested" else None,
        note=request.note,
    )


def _terms(decision: RefundDecision) -> dict[str, Any]:
    order, amounts = decision.order, decision.amounts
    return {
        "amount": _money(order, amounts.total),
        "items": _money(order, amounts.items),
        "discount": _money(order, amounts.discount),
        "shipping": _money(order, amounts.shipping),
        "tax": _money(order, amounts.tax),
        "lines": [
            RefundedLine(sku=line.sku, quantity=line.quantity, amount=_money(order, line.amount_minor))
            for line in decision.lines
        ],
        "parts": list(decision.parts),
        "restock_location": decision.wish.restock,
        "status_after": _status_after(decision),
        "refundable_after": _money(order, _left_after(decision)),
        "needs_approval": decision.approval.needed and decision.amount > 0,
        "explanation": explanation(decision),
    }


def explanation(decision: RefundDecision) -> str:
    """Whether the refund is possible and needs approval, and what else to know about it."""
    if not decision.refundable:
        return "Nothing can be refunded: this order has no captured amount left."
    if not decision.amount:
        return "Nothing can be refunded for these pieces: they cost nothing."
    words = decision.approval.words
    if decision.approval.needed:
        words += f" A request is recorded, which a second person must approve within {APPROVAL_DAYS} days."
    return " ".join([words, *decision_warnings(decision)])


def made_of(decision: RefundDecision) -> str:
    """The lines and components of the refund in words."""
    order, amounts = decision.order, decision.amounts
    currency = order.total.currency
    names: Mapping[str, int] = {
        "items": amounts.items,
        "discount": -amounts.discount,
        "shipping": amounts.shipping,
        "tax": amounts.tax,
    }
    parts = ", ".join(f"{name} {display(amount, currency)}" for name, amount in names.items() if amount)
    lines = ", ".join(f"{line.quantity} of {line.sku}" for line in decision.lines)
    restock = f" They go back into {decision.wish.restock}." if decision.wish.restock else ""
    return f"It covers {lines or 'no particular pieces'} ({parts}).{restock}"


def after(decision: RefundDecision) -> str:
    """What remains of the order's money, and its status."""
    order, status = decision.order, _status_after(decision)
    becomes = f"becomes {status}" if status != order.status else f"stays {order.status}"
    return f"{_money(order, _left_after(decision)).display} remain refundable, the order {becomes}."


def _status_after(decision: RefundDecision) -> OrderStatus:
    return decision.order.status if decision.approval.needed else decision.status_after


def _left_after(decision: RefundDecision) -> int:
    """What remains refundable: a request takes nothing."""
    return decision.refundable - (0 if decision.approval.needed else decision.amount)


def _money(order: Order, amount_minor: int) -> Money:
    return Money(amount_minor=amount_minor, currency=order.total.currency)
