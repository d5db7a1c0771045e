"""Tools that ship orders and track parcels."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from orders_mcp.models.errors import unknown_order
from orders_mcp.models.identifiers import Carrier, ExpectedDay, OrderId, TrackingNumber
from orders_mcp.models.orders import Order, OrderShipments, ShipmentStatus
from orders_mcp.models.shipments import shipping, tracking
from orders_mcp.ports import OrderWriter

ShipmentId = Annotated[UUID, Field(description="Id of the parcel, from get_shipments.")]
ParcelStatus = Annotated[ShipmentStatus, Field(description="New status of the parcel.")]


class ShippingTools:
    """Shipments, updated under a lock on the order."""

    def __init__(self, writer: OrderWriter) -> None:
        self._writer = writer

    async def create_shipment(
        self,
        order_id: OrderId,
        carrier: Carrier,
        tracking_number: TrackingNumber | None = None,
        expected_on: ExpectedDay | None = None,
    ) -> OrderShipments:
        """Record that a paid order was shipped in one parcel. A shipped order can no longer be cancelled.

        Add a later tracking number with update_tracking.
        """
        order = await self._locked_order(order_id)
        return OrderShipments.of(
            await self._writer.apply(order, shipping(order, carrier, tracking_number, expected_on))
        )

    async def update_tracking(
        self,
        order_id: OrderId,
        shipment_id: ShipmentId,
        status: ParcelStatus | None = None,
        tracking_number: TrackingNumber | None = None,
        expected_on: ExpectedDay | None = None,
    ) -> OrderShipments:
        """Update a parcel's status, tracking number or expected day; omitted values stay.

        in_transit can become delivered, lost or returned. The order becomes delivered when all its parcels are.
        """
        order = await self._locked_order(order_id)
        update = tracking(order, shipment_id, status, tracking_number, expected_on)
        return OrderShipments.of(await self._writer.apply(order, update))

    async def _locked_order(self, order_id: OrderId) -> Order:
        order = await self._writer.lock(order_id)
        if order is None:
            raise unknown_order(order_id)
        return order
