"""Orders for the tests of refund rules, made by hand."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID, uuid4

from orders_mcp.models.money import Money
from orders_mcp.models.order_updates import RefundAmounts
from orders_mcp.models.orders import Order, OrderItem
from orders_mcp.models.payments import Payment
from orders_mcp.models.refund_decisions import RefundDecision
from orders_mcp.models.refund_requests import RefundedLine, RefundRequest
from orders_mcp.models.shipments import Shipment, ShippedLine
from orders_mcp.models.statuses import OrderStatus

PLACED = datetime(2026, 1, 1, tzinfo=UTC)


def money(amount: int, currency: str = "EUR") -> Money:
    return Money(amount_minor=amount, currency=currency)


def payment(captured: int, refunded: int = 0, *, authorized: int = 0, currency: str = "EUR") -> Payment:
    return Payment(
        id=uuid4(),
        method="card",
        status="captured" if captured else "authorized",
        amount=money(captured or authorized, currency),
        captured=money(captured, currency),
        refunded=money(refunded, currency),
        created_at=PLACED,
    )


def item(sku: str, quantity: int, price: int, currency: str = "EUR") -> OrderItem:
    unit, total = money(price, currency), money(price * quantity, currency)
    return OrderItem(sku=sku, name=sku, quantity=quantity, unit_price=unit, total=total)


def order(
    status: OrderStatus,
    *payments: Payment,
    items: Sequence[OrderItem] = (),
    discount: int = 0,
    shipping: int = 0,
    tax: int = 0,
    delivered_at: datetime | None = None,
    currency: str = "EUR",
) -> Order:
    """An order of these lines; without any, of one line that costs what was paid."""
    paid = sum(one.amount.amount_minor for one in payments)
    items = list(items) or [item("LMP-0001", 1, paid, currency)]
    subtotal = sum(one.total.amount_minor for one in items)
    if delivered_at:
        items = [one.model_copy(update={"shipped": one.quantity}) for one in items]
    shipment = Shipment(
        id=uuid4(),
        status="delivered",
        carrier="DHL",
        lines=[ShippedLine(sku=one.sku, quantity=one.quantity) for one in items],
        shipped_at=delivered_at,
        delivered_at=delivered_at,
    )
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
        items=items,
        subtotal=money(subtotal, currency),
        discount=money(discount, currency),
        shipping_fee=money(shipping, currency),
        tax=money(tax, currency),
        total=money(subtotal - discount + shipping + tax, currency),
        payments=list(payments),
        refunds=[],
        refund_requests=[],
        shipments=[shipment] if delivered_at else [],
        returns=[],
    )


def refunded(decision: RefundDecision, *, approved_by: str | None = None) -> Order:
    """The order after the refund of a decision, as it would be read again."""
    it = decision.order
    currency = it.total.currency
    taken = {part.payment_id: part.amount.amount_minor for part in decision.parts}
    pieces = {line.sku: line.quantity for line in decision.lines}
    payments = [
        one.model_copy(update={"refunded": money(one.refunded.amount_minor + taken.get(one.id, 0), currency)})
        for one in it.payments
    ]
    items = [one.model_copy(update={"refunded": one.refunded + pieces.get(one.sku, 0)}) for one in it.items]
    request = as_request(decision, currency).model_copy(update={"decided_by": approved_by})
    return it.model_copy(
        update={
            "payments": payments,
            "items": items,
            "status": decision.status_after,
            "refund_requests": [*it.refund_requests, request],
        }
    )


def as_request(decision: RefundDecision, currency: str) -> RefundRequest:
    amounts: RefundAmounts = decision.amounts
    return RefundRequest(
        id=uuid4(),
        status="refunded",
        amount=money(amounts.total, currency),
        items=money(amounts.items, currency),
        discount=money(amounts.discount, currency),
        shipping=money(amounts.shipping, currency),
        tax=money(amounts.tax, currency),
        lines=[
            RefundedLine(sku=line.sku, quantity=line.quantity, amount=money(line.amount_minor, currency))
            for line in decision.lines
        ],
        reason="damaged",
        restock_location=decision.wish.restock,
        requested_by="ann",
        requested_at=PLACED,
    )
