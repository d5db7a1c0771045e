"""Which pieces of an order are sent, arrived or still to send, and the order status that follows from its parcels."""

from collections import Counter
from typing import Final
from uuid import UUID

from orders_mcp.models.orders import Order
from orders_mcp.models.shipments import Shipment, ShipmentStatus
from orders_mcp.models.statuses import SENT, OrderStatus

UNDER_WAY: Final[tuple[ShipmentStatus, ...]] = ("preparing", "in_transit")
_GONE: Final[tuple[ShipmentStatus, ...]] = ("lost", "returned")
_FOLLOWS_PARCELS: Final[tuple[OrderStatus, ...]] = ("paid", *SENT)


def pieces_to_send(order: Order) -> dict[str, int]:
    """Pieces that are neither sent nor refunded, by product code."""
    return {item.sku: max(0, item.quantity - item.refunded - item.shipped) for item in order.items}


def replaceable_pieces(order: Order, parcel: Shipment) -> dict[str, int]:
    """Pieces of a parcel that can be sent again, by product code.

    The customer never gets more than was ordered and not refunded: what other parcels bring, or will bring, counts.
    """
    own, others = _not_replaced(order)[parcel.id], Counter[str]()
    for shipment in order.shipments:
        if shipment.id != parcel.id and shipment.status not in _GONE:
            others += _not_replaced(order)[shipment.id]
    to_send = pieces_to_send(order)
    room = {item.sku: item.quantity - item.refunded - to_send[item.sku] - others[item.sku] for item in order.items}
    return {sku: max(0, min(own[sku], most)) for sku, most in room.items()}


def to_send_again(order: Order) -> bool:
    """Whether a lost or returned parcel has pieces that can be sent again."""
    return order.status in ("shipped", "delivered") and any(
        any(replaceable_pieces(order, parcel).values()) for parcel in order.shipments if parcel.status in _GONE
    )


def with_parcel(order: Order, parcel: Shipment) -> Order:
    """The order with a new or changed parcel, and the status that follows from it."""
    known = any(shipment.id == parcel.id for shipment in order.shipments)
    new = {} if known or parcel.replaces else parcel.pieces
    shipments = [parcel if shipment.id == parcel.id else shipment for shipment in order.shipments]
    items = [item.model_copy(update={"shipped": item.shipped + new.get(item.sku, 0)}) for item in order.items]
    after = order.model_copy(update={"items": items, "shipments": shipments if known else [*shipments, parcel]})
    return after.model_copy(update={"status": status_by_parcels(after)})


def status_by_parcels(order: Order) -> OrderStatus:
    """The order's status. It is delivered when every piece that was not refunded arrived and no parcel is under way."""
    if order.status not in _FOLLOWS_PARCELS or not order.shipments:
        return order.status
    if any(pieces_to_send(order).values()):
        return "partially_shipped" if any(item.shipped for item in order.items) else order.status
    if any(shipment.status in UNDER_WAY for shipment in order.shipments):
        return "shipped"
    left, arrived = _not_replaced(order), Counter[str]()
    for shipment in order.shipments:
        if shipment.status == "delivered":
            arrived += left[shipment.id]
    if arrived and all(arrived[item.sku] >= item.quantity - item.refunded for item in order.items):
        return "delivered"
    return "delivered" if order.status == "delivered" else "shipped"


def _not_replaced(order: Order) -> dict[UUID, Counter[str]]:
    """The pieces of each parcel that no other parcel replaces."""
    left = {shipment.id: Counter(shipment.pieces) for shipment in order.shipments}
    for shipment in order.shipments:
        if shipment.replaces in left:
            left[shipment.replaces] -= Counter(shipment.pieces)
    return left
