"""Tools that ship orders and track parcels."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated, Final
from zoneinfo import ZoneInfo

from pydantic import Field

from orders_mcp.models.identifiers import Carrier, ExpectedDay, Location, OrderId, ParcelId, TrackingNumber
from orders_mcp.models.lines import MOST_LINES, OrderLine
from orders_mcp.models.order_shipments import ChangedShipments
from orders_mcp.models.orders import Order
from orders_mcp.models.parcel_references import (
    chosen_parcel,
    found_again,
    order_with_number,
    require_not_past,
    same_number,
    unknown_parcel,
)
from orders_mcp.models.refund_warnings import waiting_for_pieces
from orders_mcp.models.search import is_order_number
from orders_mcp.models.shipments import Shipment, ShipmentStatus
from orders_mcp.models.shipping import Parcel, sent_from, sent_in, shipping, tracking
from orders_mcp.ports.orders import Orders
from orders_mcp.ports.stock import StockWriter
from orders_mcp.ports.writing import OrderWriter
from orders_mcp.tools.clock import utc_now
from orders_mcp.tools.locking import locked_order
from orders_mcp.tools.lookups import warehouse_code
from servicekit.schema import Exact

ShipmentId = Annotated[ParcelId, Field(description="Id or tracking number.")]
ParcelOrder = Annotated[OrderId, Field(description="If known.")]
Replaces = Annotated[ParcelId, Field(description="Parcel id.")]
ParcelLines = Annotated[
    list[OrderLine], Field(min_length=1, max_length=MOST_LINES, description="Only these."), Exact(empty=True)
]
FromLocation = Annotated[Location, Field(description="Warehouse.")]
ParcelStatus = Annotated[ShipmentStatus, Field(description="Of the parcel.")]
_MOST_NAMED: Final = 5
"""Other parcels with the same number that a notice names."""


class ShippingTools:
    """Shipments, updated under a lock on the order.

    Args:
        orders: reads in the transaction of the call.
        now: the clock by which expected days are past.
    """

    def __init__(
        self, orders: Orders, writer: OrderWriter, stock: StockWriter, now: Callable[[], datetime] = utc_now
    ) -> None:
        self._orders = orders
        self._writer = writer
        self._stock = stock
        self._now = now

    async def create_shipment(
        self,
        order_id: OrderId,
        carrier: Carrier,
        tracking_number: TrackingNumber | None = None,
        expected_on: ExpectedDay | None = None,
        lines: ParcelLines | None = None,
        replaces: Replaces | None = None,
        location: FromLocation | None = None,
    ) -> ChangedShipments:
        """Mark an order or some pieces as shipped (sent, dispatched) with a carrier, or replace a lost, returned or
        damaged parcel. Prevents cancellation."""
        order = await locked_order(self._writer, order_id)
        if expected_on is not None:
            require_not_past(expected_on, await self._day(self._now()))
        update = shipping(order, Parcel(carrier, tracking_number, expected_on, lines, replaces))
        pieces = sent_in(update)
        replaced = None if replaces is None else chosen_parcel(order, replaces, "replaces")
        code = None if location is None else await warehouse_code(self._orders, location)
        usual = None if replaced is None else replaced.location
        picking = await self._stock.take(order.id, pieces, code or usual, needs_location=replaced is not None)
        notices = [
            *waiting_for_pieces(order, pieces),
            *([picking.notice] if picking.notice else []),
            *([f"Taken from {usual}, as the replaced parcel was."] if usual and not code else []),
            *await self._same_number(tracking_number),
        ]
        changed = await self._writer.apply(order, sent_from(update, picking.location))
        return ChangedShipments.after(changed, notices)

    async def update_tracking(
        self,
        shipment_id: ShipmentId,
        order_id: ParcelOrder | None = None,
        status: ParcelStatus | None = None,
        tracking_number: TrackingNumber | None = None,
        expected_on: ExpectedDay | None = None,
    ) -> ChangedShipments:
        """Update a shipment: enter a tracking number or new expected day, or mark the parcel (package) as delivered,
        lost or returned.

        The order is delivered when all its pieces are. A returned parcel opens a return.
        """
        order = await self._order_of(shipment_id) if order_id is None else await locked_order(self._writer, order_id)
        parcel = chosen_parcel(order, shipment_id, "shipment_id")
        sent_on = None if expected_on is None else await self._sent_on(parcel)
        update = tracking(order, parcel, status, tracking_number, expected_on, sent_on)
        notices = [*found_again(order, parcel, status), *await self._same_number(tracking_number, parcel)]
        return ChangedShipments.after(await self._writer.apply(order, update), notices)

    async def _order_of(self, shipment_id: ShipmentId) -> Order:
        """The locked order of a parcel.

        Raises:
            Refused: there is no such parcel, or parcels of several orders have that tracking number.
        """
        if is_order_number(shipment_id):
            return await locked_order(self._writer, shipment_id)
        if shipment_id.isalnum():  # a tracking number; ids have hyphens
            found = await self._orders.parcels_with_number(shipment_id, _MOST_NAMED + 1)
            return await locked_order(self._writer, order_with_number(shipment_id, found, _MOST_NAMED))
        order_id = await self._orders.order_of_parcel(shipment_id)
        if order_id is None:
            raise unknown_parcel(shipment_id)
        return await locked_order(self._writer, str(order_id))

    async def _same_number(self, number: str | None, own: Shipment | None = None) -> list[str]:
        """Says which other parcels have a tracking number; `own` is the parcel that gets it."""
        if number is None:
            return []
        found = await self._orders.parcels_with_number(number, _MOST_NAMED + 1)
        return same_number(number, found, None if own is None else own.id)

    async def _sent_on(self, parcel: Shipment) -> date | None:
        """The day of the shop on which a parcel was sent."""
        if parcel.shipped_at is None:
            return None
        return await self._day(parcel.shipped_at)

    async def _day(self, moment: datetime) -> date:
        """The day of the shop at a moment."""
        return moment.astimezone(ZoneInfo(await self._orders.time_zone())).date()
