"""Rules of refunds, cancellations and money."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders_mcp.models.cancellations import cancellation_quote
from orders_mcp.models.money import Money, display
from orders_mcp.models.orders import Order, OrderItem
from orders_mcp.models.payment_status import OrderPayments
from orders_mcp.models.payments import Payment
from orders_mcp.models.refunds import ExceedsRefundable, refund_quote
from orders_mcp.models.reports import percent
from orders_mcp.models.shipments import Shipment
from orders_mcp.models.statuses import ORDER_STATUSES, OrderStatus

PLACED = datetime(2026, 1, 1, tzinfo=UTC)


def money(amount: int) -> Money:
    return Money(amount_minor=amount, currency="EUR")


def payment(captured: int, refunded: int = 0, *, authorized: int = 0) -> Payment:
    return Payment(
        id=uuid4(),
        method="card",
        status="captured" if captured else "authorized",
        amount=money(captured or authorized),
        captured=money(captured),
        refunded=money(refunded),
        created_at=PLACED,
    )


def order(status: OrderStatus, *payments: Payment, delivered_at: datetime | None = None) -> Order:
    shipment = Shipment(id=uuid4(), status="delivered", carrier="DHL", delivered_at=delivered_at)
    total = money(sum(payment.amount.amount_minor for payment in payments))
    return Order(
        id=UUID(int=1),
        number="ORD-00000001",
        status=status,
        version=3,
        placed_at=PLACED,
        updated_at=PLACED,
        customer_id=UUID(int=2),
        customer_email="a@example.com",
        customer_name="A",
        region="europe",
        shipping_address="A",
        items=[OrderItem(sku="LMP-0001", name="Lamp", quantity=2, unit_price=money(1), total=money(2))],
        subtotal=total,
        discount=money(0),
        shipping_fee=money(0),
        tax=money(0),
        total=total,
        payments=list(payments),
        refunds=[],
        shipments=[shipment] if delivered_at else [],
        returns=[],
    )


captures = st.integers(1, 10**9).flatmap(lambda captured: st.tuples(st.just(captured), st.integers(0, captured)))


@given(st.lists(captures, max_size=4), st.integers(1, 10**10) | st.none())
def test_refund_cannot_exceed_capture(paid: list[tuple[int, int]], requested: int | None) -> None:
    it = order("delivered", *(payment(captured, refunded) for captured, refunded in paid), delivered_at=PLACED)
    left = sum(captured - refunded for captured, refunded in paid)
    if requested is not None and requested > left > 0:
        with pytest.raises(ExceedsRefundable, match="is too high"):
            refund_quote(it, requested, PLACED)
        return
    quote = refund_quote(it, requested, PLACED)
    assert quote.refundable.amount_minor == left
    assert quote.possible == (left > 0)
    assert quote.amount.amount_minor == sum(part.amount.amount_minor for part in quote.parts)
    assert quote.amount.amount_minor == (min(requested, left) if requested is not None else left)
    rooms = {one.id: one.captured.amount_minor - one.refunded.amount_minor for one in it.payments}
    assert all(0 < part.amount.amount_minor <= rooms[part.payment_id] for part in quote.parts)
    assert (quote.status_after == "refunded") == (left > 0 and quote.amount.amount_minor == left)


def test_late_refund_needs_approval() -> None:
    delivered = PLACED + timedelta(days=5)
    it = order("delivered", payment(100), delivered_at=delivered)
    assert not refund_quote(it, None, delivered + timedelta(days=30)).needs_approval
    assert refund_quote(it, None, delivered + timedelta(days=30, seconds=1)).needs_approval
    undelivered = order("paid", payment(100))
    assert not refund_quote(undelivered, None, PLACED + timedelta(days=30)).needs_approval
    assert refund_quote(undelivered, None, PLACED + timedelta(days=31)).needs_approval


@pytest.mark.parametrize("status", ORDER_STATUSES)
def test_only_unshipped_orders_can_be_cancelled(status: OrderStatus) -> None:
    quote = cancellation_quote(order(status, payment(100), payment(0, authorized=40)))
    assert quote.possible == (status in ("draft", "pending", "paid"))
    expected = (100, 40, 2) if quote.possible else (0, 0, 0)
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
