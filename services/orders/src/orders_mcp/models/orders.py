"""Order records: items, payments, refunds, shipments, timeline; and the order state machine."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from orders_mcp.models.identifiers import CustomerText, StaffText
from orders_mcp.models.money import Money
from orders_mcp.models.order_texts import ShippingAddress, StaffWrote, by_staff
from orders_mcp.models.payments import Payment, Refund
from orders_mcp.models.refund_requests import RefundRequest
from orders_mcp.models.returns import Return
from orders_mcp.models.shipments import Shipment
from orders_mcp.models.statuses import OrderStatus
from servicekit.schema import Record

Region = Literal["north_america", "latin_america", "europe", "middle_east_africa", "asia_pacific"]
Channel = Literal["web", "store", "phone", "marketplace", "back_office"]
"""Where an order was placed. `back_office`: staff entered it as a draft."""


class OrderSummary(Record):
    """An order in a list. `delivery`: the state of each parcel, with its carrier, tracking number and day (UTC)."""

    id: UUID
    number: str
    status: OrderStatus
    placed_at: datetime
    total: Money
    delivery: str | None = None
    customer_id: UUID
    customer_email: str
    customer_name: CustomerText


class OrderItem(Record):
    """One line of an order, with the product name and price of the day it was placed.

    `reserved` pieces are kept for it in a warehouse; `shipped` pieces were sent, replacements not counted again. The
    money of `refunded` pieces was given back; `returned` pieces came back.
    """

    sku: str
    name: str
    quantity: int
    reserved: int = 0
    shipped: int = 0
    refunded: int = 0
    returned: int = 0
    unit_price: Money
    total: Money


class Order(Record):
    """An order with all its parts. `version` increases with every change. Without `channel`, it is unknown."""

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
    channel: Channel | None = None
    price_list: str | None = None
    discount_percent: int | None = None
    discount_reason: StaffText | None = None
    shipping_address: ShippingAddress
    notes: Annotated[str, by_staff("note_changed")] | None = None
    cancellation_reason: Annotated[str, by_staff("cancelled")] | None = None
    staff_wrote: StaffWrote = frozenset()
    items: list[OrderItem]
    subtotal: Money
    discount: Money
    shipping_fee: Money
    tax: Money
    total: Money
    payments: list[Payment]
    refunds: list[Refund]
    refund_requests: list[RefundRequest]
    shipments: list[Shipment]
    returns: list[Return]
