"""Tools that ship orders and track parcels."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from orders_mcp.models.identifiers import Carrier, ExpectedDay, OrderId, TrackingNumber
from orders_mcp.models.order_shipments import OrderShipments
from orders_mcp.models.shipments import ShipmentStatus
from orders_mcp.models.shipping import shipping, tracking
from orders_mcp.ports.writing import OrderWriter
from orders_mcp.tools.locking import locked_order

ShipmentId = Annotated[UUID, Field(description="From get_shipments.")]
ParcelStatus = Annotated[ShipmentStatus, Field(description="Of the parcel.")]


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
        """Mark a paid order as shipped (sent, dispatched): packed and handed to a carrier, in one parcel. It cannot be
        cancelled afterwards."""
        order = await locked_order(self._writer, order_id)
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
        """Update a shipment: enter a tracking number or new expected day, or mark the parcel (package) as delivered,
        lost or returned.

        Omitted values stay. The order is delivered when all its parcels are.
        """
        order = await locked_order(self._writer, order_id)
        update = tracking(order, shipment_id, status, tracking_number, expected_on)
        return OrderShipments.of(await self._writer.apply(order, update))
