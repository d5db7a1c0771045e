"""Where the pieces of an order are: under way, lost, with the customer or back. Replacements count as pieces too."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

from orders_mcp.models.orders import Order
from orders_mcp.models.parcels import UNDER_WAY
from orders_mcp.models.returns import Return
from orders_mcp.models.shipments import ShipmentStatus

_CLOSED: Final = ("rejected", "cancelled")


def pieces_in(order: Order, *statuses: ShipmentStatus) -> Counter[str]:
    """The pieces in parcels with one of these statuses, by product code."""
    return _sum(shipment.pieces for shipment in order.shipments if shipment.status in statuses)


def pieces_with_customer(order: Order) -> dict[str, int]:
    """Pieces that were sent and neither came back nor are in a return, by product code. Lost ones are counted."""
    sent = _sum(shipment.pieces for shipment in order.shipments)
    return _less(order, sent, pieces_back(order))


def pieces_to_come_back(order: Order) -> dict[str, int]:
    """Those of the pieces with the customer that are not in a lost parcel, by product code."""
    return _less(order, Counter(pieces_with_customer(order)), pieces_in(order, "lost"))


def returnable_pieces(order: Order) -> dict[str, int]:
    """Pieces that arrived and neither came back nor are in a return, by product code."""
    return _less(order, Counter(pieces_to_come_back(order)), pieces_in(order, *UNDER_WAY))


def pieces_back(order: Order) -> Counter[str]:
    """Pieces in returns, and those that a refund put back into stock, by product code."""
    back = _sum(
        {line.sku: line.quantity for line in request.lines}
        for request in order.refund_requests
        if request.status == "refunded" and request.restock_location is not None
    )
    return back + _sum(
        {line.sku: line.expected for line in returned.lines}
        for returned in order.returns
        if returned.status not in _CLOSED
    )


def pieces_to_refund(order: Order) -> Counter[str]:
    """Pieces in returns whose refund is not recorded, by product code."""
    return _sum(
        {line.sku: line.to_refund for line in returned.lines}
        for returned in order.returns
        if returned.status not in _CLOSED
    )


def holding_returns(order: Order, sku: str) -> list[Return]:
    """The open returns that have pieces of a product, the oldest first."""
    return [
        returned
        for returned in order.returns
        if returned.is_open and any(line.sku == sku and line.expected for line in returned.lines)
    ]


def pieces_sent_again(order: Order, *statuses: ShipmentStatus) -> Counter[str]:
    """The pieces of replacements with one of these statuses, by product code."""
    return _sum(
        shipment.pieces for shipment in order.shipments if shipment.replaces is not None and shipment.status in statuses
    )


def _less(order: Order, pieces: Counter[str], taken: Counter[str]) -> dict[str, int]:
    return {item.sku: max(0, pieces[item.sku] - taken[item.sku]) for item in order.items}


def _sum(parts: Iterable[Mapping[str, int]]) -> Counter[str]:
    total = Counter[str]()
    for part in parts:
        total.update(part)
    return total
