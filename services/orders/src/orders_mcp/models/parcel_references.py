"""The parcel that an argument means, and what to know about its tracking number."""

from collections.abc import Iterable, Sequence
from datetime import date
from uuid import UUID

from orders_mcp.models.carriers import plain_number
from orders_mcp.models.orders import Order
from orders_mcp.models.parcels import UNDER_WAY
from orders_mcp.models.shipments import Shipment, ShipmentStatus
from servicekit.core import Refused


def chosen_parcel(order: Order, reference: str, argument: str) -> Shipment:
    """The parcel with this id or tracking number. The order's number means the only parcel under way.

    Raises:
        Refused: there is none, or several; the text names the order's parcels.
    """
    if reference == order.number:
        fitting = [one for one in order.shipments if one.status in UNDER_WAY]
        which = f"{len(fitting) or 'no'} parcels under way ({argument})"
    else:
        fitting = [one for one in order.shipments if reference in (str(one.id), number_of(one))]
        which = f"{len(fitting)} parcels with this {argument}" if fitting else f"no parcel with this {argument}"
    if len(fitting) == 1:
        return fitting[0]
    parcels = ", ".join(described(one) for one in order.shipments) or "none"
    raise Refused(f"Order {order.number} has {which}. Take the id from get_shipments. Its parcels: {parcels}.")


def order_with_number(number: str, found: Sequence[tuple[str, UUID]], most: int) -> str:
    """The number of the only order with a parcel that has a tracking number.

    Args:
        found: order number and id of each parcel with it, of which `most` are named.

    Raises:
        Refused: there is none, or parcels of several orders have it; the text names them.
    """
    orders = {order for order, _ in found}
    if len(orders) == 1:
        return orders.pop()
    if not orders:
        raise unknown_parcel(number)
    parcels = ", ".join(f"{order} ({parcel})" for order, parcel in sorted(found)[:most])
    more = " and others" if len(found) > most else ""
    raise Refused(
        f"Parcels of several orders have shipment_id {number}: {parcels}{more}. Give order_id too, or the parcel's id."
    )


def unknown_parcel(reference: str) -> Refused:
    return Refused(
        f"No parcel {reference} (shipment_id). search_orders finds its order by tracking number or buyer, and "
        "get_shipments shows its parcels."
    )


def described(parcel: Shipment) -> str:
    """Such as "in_transit with DHL 00340434161094015902 (id …)"."""
    number = f" {parcel.tracking_number}" if parcel.tracking_number else ""
    return f"{parcel.status} with {parcel.carrier}{number} ({parcel.id})"


def number_of(parcel: Shipment) -> str | None:
    """The tracking number without spaces and hyphens."""
    return None if parcel.tracking_number is None else plain_number(parcel.tracking_number)


def require_own_number(tracking_number: str | None, replaced: Shipment | None) -> None:
    """Check that a replacement does not have the number of the parcel that it replaces.

    Raises:
        Refused: it has.
    """
    if tracking_number is not None and replaced is not None and tracking_number == number_of(replaced):
        raise Refused(
            f"tracking_number {tracking_number} is the number of the {replaced.status} parcel. Give the number on the "
            "label of the replacement, or leave it out until there is one."
        )


def require_day_after_sending(expected_on: date | None, sent_on: date | None) -> None:
    """Check that a parcel is not expected before it was sent.

    Raises:
        Refused: the day is earlier.
    """
    if expected_on is not None and sent_on is not None and expected_on < sent_on:
        raise Refused(
            f"expected_on {expected_on} is before the day on which the parcel was sent, {sent_on}. Give the day on "
            "which it should arrive."
        )


def require_not_past(expected_on: date, today: date) -> None:
    """Check that a parcel which is sent today is not expected on an earlier day.

    Args:
        today: the day of the shop.

    Raises:
        Refused: the day is past.
    """
    if expected_on < today:
        raise Refused(
            f"expected_on {expected_on} is past: for the shop, today is {today}. Give the day on which the parcel "
            "should arrive, or leave it out."
        )


def same_number(number: str | None, others: Iterable[tuple[str, UUID]], own: UUID | None = None) -> list[str]:
    """Says which other parcels have a tracking number.

    Args:
        others: order number and id of each parcel with it.
        own: the parcel that gets it; None for a new one.
    """
    orders = ", ".join(sorted({order for order, parcel in others if parcel != own}))
    if number is None or not orders:
        return []
    return [f"Tracking number {number} is also that of a parcel of {orders}. Compare it with the label."]


def found_again(order: Order, parcel: Shipment, status: ShipmentStatus | None) -> list[str]:
    """Says that a lost parcel which arrives was sent again."""
    again = [
        described(one)
        for one in order.shipments
        if one.replaces == parcel.id and one.status in (*UNDER_WAY, "delivered")
    ]
    if parcel.status != "lost" or status not in ("in_transit", "delivered") or not again:
        return []
    next_step = "request_return takes back what they do not keep."
    return [f"It was sent again: {', '.join(again)}. So the customer gets these pieces twice. {next_step}"]
