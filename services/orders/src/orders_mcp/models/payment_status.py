"""What was paid, refunded and is owed for an order."""

from uuid import UUID

from orders_mcp.models.money import Money
from orders_mcp.models.orders import Order
from orders_mcp.models.payments import Payment, Refund
from orders_mcp.models.refund_requests import RefundRequest
from orders_mcp.models.statuses import OrderStatus
from servicekit.schema import Record


class OrderPayments(Record):
    """Total, captured, refunded and outstanding amounts of an order. `outstanding` is not captured yet."""

    order_id: UUID
    number: str
    status: OrderStatus
    total: Money
    captured: Money
    refunded: Money
    outstanding: Money
    payments: list[Payment]
    refunds: list[Refund]
    waiting_refunds: list[RefundRequest]

    @classmethod
    def of(cls, order: Order) -> "OrderPayments":
        """Sums of the order's payments. Cancelled and refunded orders have nothing outstanding."""
        captured = sum(payment.captured.amount_minor for payment in order.payments)
        refunded = sum(payment.refunded.amount_minor for payment in order.payments)
        ended = order.status in ("cancelled", "refunded")
        currency = order.total.currency
        return cls(
            order_id=order.id,
            number=order.number,
            status=order.status,
            total=order.total,
            captured=Money(amount_minor=captured, currency=currency),
            refunded=Money(amount_minor=refunded, currency=currency),
            outstanding=Money(amount_minor=0 if ended else order.total.amount_minor - captured, currency=currency),
            payments=order.payments,
            refunds=order.refunds,
            waiting_refunds=[request for request in order.refund_requests if request.status == "requested"],
        )
