"""The customer record."""

from datetime import datetime
from uuid import UUID

from orders_mcp.models.identifiers import CustomerText
from orders_mcp.models.money import Money
from orders_mcp.models.orders import Region
from servicekit.schema import Record


class Customer(Record):
    """A customer. Amounts have one total per currency, without drafts and cancelled orders; `spent` is what remains
    after refunds."""

    id: UUID
    email: str
    name: CustomerText
    company: CustomerText | None = None
    phone: CustomerText | None = None
    address: CustomerText
    region: Region
    since: datetime
    order_count: int
    last_order_at: datetime | None = None
    spent: list[Money]
    spent_before_refunds: list[Money]
    refunded: list[Money]
