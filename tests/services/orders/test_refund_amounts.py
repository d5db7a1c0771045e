"""Refunds of lines and amounts add up exactly: to the minor unit, in every part, in every currency."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders_mcp.models.lines import OrderLine
from orders_mcp.models.order_updates import RefundAmounts
from orders_mcp.models.orders import Order
from orders_mcp.models.refund_amounts import fitted, order_value, shares
from orders_mcp.models.refund_decisions import RefundDecision, RefundWish, decide_refund
from orders_mcp.models.refund_limits import RefundLimits
from servicekit.core import Refused

from .refund_orders import PLACED, item, order, payment, refunded


def decide(it: Order, *lines: tuple[str, int] | str, **wish: Any) -> RefundDecision:
    chosen = tuple(
        OrderLine(sku=line) if isinstance(line, str) else OrderLine(sku=line[0], quantity=line[1]) for line in lines
    )
    return decide_refund(it, RefundWish(lines=chosen or None, **wish), RefundLimits(), PLACED)


CURRENCIES = st.sampled_from(["JPY", "EUR", "KWD"])  # 0, 2 and 3 decimals


@st.composite
def orders(draw: st.DrawFn) -> Order:
    """A paid order of one to four lines, with any discount, shipping fee and tax, paid with one or two payments."""
    currency = draw(CURRENCIES)
    prices = draw(st.lists(st.tuples(st.integers(1, 7), st.integers(0, 10**6)), min_size=1, max_size=4))
    items = [item(f"LMP-{at:04d}", count, price, currency) for at, (count, price) in enumerate(prices)]
    subtotal = sum(one.total.amount_minor for one in items)
    discount = draw(st.integers(0, subtotal))
    shipping, tax = draw(st.integers(0, 5000)), draw(st.integers(0, 10**5))
    total = subtotal - discount + shipping + tax
    first = draw(st.integers(0, total))
    paid = [payment(amount, currency=currency) for amount in (first, total - first) if amount]
    return order("paid", *paid, items=items, discount=discount, shipping=shipping, tax=tax, currency=currency)


@given(st.integers(0, 10**12), st.lists(st.integers(0, 10**9), min_size=1, max_size=8))
def test_shares_add_up_and_stay_within_their_weights(amount: int, weights: list[int]) -> None:
    divided = shares(amount, weights)
    assert sum(divided) == amount
    assert all(share >= 0 for share in divided)
    if amount <= sum(weights):
        assert all(share <= weight for share, weight in zip(divided, weights, strict=True))


@given(orders(), st.data())
def test_pieces_refunded_one_by_one_add_up_to_the_capture(it: Order, data: st.DataObject) -> None:
    captured = sum(one.captured.amount_minor for one in it.payments)
    whole, made = order_value(it).left, list[RefundAmounts]()
    pieces = data.draw(st.permutations([line.sku for line in it.items for _ in range(line.quantity)]))
    for sku in pieces:
        decision = decide(it, (sku, 1))
        if decision.refundable and decision.amount:
            made.append(decision.amounts)
            it = refunded(decision)
    last = decide(it)
    if last.amount:
        made.append(last.amounts)
        it = refunded(last)
    assert sum(one.total for one in made) == captured
    for part in ("items", "discount", "shipping", "tax") if captured else ():
        assert sum(getattr(one, part) for one in made) == getattr(whole, part)
    assert it.status == ("refunded" if captured else "paid")


@given(orders(), st.data())
def test_any_mix_of_refunds_never_exceeds_capture_or_pieces(it: Order, data: st.DataObject) -> None:
    captured = sum(one.captured.amount_minor for one in it.payments)
    for _ in range(data.draw(st.integers(1, 6))):
        left = {line.sku: line.quantity - line.refunded for line in it.items}
        open_lines = [sku for sku, count in left.items() if count]
        kind = data.draw(st.sampled_from(["amount", "lines", "shipping"]))
        try:
            if kind == "lines" and open_lines:
                sku = data.draw(st.sampled_from(open_lines))
                count = data.draw(st.integers(1, left[sku]))
                decision = decide(it, (sku, count), shipping=data.draw(st.booleans()) or None)
            elif kind == "shipping":
                decision = decide(it, shipping=True)
            else:
                decision = decide(it, amount_minor=data.draw(st.integers(1, max(1, captured))))
        except Refused:
            continue
        assert 0 <= decision.amount <= decision.refundable
        assert decision.amount == decision.amounts.total == sum(part.amount.amount_minor for part in decision.parts)
        assert sum(line.amount_minor for line in decision.lines) <= decision.amount
        assert min(decision.amounts.items - decision.amounts.discount, decision.amounts.shipping) >= 0
        assert min(decision.amounts.tax, decision.amounts.discount) >= 0
        if decision.amount:
            it = refunded(decision)
        assert all(line.refunded <= line.quantity for line in it.items)
    rest = decide(it)
    assert rest.amount == rest.refundable == captured - sum(one.refunded.amount_minor for one in it.payments)


@given(orders(), st.integers(0, 10**7), st.integers(0, 10**7))
def test_parts_of_an_amount_stay_within_what_is_left(it: Order, first: int, second: int) -> None:
    left = order_value(it).left
    for amount in (min(first, left.total), second):
        part = fitted(min(amount, left.total), left, left)
        assert part.total == min(amount, left.total)
        rest = RefundAmounts(
            left.items - part.items, left.discount - part.discount, left.shipping - part.shipping, left.tax - part.tax
        )
        assert min(rest.items, rest.discount, rest.shipping, rest.tax, rest.items - rest.discount) >= 0
        left = rest


LAMP_AND_MUGS = (item("LMP-0001", 1, 10000), item("MUG-0001", 3, 1000))


def shop_order(*, paid: int | None = None) -> Order:
    """A lamp and three mugs, 10 % discount, shipping 5.00, tax 20 %: 116.70 + 5.00 + 24.40 = 146.40 EUR."""
    total = 13000 - 1300 + 500 + 2440
    return order(
        "delivered", payment(paid or total), items=LAMP_AND_MUGS, discount=1300, shipping=500, tax=2440,
        delivered_at=PLACED,
    )  # fmt: skip


def test_lines_are_refunded_with_their_discount_and_tax() -> None:
    decision = decide(shop_order(), ("MUG-0001", 2))
    assert decision.amounts == RefundAmounts(items=2000, discount=200, tax=360)
    assert decision.amount == 2160
    assert [(line.sku, line.quantity, line.amount_minor) for line in decision.lines] == [("MUG-0001", 2, 2160)]
    assert decide(shop_order(), ("MUG-0001", 2), shipping=True).amount == 2160 + 600
    assert decide(shop_order(), "MUG-0001").amount == 3240, "the product code alone means every piece"


def test_a_piece_is_never_refunded_twice() -> None:
    it = refunded(decide(shop_order(), ("MUG-0001", 2)))
    with pytest.raises(Refused, match="only 1 of 3 pieces of MUG-0001 in order ORD-00000001 can still be refunded"):
        decide(it, ("MUG-0001", 2))
    it = refunded(decide(it, "MUG-0001"))
    with pytest.raises(Refused, match="none of the 3 pieces of MUG-0001"):
        decide(it, "MUG-0001")
    rest = decide(it)
    assert [(line.sku, line.quantity) for line in rest.lines] == [("LMP-0001", 1)]
    assert (rest.amount, rest.status_after) == (14640 - 3240, "refunded")


def test_an_amount_lowers_what_lines_can_still_get() -> None:
    it = refunded(decide(shop_order(), amount_minor=6000))
    decision = decide(it, "LMP-0001")
    assert (decision.amount, decision.lowered_from) == (8640, 10800)
    assert decision.lines[0].amount_minor == 8640
    assert decision.status_after == "refunded"


def test_a_part_payment_is_refunded_at_most() -> None:
    decision = decide(shop_order(paid=5000), "LMP-0001")
    assert (decision.amount, decision.lowered_from) == (5000, 10800)
    assert decide(shop_order(paid=20000)).amount == 20000, "also what was paid too much"


def test_the_shipping_fee_is_refunded_once() -> None:
    it = refunded(decide(shop_order(), shipping=True))
    assert it.refund_requests[0].amount.amount_minor == 600
    with pytest.raises(Refused, match="The shipping fee of order ORD-00000001 was refunded already"):
        decide(it, "MUG-0001", shipping=True)
    free = order("delivered", payment(100), items=[item("MUG-0001", 1, 100)], delivered_at=PLACED)
    with pytest.raises(Refused, match="Order ORD-00000001 had no shipping fee"):
        decide(free, shipping=True)
    without = decide(shop_order(), shipping=False)
    assert (without.amount, without.amounts.shipping) == (14040, 0)


@pytest.mark.parametrize("other", [{"shipping": True}, {"restock": "ams-1"}, {"lines": (OrderLine(sku="MUG-0001"),)}])
def test_an_amount_goes_alone(other: dict[str, Any]) -> None:
    with pytest.raises(Refused, match="amount_minor is the whole refund and goes without"):
        decide_refund(shop_order(), RefundWish(amount_minor=5, **other), RefundLimits(), PLACED)


def test_no_lines_are_not_everything() -> None:
    for shipping in (None, False):
        with pytest.raises(Refused, match="lines is empty"):
            decide_refund(shop_order(), RefundWish(lines=(), shipping=shipping), RefundLimits(), PLACED)
    only_fee = decide_refund(shop_order(), RefundWish(lines=(), shipping=True), RefundLimits(), PLACED)
    assert (only_fee.amount, only_fee.lines) == (600, ())
    by_amount = decide_refund(shop_order(), RefundWish(lines=(), amount_minor=5), RefundLimits(), PLACED)
    assert (by_amount.amount, by_amount.lines) == (5, ())


def test_lines_must_be_of_the_order_and_named_once() -> None:
    with pytest.raises(
        Refused, match=r"no product MUG-0002 in order ORD-00000001 \(lines\)\. Nearest: MUG-0001, LMP-0001"
    ):
        decide(shop_order(), "MUG-0002")
    with pytest.raises(Refused, match="lines names MUG-0001 2 times"):
        decide(shop_order(), ("MUG-0001", 1), ("MUG-0001", 1))


def test_pieces_that_cost_nothing_are_not_refunded() -> None:
    gift = order("paid", payment(100), items=[item("MUG-0001", 1, 100), item("MUG-0002", 1, 0)])
    decision = decide(gift, "MUG-0002")
    with pytest.raises(Refused, match="cost nothing"):
        decision.require_amount()
    assert decide(gift).lines[1].amount_minor == 0


def test_only_pieces_that_were_sent_come_back_into_stock() -> None:
    it = refunded(decide(shop_order(), ("MUG-0001", 2), restock="ams-1"))
    assert it.refund_requests[0].restock_location == "ams-1"
    unsent = order("paid", payment(100), items=[item("MUG-0001", 1, 100)])
    with pytest.raises(Refused, match=r"restock: only 0 of 1 pieces of MUG-0001.* 1 never sent"):
        decide(unsent, "MUG-0001", restock="ams-1")
    with pytest.raises(Refused, match="restock goes with the pieces"):
        decide(shop_order(), shipping=True, restock="ams-1")


def test_refunds_of_before_requests_count_in_proportion() -> None:
    it = shop_order()
    older = it.payments[0].model_copy(
        update={"refunded": it.payments[0].captured.model_copy(update={"amount_minor": 1464})}
    )
    left = order_value(it.model_copy(update={"payments": [older]})).left
    assert left == RefundAmounts(items=11700, discount=1170, shipping=450, tax=2196)
    assert decide(it.model_copy(update={"payments": [older]})).amounts == left
