"""What an order is made of, and what of it a refund pays back: whole minor units, so that refunds add up exactly.

An amount is divided by `shares`: part by part, each rounded with what came before it, so that the last takes the rest.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from orders_mcp.models.order_updates import RefundAmounts
from orders_mcp.models.orders import Order
from orders_mcp.models.refund_requests import RefundRequest


def shares(amount: int, weights: Sequence[int]) -> list[int]:
    """`amount` divided in proportion to `weights`, without a remainder. Without any weight the last part takes it.

    While `amount` is at most the sum of the weights, no share is larger than its weight.
    """
    whole = sum(weights)
    if not whole:
        return [0] * (len(weights) - 1) + [amount]
    divided, before, reached = [], 0, 0
    for weight in weights:
        reached += weight
        upto = amount * reached // whole
        divided.append(upto - before)
        before = upto
    return divided


@dataclass(frozen=True, slots=True)
class LineValue:
    """What the pieces of one line cost: before discount, their share of the discount, and their share of the tax."""

    pieces: int
    items: int
    discount: int
    tax: int

    def of(self, first: int, count: int) -> RefundAmounts:
        """The value of `count` pieces after the `first` ones. All pieces together have the line's value."""
        parts = [
            whole * (first + count) // self.pieces - whole * first // self.pieces
            for whole in (self.items, self.discount, self.tax)
        ]
        return RefundAmounts(items=parts[0], discount=parts[1], tax=parts[2])


@dataclass(frozen=True, slots=True)
class OrderValue:
    """What an order is made of.

    Attributes:
        lines: by product code.
        shipping: the fee before tax.
        shipping_tax: its share of the tax.
        left: what was not refunded yet, of the whole order.
    """

    lines: Mapping[str, LineValue]
    shipping: int
    shipping_tax: int
    left: RefundAmounts

    def shipping_left(self) -> RefundAmounts:
        """What is left of the shipping fee, with its tax."""
        left = self.left.shipping
        if not left:
            return RefundAmounts()
        refunded_tax = self.shipping_tax * (self.shipping - left) // self.shipping
        return RefundAmounts(shipping=left, tax=self.shipping_tax - refunded_tax)


def order_value(order: Order) -> OrderValue:
    """Divide discount and tax of the order over its lines and its shipping fee, and take off what was refunded."""
    gross = [item.total.amount_minor for item in order.items]
    whole = RefundAmounts(
        items=order.subtotal.amount_minor,
        discount=order.discount.amount_minor,
        shipping=order.shipping_fee.amount_minor,
        tax=order.tax.amount_minor,
    )
    discounts = shares(whole.discount, gross) if gross else []
    nets = [price - discount for price, discount in zip(gross, discounts, strict=True)]
    *taxes, shipping_tax = shares(whole.tax, [*nets, whole.shipping])
    lines = {
        item.sku: LineValue(item.quantity, item.total.amount_minor, discount, tax)
        for item, discount, tax in zip(order.items, discounts, taxes, strict=True)
    }
    return OrderValue(lines, whole.shipping, shipping_tax, _left(order, whole))


def _left(order: Order, whole: RefundAmounts) -> RefundAmounts:
    """The order without its refunds. Refunds without a request, of before there were any, count in proportion."""
    made = [amounts_of(request) for request in order.refund_requests if request.status == "refunded"]
    older = sum(payment.refunded.amount_minor for payment in order.payments) - sum(one.total for one in made)
    left = whole
    for one in (*([fitted(older, whole, whole)] if older > 0 else []), *made):
        items = max(0, left.items - one.items)
        left = RefundAmounts(
            items=items,
            discount=min(items, max(0, left.discount - one.discount)),
            shipping=max(0, left.shipping - one.shipping),
            tax=max(0, left.tax - one.tax),
        )
    return left


def amounts_of(request: RefundRequest) -> RefundAmounts:
    """What a request is made of."""
    return RefundAmounts(
        request.items.amount_minor,
        request.discount.amount_minor,
        request.shipping.amount_minor,
        request.tax.amount_minor,
    )


def fitted(amount: int, wanted: RefundAmounts, left: RefundAmounts) -> RefundAmounts:
    """`amount` divided like `wanted`, no part of it larger than what is `left`. The last refund takes all of that.

    What was paid beyond the order's total counts as items.
    """
    if amount == wanted.total and _is_within(wanted, left):
        return wanted
    if amount >= left.total:
        return RefundAmounts(left.items + amount - left.total, left.discount, left.shipping, left.tax)
    _, shipping, tax = shares(amount, (wanted.items - wanted.discount, wanted.shipping, wanted.tax))
    net_left = left.items - left.discount
    shipping, tax = min(shipping, left.shipping), min(tax, left.tax)
    net = min(amount - shipping - tax, net_left)
    shipping = min(amount - net - tax, left.shipping)
    tax = amount - net - shipping
    discount = left.discount * net // net_left if net_left else 0
    return RefundAmounts(net + discount, discount, shipping, tax)


def _is_within(wanted: RefundAmounts, left: RefundAmounts) -> bool:
    """Whether what remains after `wanted` is an amount again."""
    return (
        wanted.shipping <= left.shipping
        and wanted.tax <= left.tax
        and 0 <= left.discount - wanted.discount <= left.items - wanted.items
    )
