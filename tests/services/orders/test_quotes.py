"""Rules of refunds, cancellations and money."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders_mcp.models.cancellations import cancellation_quote
from orders_mcp.models.money import Money, display
from orders_mcp.models.payment_status import OrderPayments
from orders_mcp.models.refund_decisions import RefundWish, decide_refund
from orders_mcp.models.refund_limits import RefundLimits
from orders_mcp.models.refunds import refund_quote
from orders_mcp.models.reports import percent
from orders_mcp.models.statuses import ORDER_STATUSES, OrderStatus
from servicekit.core import Refused

from .refund_orders import PLACED, money, order, payment

captures = st.integers(1, 10**9).flatmap(lambda captured: st.tuples(st.just(captured), st.integers(0, captured)))


@given(st.lists(captures, max_size=4), st.integers(1, 10**10) | st.none())
def test_refund_cannot_exceed_capture(paid: list[tuple[int, int]], requested: int | None) -> None:
    it = order("delivered", *(payment(captured, refunded) for captured, refunded in paid), delivered_at=PLACED)
    left = sum(captured - refunded for captured, refunded in paid)
    if requested is not None and requested > left > 0:
        with pytest.raises(Refused, match="is too high"):
            decide_refund(it, RefundWish(amount_minor=requested), RefundLimits(), PLACED)
        return
    quote = refund_quote(decide_refund(it, RefundWish(amount_minor=requested), RefundLimits(), PLACED))
    assert quote.refundable.amount_minor == left
    assert quote.possible == (left > 0)
    assert quote.amount.amount_minor == sum(part.amount.amount_minor for part in quote.parts)
    assert quote.amount.amount_minor == (min(requested, left) if requested is not None else left)
    rooms = {one.id: one.captured.amount_minor - one.refunded.amount_minor for one in it.payments}
    assert all(0 < part.amount.amount_minor <= rooms[part.payment_id] for part in quote.parts)
    assert (quote.status_after == "refunded") == (left > 0 and quote.amount.amount_minor == left)


@pytest.mark.parametrize("status", ORDER_STATUSES)
def test_only_unshipped_orders_can_be_cancelled(status: OrderStatus) -> None:
    quote = cancellation_quote(order(status, payment(100), payment(0, authorized=40)))
    assert quote.possible == (status in ("draft", "pending", "paid"))
    expected = (100, 40, 1) if quote.possible else (0, 0, 0)
    assert (quote.refunded.amount_minor, quote.voided.amount_minor, quote.pieces_released) == expected
    assert status in quote.explanation


def test_final_order_has_nothing_outstanding() -> None:
    assert OrderPayments.of(order("pending", payment(0, authorized=70))).outstanding == money(70)
    assert OrderPayments.of(order("cancelled", payment(0, authorized=70))).outstanding == money(0)


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        (123450, "EUR", "1234.50 EUR"),
        (5, "USD", "0.05 USD"),
        (-5, "USD", "-0.05 USD"),
        (3, "JPY", "3 JPY"),
        (-1200, "KRW", "-1200 KRW"),
        (125, "KWD", "0.125 KWD"),
        (0, "EUR", "0.00 EUR"),
        (10**15 + 1, "EUR", "10000000000000.01 EUR"),
    ],
)
def test_amount_display(amount: int, currency: str, text: str) -> None:
    assert display(amount, currency) == text
    assert Money(amount_minor=amount, currency=currency).display == text


def test_amount_rejects_floats() -> None:
    with pytest.raises(ValueError, match="amount_minor"):
        Money(amount_minor=1.5, currency="EUR")  # type: ignore[arg-type]
    assert type(Money.model_validate_json('{"amount_minor": 5, "currency": "EUR"}').amount_minor) is int


@pytest.mark.parametrize(
    ("part", "whole", "text"), [(1, 3, "33.33"), (2, 3, "66.67"), (1, 1, "100.00"), (0, 0, "0.00")]
)
def test_percentages_round_half_up(part: int, whole: int, text: str) -> None:
    assert percent(part, whole) == text
