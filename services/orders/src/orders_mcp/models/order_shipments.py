"""The parcels of an order, as one record."""

from collections.abc import Sequence
from typing import Self
from uuid import UUID

from orders_mcp.models.order_texts import ShippingAddress, StaffWrote
from orders_mcp.models.orders import Order
from orders_mcp.models.shipments import Shipment
from orders_mcp.models.statuses import OrderStatus
from servicekit.schema import Record


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
    def of(cls, order: Order) -> Self:
        return cls(
            order_id=order.id,
            number=order.number,
            status=order.status,
            version=order.version,
            shipping_address=order.shipping_address,
            staff_wrote=order.staff_wrote,
            shipments=order.shipments,
        )


class ChangedShipments(OrderShipments):
    """The parcels of an order after one changed. `notice` says what to do about its stock, refunds or number."""

    notice: str | None = None

    @classmethod
    def after(cls, order: Order, notices: Sequence[str]) -> Self:
        """The parcels with their notices in one text."""
        return cls.of(order).model_copy(update={"notice": " ".join(notices) or None})
