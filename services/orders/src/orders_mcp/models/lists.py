"""Rows of the lists of returns, refunds and parcels, by day and state."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from orders_mcp.models.identifiers import CustomerText, StaffText
from orders_mcp.models.money import Money
from orders_mcp.models.payments import RefundReason
from orders_mcp.models.refund_requests import RefundRequestStatus
from orders_mcp.models.returns import ReturnLine, ReturnReason, ReturnStatus
from orders_mcp.models.shipments import ShipmentStatus
from servicekit.schema import Record

ParcelState = Literal["in_transit", "late", "delivered", "lost", "returned"]
"""The states of a parcel list. `late`: in transit after its expected day."""


class ListedReturn(Record):
    """A return in a list. `status_at`: when it got its status."""

    id: UUID
    number: str
    customer_name: CustomerText
    status: ReturnStatus
    reason: ReturnReason
    note: StaffText | None = None
    location: str | None = None
    lines: list[ReturnLine]
    requested_at: datetime
    status_at: datetime


class ListedRefund(Record):
    """A refund in a list. `at`: when it got its status."""

    id: UUID
    number: str
    customer_name: CustomerText
    status: RefundRequestStatus
    amount: Money
    reason: RefundReason
    note: StaffText | None = None
    at: datetime
    requested_by: str | None = None
    decided_by: str | None = None


class ListedShipment(Record):
    """A parcel in a list."""

    id: UUID
    number: str
    customer_name: CustomerText
    status: ShipmentStatus
    carrier: str
    tracking_number: str | None = None
    shipped_at: datetime
    expected_on: date | None = None
    delivered_at: datetime | None = None
