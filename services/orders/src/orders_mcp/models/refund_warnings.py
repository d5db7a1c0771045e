"""What a person should know before pieces are refunded that were sent again, or sent again while a refund waits."""

from collections.abc import Iterable, Mapping
from typing import Final

from orders_mcp.models.customer_pieces import pieces_sent_again, pieces_to_come_back, pieces_to_refund
from orders_mcp.models.money import display
from orders_mcp.models.orders import Order
from orders_mcp.models.payments import RefundReason
from orders_mcp.models.refund_decisions import RefundDecision
from orders_mcp.models.refund_requests import RefundRequest
from orders_mcp.models.shipments import ShipmentStatus

_STATES: Final[dict[ShipmentStatus, str]] = {
    "preparing": "being prepared",
    "in_transit": "in transit",
    "delivered": "delivered",
}
"""The statuses of a replacement that the customer has or will have."""


def decision_warnings(decision: RefundDecision) -> list[str]:
    """What to know about a refund besides its approval."""
    order, wish, found = decision.order, decision.wish, list[str]()
    if decision.lowered_from is not None:
        currency = order.total.currency
        found.append(
            f"The lines cost {display(decision.lowered_from, currency)}; after earlier refunds or part payments "
            f"{display(decision.refundable, currency)} are left."
        )
    pieces = {line.sku: line.quantity for line in decision.lines}
    if pieces or wish.amount_minor is not None:  # not the shipping fee alone
        found += sent_again_warning(order, pieces, restocked=wish.restock is not None)
    return [*found, *waiting_warning(decision.waiting)]


def sent_again_warning(order: Order, pieces: Mapping[str, int], *, restocked: bool = False) -> list[str]:
    """Says which pieces of a refund a replacement brings.

    Args:
        order: before the refund.
        pieces: what is refunded, by product code; empty for a refund by amount.
        restocked: these pieces come back with the refund.
    """
    kept, again, unrefunded = pieces_to_come_back(order), pieces_sent_again(order, *_STATES), pieces_to_refund(order)
    found: list[str] = []
    for item in order.items:
        refunded = pieces.get(item.sku, 0)
        # Refunds count to returns first; the other pieces in returns are paid for and not with the customer.
        in_returns = max(0, unrefunded[item.sku] - refunded)
        paid_for = max(0, min(item.shipped, item.quantity - item.refunded - refunded) - in_returns)
        unpaid = kept[item.sku] - paid_for - (refunded if restocked else 0)
        count = min(again[item.sku], refunded, unpaid) if pieces else again[item.sku]
        if count > 0:
            states = [words for status, words in _STATES.items() if pieces_sent_again(order, status)[item.sku]]
            found.append(f"{count} of {item.sku} ({' or '.join(states)})")
    if not found:
        return []
    return [f"Sent again already: {', '.join(found)}. With this refund the customer gets the pieces and the money."]


def damaged_warning(reason: RefundReason, location: str | None) -> list[str]:
    """Says that damaged pieces go back into stock."""
    if reason != "damaged" or location is None:
        return []
    what = f"The reason is damaged, but the pieces go back into {location} for sale."
    return [f"{what} Leave restock out if they are broken."]


def waiting_warning(waiting: Iterable[RefundRequest]) -> list[str]:
    """Says which other refunds of an order wait for approval."""
    amounts = ", ".join(request.amount.display for request in waiting)
    if not amounts:
        return []
    next_step = "Do not ask for the same money twice: a request holds none back."
    return [f"Already waiting for approval on this order: {amounts}. {next_step}"]


def waiting_for_pieces(order: Order, pieces: Mapping[str, int]) -> list[str]:
    """Says which refunds of these pieces, or of no particular ones, wait for approval."""
    found = [
        f"{request.amount.display} ({_lines(request)})"
        for request in order.refund_requests
        if request.status == "requested" and (not request.lines or any(line.sku in pieces for line in request.lines))
    ]
    if not found:
        return []
    next_step = "If the customer gets the pieces instead, decline it with decline_refund."
    return [f"A refund of these pieces waits for approval: {', '.join(found)}. {next_step}"]


def _lines(request: RefundRequest) -> str:
    return ", ".join(f"{line.quantity} of {line.sku}" for line in request.lines) or "no particular pieces"
