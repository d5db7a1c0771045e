"""The one decision about a refund: what is refunded, of what, to where, and whether a second person must approve it.

Quote, preview, result and approval are worded from it. It depends on the order, the caller's limits and the time alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from orders_mcp.models.lines import OrderLine, chosen_pieces
from orders_mcp.models.money import display
from orders_mcp.models.order_updates import RefundAmounts, RefundLine
from orders_mcp.models.orders import Order
from orders_mcp.models.refund_amounts import OrderValue, fitted, order_value, shares
from orders_mcp.models.refund_limits import Approval, RefundLimits, approval_of
from orders_mcp.models.refund_requests import RefundRequest
from orders_mcp.models.refund_shares import RefundPart, refund_parts, refundable_minor, status_after_refund
from orders_mcp.models.refund_stock import require_sent
from orders_mcp.models.statuses import NEXT_STATUSES, OrderStatus
from servicekit.core import Refused

MOST_OPEN: Final = 10
"""Requests of one order that may wait for approval at once."""


@dataclass(frozen=True, slots=True)
class RefundWish:
    """What a caller wants to refund: lines, an amount, or everything that is left.

    Attributes:
        shipping: the shipping fee too. None means yes where everything is refunded, and no beside lines. True alone
            means the fee and nothing else.
        restock: the warehouse to which the pieces go back.
    """

    lines: tuple[OrderLine, ...] | None = None
    shipping: bool | None = None
    amount_minor: int | None = None
    restock: str | None = None


@dataclass(frozen=True, slots=True)
class RefundDecision:
    """A refund as it would be made of `order` now.

    Attributes:
        refundable: captured and not refunded yet, in minor units.
        amounts: what the refund is made of; all 0 where nothing can be refunded.
        lowered_from: what the chosen lines cost, where less is left of the captured money; otherwise None.
    """

    order: Order
    wish: RefundWish
    refundable: int
    amounts: RefundAmounts
    lines: tuple[RefundLine, ...]
    parts: tuple[RefundPart, ...]
    status_after: OrderStatus
    approval: Approval
    lowered_from: int | None

    @property
    def amount(self) -> int:
        return self.amounts.total

    @property
    def waiting(self) -> list[RefundRequest]:
        """Other refunds of the order that wait for approval. They hold no money back."""
        return [request for request in self.order.refund_requests if request.status == "requested"]

    def require_amount(self) -> None:
        """Check that something is refunded.

        Raises:
            Refused: nothing is left, or the chosen pieces cost nothing.
        """
        number = self.order.number
        if not self.refundable:
            raise Refused(
                f"Nothing can be refunded: no captured amount is left on order {number}. See get_payment_status."
            )
        if not self.amount:
            raise Refused(f"These pieces of order {number} cost nothing, so nothing can be refunded for them.")

    def require_room(self) -> None:
        """Check that one more request may wait.

        Raises:
            Refused: too many wait already.
        """
        if len(self.waiting) >= MOST_OPEN:
            raise Refused(
                f"{MOST_OPEN} refunds of order {self.order.number} wait for approval already. Approve, decline or "
                "withdraw one first: list_approvals shows them."
            )


def decide_refund(order: Order, wish: RefundWish, limits: RefundLimits, now: datetime) -> RefundDecision:
    """Decide about a refund.

    Raises:
        Refused: the wish contradicts itself or the order, or asks for more than is left.
    """
    _require_clear(wish)
    value, refundable = order_value(order), refundable_minor(order)
    pieces = _pieces(order, wish, refundable)
    if wish.restock is not None:
        require_sent(order, pieces)
    of_lines = {sku: value.lines[sku].of(_refunded(order)[sku], count) for sku, count in pieces.items()}
    fee = _fee(order, wish, value) if wish.amount_minor is None else RefundAmounts()
    wanted = _sum(*of_lines.values(), fee)
    amount = min(_wanted_amount(order, wish, wanted, refundable), refundable)
    amounts = fitted(amount, value.left if wish.amount_minor is not None else wanted, value.left)
    parts_of_amount = [*(one.total for one in of_lines.values()), fee.total]
    by_line = shares(amount, parts_of_amount) if amount < sum(parts_of_amount) else parts_of_amount
    return RefundDecision(
        order=order,
        wish=wish,
        refundable=refundable,
        amounts=amounts,
        lines=tuple(RefundLine(sku, count, by_line[at]) for at, (sku, count) in enumerate(pieces.items())),
        parts=tuple(refund_parts(order, amount)),
        status_after=status_after_refund(order, amount, pieces),
        approval=approval_of(order, amount, limits, now),
        lowered_from=wanted.total if wish.lines and wanted.total > amount else None,
    )


def _require_clear(wish: RefundWish) -> None:
    if wish.amount_minor is None:
        if wish.lines == () and not wish.shipping:
            raise Refused("lines is empty. Name the pieces to refund, or leave lines out to refund everything.")
        return
    for name, given in (("lines", wish.lines), ("shipping", wish.shipping), ("restock", wish.restock)):
        if given:
            raise Refused(
                f"amount_minor is the whole refund and goes without {name}. Give `lines` to refund pieces with their "
                "price and tax, or `amount_minor` alone."
            )


def _refunded(order: Order) -> Mapping[str, int]:
    return {item.sku: item.refunded for item in order.items}


def _pieces(order: Order, wish: RefundWish, refundable: int) -> dict[str, int]:
    """The pieces that count as refunded afterwards, by product code."""
    left = {item.sku: item.quantity - item.refunded for item in order.items}
    if wish.lines:
        return chosen_pieces(order, wish.lines, left, "refunded")
    if "refunded" not in NEXT_STATUSES[order.status]:
        return {}  # a part payment of an order that goes on
    by_amount = wish.amount_minor is not None
    # An amount that takes everything takes every piece.
    everything = wish.amount_minor == refundable if by_amount else wish.shipping is not True
    return {sku: count for sku, count in left.items() if count} if everything else {}


def _fee(order: Order, wish: RefundWish, value: OrderValue) -> RefundAmounts:
    """The shipping fee, as far as it is refunded.

    Raises:
        Refused: it is wanted, and was refunded already or never charged.
    """
    wanted = wish.lines is None if wish.shipping is None else wish.shipping
    if not wanted:
        return RefundAmounts()
    fee = value.shipping_left()
    if wish.shipping and not fee.total and refundable_minor(order):
        was = "was refunded already" if order.shipping_fee.amount_minor else "had no shipping fee"
        subject = "The shipping fee of order" if order.shipping_fee.amount_minor else "Order"
        raise Refused(f"{subject} {order.number} {was}. Leave shipping out.")
    return fee


def _sum(*amounts: RefundAmounts) -> RefundAmounts:
    return RefundAmounts(
        sum(one.items for one in amounts),
        sum(one.discount for one in amounts),
        sum(one.shipping for one in amounts),
        sum(one.tax for one in amounts),
    )


def _wanted_amount(order: Order, wish: RefundWish, wanted: RefundAmounts, refundable: int) -> int:
    if wish.amount_minor is None:
        everything = wish.lines is None and wish.shipping is None
        return refundable if everything else wanted.total
    if refundable and wish.amount_minor > refundable:
        most = display(refundable, order.total.currency)
        raise Refused(
            f"amount_minor is too high: only {most} of order {order.number} can be refunded. Give {refundable} or less."
        )
    return wish.amount_minor
