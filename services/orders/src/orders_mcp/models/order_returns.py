"""A return with its order: results of tools, and the refund of a return."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Final
from uuid import UUID

from pydantic import Field

from orders_mcp.models.lines import OrderLine
from orders_mcp.models.money import Money
from orders_mcp.models.order_updates import OrderUpdate
from orders_mcp.models.orders import Order
from orders_mcp.models.payments import RefundReason
from orders_mcp.models.refund_decisions import RefundDecision, RefundWish
from orders_mcp.models.refund_requests import RefundRequestStatus
from orders_mcp.models.refund_stock import sent_again
from orders_mcp.models.refunds import explanation, refund_update
from orders_mcp.models.returns import Return, ReturnReason, ReturnStatus
from orders_mcp.models.statuses import OrderStatus
from servicekit.core import Refused
from servicekit.schema import Record

REFUND_REASONS: Final[dict[ReturnReason, RefundReason]] = {
    "damaged": "damaged",
    "wrong_item": "wrong_item",
    "changed_mind": "changed_mind",
    "other": "goodwill",
    "undeliverable": "not_received",
}
"""The reason of the refund of a return."""


class ReturnRefund(Record):
    """The refund of a return. `outcome` says whether money moved or a second person must approve it."""

    refund_id: UUID
    outcome: RefundRequestStatus
    amount: Money
    explanation: str


class OrderReturn(Return):
    """A return after a change, with its order."""

    order_id: UUID
    number: str
    order_status: OrderStatus
    version: Annotated[int, Field(description="Of the order.")]
    next_steps: list[ReturnStatus]
    refund: ReturnRefund | None = None


def order_return(order: Order, return_id: UUID | None, decision: RefundDecision | None = None) -> OrderReturn:
    """A return of an order, the newest without `return_id`; with the refund that a decision led to."""
    found = order.returns[-1] if return_id is None else next(one for one in order.returns if one.id == return_id)
    refund = None
    if decision is not None:
        made = order.refund_requests[-1]
        refund = ReturnRefund(
            refund_id=made.id, outcome=made.status, amount=made.amount, explanation=explanation(decision)
        )
    return OrderReturn(
        **{name: getattr(found, name) for name in Return.model_fields},
        order_id=order.id,
        number=order.number,
        order_status=order.status,
        version=order.version,
        next_steps=list(found.next_statuses),
        refund=refund,
    )


def chosen_return(order: Order, reference: str, status: ReturnStatus) -> Return:
    """The return that `reference` means: its id, or the order's number where one return can become `status`.

    Raises:
        Refused: the order has no return, or several that fit; the text names them.
    """
    for returned in order.returns:
        if str(returned.id) == reference:
            return returned
    fitting: Sequence[Return] = [one for one in order.returns if status in one.next_statuses]
    fitting = fitting or order.returns
    if len(fitting) == 1:
        return fitting[0]
    if not fitting:
        raise Refused(f"Order {order.number} has no return (return_id). request_return opens one.")
    ids = ", ".join(f"{one.id} ({one.status}, {pieces_of(one)})" for one in fitting)
    raise Refused(f"Order {order.number} has {len(fitting)} returns. Give the id of one as return_id: {ids}.")


def pieces_of(returned: Return) -> str:
    """Such as "2 of LMP-0042, 1 of MUG-0007"."""
    return ", ".join(f"{line.quantity} of {line.sku}" for line in returned.lines)


def refund_wish(order: Order, returned: Return) -> RefundWish | None:
    """What to refund for a return: its accepted pieces that were not refunded yet. None where none is left.

    Raises:
        Refused: a refund of these pieces waits for approval, or they were sent again.
    """
    if any(sent_again(order, returned)[line.sku] for line in returned.lines):
        raise Refused(
            f"Pieces of this return of order {order.number} were sent again in another parcel, so it is not refunded. "
            "Use issue_refund for pieces that the customer still misses."
        )
    free = {item.sku: item.quantity - item.refunded for item in order.items}
    wanted = {line.sku: min(line.to_refund, free[line.sku]) for line in returned.lines}
    waiting = [request for request in order.refund_requests if request.status == "requested"]
    for request in waiting:
        for line in request.lines:
            free[line.sku] -= line.quantity
    if any(count > max(0, free[sku]) for sku, count in wanted.items() if count):
        raise Refused(
            f"A refund of these pieces of order {order.number} waits for approval. The return becomes refunded once "
            "approve_refund has approved it; list_approvals shows it."
        )
    lines = tuple(OrderLine(sku=sku, quantity=count) for sku, count in wanted.items() if count)
    return RefundWish(lines=lines) if lines else None


def return_refund(returned: Return, decision: RefundDecision, note: str | None) -> OrderUpdate:
    """Refund the accepted pieces of a return, or request it.

    Raises:
        Refused: nothing can be refunded, or too many requests wait.
    """
    update = refund_update(decision, REFUND_REASONS[returned.reason], note, returned.id)
    own = (replace(one, step_note=note) if one.id == returned.id else one for one in update.returns)
    return replace(update, returns=tuple(own))
