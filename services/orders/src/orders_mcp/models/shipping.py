"""Computes updates that ship an order or track its parcels."""

from dataclasses import replace
from datetime import date
from uuid import UUID

from orders_mcp.models.order_updates import NewEvent, OrderUpdate, ShipmentWrite, require_transition, unchanged
from orders_mcp.models.orders import Order
from orders_mcp.models.shipments import Shipment, ShipmentStatus
from orders_mcp.models.statuses import OrderStatus
from servicekit.core import Refused

NEXT_SHIPMENT_STATUSES: dict[ShipmentStatus, tuple[ShipmentStatus, ...]] = {
    "preparing": ("in_transit",),
    "in_transit": ("delivered", "lost", "returned"),
    "lost": ("in_transit", "delivered", "returned"),  # lost parcels are found again
    "delivered": ("returned",),
    "returned": (),
}
"""The parcel state machine: allowed next statuses."""


def shipping(order: Order, carrier: str, tracking_number: str | None, expected_on: date | None) -> OrderUpdate:
    """Ship a paid order in one parcel; its status becomes shipped.

    Raises:
        Refused: the order is not paid, or has shipped already.
    """
    require_transition(order, "shipped", "Only paid orders can be shipped.")
    return replace(
        unchanged(order),
        status="shipped",
        events=(NewEvent("shipped"),),
        shipment=ShipmentWrite(None, "in_transit", carrier, tracking_number, expected_on),
    )


def tracking(
    order: Order,
    shipment_id: UUID,
    status: ShipmentStatus | None,
    tracking_number: str | None,
    expected_on: date | None,
) -> OrderUpdate:
    """Update a parcel; None keeps a value. The order becomes delivered when all its parcels are delivered.

    Raises:
        Refused: the parcel is unknown, its status does not allow the change, or no argument is given.
    """
    shipment = _shipment(order, shipment_id)
    if status is None and tracking_number is None and expected_on is None:
        raise Refused("No change given. Give status, tracking_number or expected_on.")
    if status is not None and status not in NEXT_SHIPMENT_STATUSES[shipment.status]:
        following = " or ".join(NEXT_SHIPMENT_STATUSES[shipment.status])
        next_step = f"Its next status can be {following}." if following else "This status is final."
        raise Refused(f"This parcel of order {order.number} is {shipment.status}. {next_step}")
    if status is None and shipment.status in ("delivered", "returned"):
        raise Refused(f"This parcel of order {order.number} is {shipment.status}, so its tracking cannot change.")
    written = ShipmentWrite(
        shipment.id,
        status or shipment.status,
        shipment.carrier,
        tracking_number or shipment.tracking_number,
        expected_on or shipment.expected_on,
    )
    transition = f"{shipment.status} to {written.status}" if status else f"{written.status}, tracking details changed"
    after = _status_after(order, shipment, written.status)
    delivered = (NewEvent("delivered"),) if after != order.status else ()
    return replace(
        unchanged(order),
        status=after,
        events=(NewEvent("tracking_changed", note=f"Parcel with {shipment.carrier}: {transition}"), *delivered),
        shipment=written,
    )


def _shipment(order: Order, shipment_id: UUID) -> Shipment:
    for shipment in order.shipments:
        if shipment.id == shipment_id:
            return shipment
    raise Refused(f"Order {order.number} has no parcel with this shipment_id. Take the id from get_shipments.")


def _status_after(order: Order, changed: Shipment, status: ShipmentStatus) -> OrderStatus:
    others = (shipment.status for shipment in order.shipments if shipment.id != changed.id)
    whole = all(one == "delivered" for one in (status, *others))
    return "delivered" if whole and order.status == "shipped" else order.status
