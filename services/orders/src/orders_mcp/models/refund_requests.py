"""Refunds as they were decided: what was requested, what it is made of, and who approved it."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from orders_mcp.models.identifiers import StaffText
from orders_mcp.models.money import Money
from orders_mcp.models.payments import RefundReason
from servicekit.schema import Record

RefundRequestStatus = Literal["requested", "refunded", "declined", "withdrawn", "expired"]
"""`withdrawn`: ended by the person who requested it."""


class RefundedLine(Record):
    """Pieces of one product in a refund; `amount` is after discount and with tax."""

    sku: str
    quantity: int
    amount: Money


class RefundRequest(Record):
    """A refund, or the request for one that a second person must approve by `expires_at`.

    `amount` is items - discount + shipping + tax. Refunds by amount have no `lines`.
    """

    id: UUID
    status: RefundRequestStatus
    amount: Money
    items: Money
    discount: Money
    shipping: Money
    tax: Money
    lines: list[RefundedLine]
    reason: RefundReason
    note: StaffText | None = None
    restock_location: str | None = None
    requested_by: str
    requested_at: datetime
    expires_at: datetime | None = None
    decided_by: str | None = None
    decided_at: datetime | None = None
    decision_note: StaffText | None = None
