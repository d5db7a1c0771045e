"""Sending an order, and following its parcels."""

from dataclasses import replace
from datetime import date
from uuid import UUID

from orders_mcp.models.order_updates import NewEvent, OrderUpdate, ShipmentWrite, require_transition, unchanged
from orders_mcp.models.orders import Order, OrderStatus, Shipment, ShipmentStatus
from servicekit.core.errors import Refused

NEXT_SHIPMENT_STATUSES: dict[ShipmentStatus, tuple[ShipmentStatus, ...]] = {
    "preparing": ("in_transit",),
    "in_transit": ("delivered", "lost", "returned"),
    "lost": ("in_transit", "delivered", "returned"),  # lost parcels turn up
    "delivered": ("returned",),
    "returned": (),
}
"""The parcel's state machine: where each status may lead."""


def shipping(order: Order, carrier: str, tracking_number: str | None, expected_on: date | None) -> OrderUpdate:
    """Send a paid order in one parcel, which sets it to shipped.

    Raises:
        Refused: it is not paid, or was sent already.
    """
    require_transition(order, "shipped", "Only a paid order that was not sent yet can be shipped.")
    return replace(
        unchanged(order),
        status="shipped",
        events=(NewEvent("shipped"),),
        parcel=ShipmentWrite(None, "in_transit", carrier, tracking_number, expected_on),
    )


def tracking(
    order: Order,
    shipment_id: UUID,
    status: ShipmentStatus | None,
    tracking_number: str | None,
    expected_on: date | None,
) -> OrderUpdate:
    """What is known of a parcel now; None leaves things as they are. An order is delivered once all its parcels are.

    Raises:
        Refused: the order has no such parcel, the parcel's status does not lead there, or nothing would change.
    """
    shipment = _shipment(order, shipment_id)
    if status is None and tracking_number is None and expected_on is None:
        raise Refused("Nothing to change. Give status, tracking_number or expected_on.")
    if status is not None and status not in NEXT_SHIPMENT_STATUSES[shipment.status]:
        following = " or ".join(NEXT_SHIPMENT_STATUSES[shipment.status]) or "nothing: it ends there"
        raise Refused(f"This parcel of order {order.number} is {shipment.status}; next can be {following}.")
    if status is None and shipment.status in ("delivered", "returned"):
        raise Refused(f"This parcel of order {order.number} is {shipment.status}, so its tracking stays as it is.")
    parcel = ShipmentWrite(
        shipment.id,
        status or shipment.status,
        shipment.carrier,
        tracking_number or shipment.tracking_number,
        expected_on or shipment.expected_on,
    )
    steps = f"{shipment.status} to {parcel.status}" if status else f"{parcel.status}, tracking details changed"
    after = _status_after(order, shipment, parcel.status)
    delivered = (NewEvent("delivered"),) if after != order.status else ()
    return replace(
        unchanged(order),
        status=after,
        events=(NewEvent("tracking_changed", note=f"Parcel with {shipment.carrier}: {steps}"), *delivered),
        parcel=parcel,
    )


def _shipment(order: Order, shipment_id: UUID) -> Shipment:
    for shipment in order.shipments:
        if shipment.id == shipment_id:
            return shipment
    raise Refused(f"Order {order.number} has no parcel with this shipment_id. Its parcels are in get_shipments.")


def _status_after(order: Order, changed: Shipment, status: ShipmentStatus) -> OrderStatus:
    others = (shipment.status for shipment in order.shipments if shipment.id != changed.id)
    whole = all(one == "delivered" for one in (status, *others))
    return "delivered" if whole and order.status == "shipped" else order.status
