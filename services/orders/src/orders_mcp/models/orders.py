"""Order records: items, payments, refunds, shipments, timeline; and the order state machine."""

from datetime import date, datetime
from typing import Annotated, Any, Literal, get_args
from uuid import UUID

from pydantic import Field

from orders_mcp.models.identifiers import CustomerText, StaffText
from orders_mcp.models.money import Money
from servicekit.schema import Author, Record, Untrusted

OrderStatus = Literal["draft", "pending", "paid", "shipped", "delivered", "cancelled", "refunded"]
ORDER_STATUSES: tuple[OrderStatus, ...] = get_args(OrderStatus)
STATUS_MEANINGS: dict[OrderStatus, str] = {
    "draft": "being prepared, not placed",
    "pending": "placed, payment not captured yet",
    "paid": "payment captured, nothing shipped",
    "shipped": "on the way",
    "delivered": "received by the customer",
    "cancelled": "stopped before shipping",
    "refunded": "fully refunded",
}
NEXT_STATUSES: dict[OrderStatus, tuple[OrderStatus, ...]] = {
    "draft": ("pending", "cancelled"),
    "pending": ("paid", "cancelled"),
    "paid": ("shipped", "cancelled", "refunded"),
    "shipped": ("delivered", "refunded"),
    "delivered": ("refunded",),
    "cancelled": (),
    "refunded": (),
}
"""The order state machine: allowed next statuses."""

PaymentMethod = Literal["card", "paypal", "bank_transfer", "gift_card"]
PaymentStatus = Literal["authorized", "captured", "failed", "voided"]
RefundStatus = Literal["pending", "succeeded", "failed"]
RefundReason = Literal["damaged", "not_received", "wrong_item", "changed_mind", "cancelled", "goodwill"]
ShipmentStatus = Literal["preparing", "in_transit", "delivered", "lost", "returned"]
EventKind = Literal[
    "draft_created",
    "placed",
    "payment_failed",
    "payment_authorized",
    "payment_captured",
    "payment_voided",
    "shipped",
    "tracking_changed",
    "delivered",
    "cancelled",
    "refunded",
    "note_changed",
    "address_changed",
]
Actor = Literal["customer", "staff", "system"]
Region = Literal["north_america", "latin_america", "europe", "middle_east_africa", "asia_pacific"]


StaffWrote = Annotated[frozenset[EventKind], Field(exclude=True)]
"""Events by staff that changed a text of the order. Without one, the text is the customer's."""


def _by_staff(kind: EventKind) -> Untrusted:
    """A text that staff wrote if the order has an event of this kind by staff, else the customer."""

    def author(record: Any) -> Author:
        return "staff" if kind in record.staff_wrote else "customer"

    return Untrusted(author)


ShippingAddress = Annotated[str, _by_staff("address_changed")]


class OrderSummary(Record):
    """An order in a list."""

    id: UUID
    number: str
    status: OrderStatus
    placed_at: datetime
    total: Money
    customer_id: UUID
    customer_email: str
    customer_name: CustomerText


class OrderItem(Record):
    """One line of an order, with the product name and price of the day it was placed."""

    sku: str
    name: str
    quantity: int
    unit_price: Money
    total: Money


class Payment(Record):
    """One payment attempt. `refunded` includes pending refunds and never exceeds `captured`."""

    id: UUID
    method: PaymentMethod
    status: PaymentStatus
    amount: Money
    captured: Money
    refunded: Money
    created_at: datetime
    captured_at: datetime | None = None
    failure_code: str | None = None


class Refund(Record):
    """A refund to one payment."""

    id: UUID
    payment_id: UUID
    status: RefundStatus
    amount: Money
    reason: RefundReason
    note: StaffText | None = None
    created_at: datetime


class Shipment(Record):
    """One parcel."""

    id: UUID
    status: ShipmentStatus
    carrier: str
    tracking_number: str | None = None
    shipped_at: datetime | None = None
    expected_on: date | None = None
    delivered_at: datetime | None = None


class Order(Record):
    """An order with all its parts. `version` increases with every change."""

    id: UUID
    number: str
    status: OrderStatus
    version: int
    placed_at: datetime
    updated_at: datetime
    customer_id: UUID
    customer_email: str
    customer_name: CustomerText
    region: Region
    shipping_address: ShippingAddress
    notes: Annotated[str, _by_staff("note_changed")] | None = None
    cancellation_reason: Annotated[str, _by_staff("cancelled")] | None = None
    staff_wrote: StaffWrote = frozenset()
    items: list[OrderItem]
    subtotal: Money
    discount: Money
    shipping_fee: Money
    tax: Money
    total: Money
    payments: list[Payment]
    refunds: list[Refund]
    shipments: list[Shipment]


def _author_of(event: "OrderEvent") -> Author:
    return "customer" if event.actor == "customer" else "staff"


class OrderEvent(Record):
    """An entry of the order timeline."""

    sequence: int
    at: datetime
    kind: EventKind
    actor: Actor
    amount: Money | None = None
    note: Annotated[str, Untrusted(_author_of)] | None = None


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
        )


class OrderShipments(Record):
    """The parcels of an order; empty before it ships."""

    order_id: UUID
    number: str
    status: OrderStatus
    version: int
    shipping_address: ShippingAddress
    staff_wrote: StaffWrote = frozenset()
    shipments: list[Shipment]

    @classmethod
    def of(cls, order: Order) -> "OrderShipments":
        return cls(
            order_id=order.id,
            number=order.number,
            status=order.status,
            version=order.version,
            shipping_address=order.shipping_address,
            staff_wrote=order.staff_wrote,
            shipments=order.shipments,
        )
