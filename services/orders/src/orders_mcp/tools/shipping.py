"""Tools that ship orders and track parcels."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from orders_mcp.models.identifiers import Carrier, ExpectedDay, Location, OrderId, TrackingNumber
from orders_mcp.models.lines import MOST_LINES, OrderLine
from orders_mcp.models.order_shipments import OrderShipments, SentParcel
from orders_mcp.models.refund_warnings import waiting_for_pieces
from orders_mcp.models.shipments import ShipmentStatus
from orders_mcp.models.shipping import Parcel, sent_in, shipping, tracking
from orders_mcp.ports.stock import StockReader, StockWriter
from orders_mcp.ports.writing import OrderWriter
from orders_mcp.tools.locking import locked_order
from orders_mcp.tools.lookups import warehouse_code
from servicekit.schema import Exact

ShipmentId = Annotated[UUID, Field(description="From get_shipments.")]
Replaces = Annotated[UUID, Field(description="Parcel id.")]
ParcelLines = Annotated[
    list[OrderLine], Field(min_length=1, max_length=MOST_LINES, description="Only these."), Exact(empty=True)
]
FromLocation = Annotated[Location, Field(description="Warehouse.")]
ParcelStatus = Annotated[ShipmentStatus, Field(description="Of the parcel.")]


class ShippingTools:
    """Shipments, updated under a lock on the order."""

    def __init__(self, warehouses: StockReader, writer: OrderWriter, stock: StockWriter) -> None:
        self._warehouses = warehouses
        self._writer = writer
        self._stock = stock

    async def create_shipment(
        self,
        order_id: OrderId,
        carrier: Carrier,
        tracking_number: TrackingNumber | None = None,
        expected_on: ExpectedDay | None = None,
        lines: ParcelLines | None = None,
        replaces: Replaces | None = None,
        location: FromLocation | None = None,
    ) -> SentParcel:
        """Mark an order or some pieces as shipped (sent, dispatched) with a carrier, or replace a lost, returned or
        damaged parcel. Prevents cancellation."""
        order = await locked_order(self._writer, order_id)
        update = shipping(order, Parcel(carrier, tracking_number, expected_on, lines, replaces))
        code = None if location is None else await warehouse_code(self._warehouses, location)
        changed = await self._writer.apply(order, update)
        pieces = sent_in(update)
        picking = await self._stock.take(order.id, pieces, code)
        notices = [*waiting_for_pieces(order, pieces), *([picking.notice] if picking.notice else [])]
        return SentParcel.of(changed).model_copy(update={"notice": " ".join(notices) or None})

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

        The order is delivered when all its pieces are. A returned parcel opens a return.
        """
        order = await locked_order(self._writer, order_id)
        update = tracking(order, shipment_id, status, tracking_number, expected_on)
        return OrderShipments.of(await self._writer.apply(order, update))
