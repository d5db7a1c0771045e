"""Computes updates that ship an order or track its parcels."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from orders_mcp.models.carriers import check_tracking_number
from orders_mcp.models.lines import OrderLine, chosen_pieces
from orders_mcp.models.order_updates import NewEvent, OrderUpdate, ShipmentWrite, unchanged, wrong_status
from orders_mcp.models.orders import Order
from orders_mcp.models.parcel_references import chosen_parcel, require_day_after_sending, require_own_number
from orders_mcp.models.parcels import UNDER_WAY, pieces_to_send, replaceable_pieces, with_parcel
from orders_mcp.models.return_changes import brought_back
from orders_mcp.models.return_events import return_event
from orders_mcp.models.shipments import Shipment, ShipmentStatus, ShippedLine
from orders_mcp.models.statuses import SENT
from servicekit.core import Refused

NEXT_SHIPMENT_STATUSES: dict[ShipmentStatus, tuple[ShipmentStatus, ...]] = {
    "preparing": ("in_transit",),
    "in_transit": ("delivered", "lost", "returned"),
    "lost": ("in_transit", "delivered", "returned"),  # lost parcels are found again
    "delivered": ("returned",),
    "returned": (),
}
"""The parcel state machine: allowed next statuses."""

_NEW = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Parcel:
    """A parcel to send.

    Attributes:
        lines: its pieces; None for all that are left.
        replaces: id or tracking number of the parcel whose pieces it sends again.
    """

    carrier: str
    tracking_number: str | None = None
    expected_on: date | None = None
    lines: Sequence[OrderLine] | None = None
    replaces: str | None = None


def shipping(order: Order, parcel: Parcel) -> OrderUpdate:
    """Send pieces that are not sent yet, or those of a parcel that did not arrive.

    Raises:
        Refused: the order or the replaced parcel does not allow it, too few pieces are left, or the tracking number is
            not one of the carrier.
    """
    replaced = None if parcel.replaces is None else _replaced(order, parcel.replaces)
    left = _left_to_send(order) if replaced is None else replaceable_pieces(order, replaced)
    if not any(left.values()):
        what = "left to send" if replaced is None else "in this parcel that can be sent again"
        raise Refused(f"Order {order.number} has no piece {what}: the others were refunded, or are in other parcels.")
    done = "sent" if replaced is None else "sent again"
    pieces = (
        {sku: count for sku, count in left.items() if count}
        if parcel.lines is None
        else chosen_pieces(order, parcel.lines, left, done)
    )
    check_tracking_number(parcel.carrier, parcel.tracking_number)
    require_own_number(parcel.tracking_number, replaced)
    replaces = None if replaced is None else replaced.id
    lines = [ShippedLine(sku=sku, quantity=count) for sku, count in pieces.items()]
    sent = Shipment(id=_NEW, status="in_transit", carrier=parcel.carrier, replaces=replaces, lines=lines)
    return replace(
        unchanged(order),
        status=with_parcel(order, sent).status,
        events=(NewEvent("shipped", note=_described(order, pieces, replaced)),),
        shipment=ShipmentWrite(
            None, "in_transit", parcel.carrier, parcel.tracking_number, parcel.expected_on, replaces, pieces
        ),
    )


def sent_from(update: OrderUpdate, location: str | None) -> OrderUpdate:
    """The update whose parcel is sent from a warehouse."""
    sent = update.shipment
    return update if sent is None else replace(update, shipment=replace(sent, location=location))


def sent_in(update: OrderUpdate) -> Mapping[str, int]:
    """The pieces of the parcel that the update sends, by product code."""
    return {} if update.shipment is None else update.shipment.pieces


def _left_to_send(order: Order) -> dict[str, int]:
    if order.status in ("shipped", "delivered"):
        raise wrong_status(
            order,
            "no piece is left to send. To send pieces of a lost, returned or damaged parcel again, give its id as "
            "replaces: get_shipments shows it.",
        )
    if order.status not in ("paid", "partially_shipped"):
        raise wrong_status(order, "it cannot become shipped. Only paid orders can be shipped.")
    return pieces_to_send(order)


def _replaced(order: Order, reference: str) -> Shipment:
    if order.status not in SENT:
        raise wrong_status(order, "no parcel can be replaced. Only orders that were sent and not refunded have one.")
    shipment = chosen_parcel(order, reference, "replaces")
    if shipment.status in UNDER_WAY:
        raise Refused(
            f"This parcel of order {order.number} is {shipment.status}, so it cannot be replaced. If it does not "
            "arrive, first mark it as lost or returned with update_tracking."
        )
    return shipment


def _described(order: Order, pieces: dict[str, int], replaced: Shipment | None) -> str | None:
    """What a parcel carries, for the timeline; None for the whole order."""
    content = ", ".join(f"{count} of {sku}" for sku, count in pieces.items())
    if replaced is not None:
        number = f" {replaced.tracking_number}" if replaced.tracking_number else ""
        return f"Replaces the {replaced.status} parcel with {replaced.carrier}{number}: {content}"
    return None if pieces == {item.sku: item.quantity for item in order.items} else content


def tracking(
    order: Order,
    shipment: Shipment,
    status: ShipmentStatus | None,
    tracking_number: str | None,
    expected_on: date | None,
    sent_on: date | None,
) -> OrderUpdate:
    """Update a parcel; None keeps a value. The order becomes delivered when all its pieces arrived.

    Args:
        shipment: a parcel of the locked order.
        sent_on: the day of the shop on which it was sent.

    Raises:
        Refused: its status does not allow the change, the tracking number is not one of its carrier or is that of the
            parcel that it replaces, it would arrive before it was sent, or no argument is given.
    """
    if status is None and tracking_number is None and expected_on is None:
        raise Refused("No change given. Give status, tracking_number or expected_on.")
    if status is not None and status not in NEXT_SHIPMENT_STATUSES[shipment.status]:
        following = " or ".join(NEXT_SHIPMENT_STATUSES[shipment.status])
        next_step = f"Its next status can be {following}." if following else "This status is final."
        raise Refused(f"This parcel of order {order.number} is {shipment.status}. {next_step}")
    if status is None and shipment.status in ("delivered", "returned"):
        raise Refused(f"This parcel of order {order.number} is {shipment.status}, so its tracking cannot change.")
    check_tracking_number(shipment.carrier, tracking_number)
    require_own_number(tracking_number, next((one for one in order.shipments if one.id == shipment.replaces), None))
    require_day_after_sending(expected_on, sent_on)
    written = ShipmentWrite(
        shipment.id,
        status or shipment.status,
        shipment.carrier,
        tracking_number or shipment.tracking_number,
        expected_on or shipment.expected_on,
    )
    transition = f"{shipment.status} to {written.status}" if status else f"{written.status}, tracking details changed"
    after = (
        with_parcel(order, shipment.model_copy(update={"status": written.status})).status if status else order.status
    )
    delivered = (NewEvent("delivered"),) if after == "delivered" != order.status else ()
    back = brought_back(order, shipment) if status == "returned" else None
    return replace(
        unchanged(order),
        status=after,
        events=(
            NewEvent("tracking_changed", note=f"Parcel with {shipment.carrier}: {transition}"),
            *delivered,
            *((return_event("received", back),) if back else ()),
        ),
        shipment=written,
        returns=(back,) if back else (),
    )
