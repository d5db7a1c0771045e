"""Sending orders, and following their parcels."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from orders_mcp.models.errors import unknown_order
from orders_mcp.models.identifiers import Carrier, ExpectedDay, OrderId, TrackingNumber
from orders_mcp.models.orders import Order, OrderShipments, ShipmentStatus
from orders_mcp.models.shipments import shipping, tracking
from orders_mcp.ports import OrderWriter

ShipmentId = Annotated[UUID, Field(description="Id of the parcel, from get_shipments.")]
ParcelStatus = Annotated[ShipmentStatus, Field(description="Where the parcel is now.")]


class ShippingTools:
    """Parcels. Each tool locks the order before it looks."""

    def __init__(self, changes: OrderWriter) -> None:
        self._changes = changes

    async def create_shipment(
        self,
        order_id: OrderId,
        carrier: Carrier,
        tracking_number: TrackingNumber | None = None,
        expected_on: ExpectedDay | None = None,
    ) -> OrderShipments:
        """Record that a paid order left in a parcel; sets it to shipped, after which it cannot be cancelled.

        A tracking number that comes later goes in with update_tracking.
        """
        order = await self._lock(order_id)
        return OrderShipments.of(
            await self._changes.apply(order, shipping(order, carrier, tracking_number, expected_on))
        )

    async def update_tracking(
        self,
        order_id: OrderId,
        shipment_id: ShipmentId,
        status: ParcelStatus | None = None,
        tracking_number: TrackingNumber | None = None,
        expected_on: ExpectedDay | None = None,
    ) -> OrderShipments:
        """Record where a parcel is: its status, tracking number or expected day; what is left out stays.

        In transit leads to delivered, lost or returned. A shipped order is delivered once all its parcels are.
        """
        order = await self._lock(order_id)
        change = tracking(order, shipment_id, status, tracking_number, expected_on)
        return OrderShipments.of(await self._changes.apply(order, change))

    async def _lock(self, order_id: OrderId) -> Order:
        order = await self._changes.lock(order_id)
        if order is None:
            raise unknown_order(order_id)
        return order
