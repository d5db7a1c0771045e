"""Payments of an order and refunds to them."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from orders_mcp.models.identifiers import StaffText
from orders_mcp.models.money import Money
from servicekit.schema import Record

PaymentMethod = Literal["card", "paypal", "bank_transfer", "gift_card"]


PaymentStatus = Literal["authorized", "captured", "failed", "voided"]


RefundStatus = Literal["pending", "succeeded", "failed"]


RefundReason = Literal["damaged", "not_received", "wrong_item", "changed_mind", "cancelled", "goodwill"]


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
    """The share of a refund that went to one payment; `request_id` is the refund's own id."""

    id: UUID
    payment_id: UUID
    request_id: UUID | None = None
    status: RefundStatus
    amount: Money
    reason: RefundReason
    note: StaffText | None = None
    created_at: datetime
