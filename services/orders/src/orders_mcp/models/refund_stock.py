"""What a refund means for the stock: pieces that come back, and pieces that are not sent any more."""

from collections import Counter
from collections.abc import Mapping

from orders_mcp.models.orders import Order
from orders_mcp.models.parcels import lost_pieces
from orders_mcp.models.returns import Return
from servicekit.core import Refused


def sent_pieces(order: Order) -> dict[str, int]:
    """Pieces that left the shop, by product code."""
    return {item.sku: item.shipped for item in order.items}


def pieces_not_sent(order: Order, refunded: Mapping[str, int]) -> dict[str, int]:
    """Pieces that were to be sent and are not, once these are refunded."""
    sent = sent_pieces(order)
    left: dict[str, int] = {}
    for item in order.items:
        to_send = max(0, item.quantity - item.refunded - sent[item.sku])
        after = max(0, item.quantity - item.refunded - refunded.get(item.sku, 0) - sent[item.sku])
        if to_send > after:
            left[item.sku] = to_send - after
    return left


def pieces_with_customer(order: Order) -> dict[str, int]:
    """Pieces that were sent and neither came back nor are in a return, by product code."""
    back = _came_back(order)
    return {sku: max(0, sent - back.get(sku, 0)) for sku, sent in sent_pieces(order).items()}


def pieces_to_come_back(order: Order) -> dict[str, int]:
    """Those of the pieces with the customer that are not in a lost parcel, by product code."""
    lost = lost_pieces(order)
    return {sku: max(0, count - lost[sku]) for sku, count in pieces_with_customer(order).items()}


def require_sent(order: Order, pieces: Mapping[str, int]) -> None:
    """Check that these pieces can come back into stock: they were sent, are not lost, did not come back and are in no
    return.

    Raises:
        Refused: some were not sent, are lost, or came back already.
    """
    if not pieces:
        raise Refused("restock goes with the pieces that come back: give lines, or refund everything.")
    for sku, can_return in pieces_to_come_back(order).items():
        if pieces.get(sku, 0) > can_return:
            raise Refused(
                f"restock: {can_return} pieces of {sku} in order {order.number} were sent and are neither lost nor "
                "back in stock, so no more can come back. Leave restock out, or refund the other pieces by themselves. "
                "Pieces of a return are restocked with update_return."
            )


def _came_back(order: Order) -> dict[str, int]:
    back: dict[str, int] = {}
    for request in order.refund_requests:
        if request.status == "refunded" and request.restock_location is not None:
            for line in request.lines:
                back[line.sku] = back.get(line.sku, 0) + line.quantity
    for returned in order.returns:
        if returned.status not in ("rejected", "cancelled"):
            again = sent_again(order, returned)
            for piece in returned.lines:
                back[piece.sku] = back.get(piece.sku, 0) + max(0, piece.expected - again[piece.sku])
    return back


def sent_again(order: Order, returned: Return) -> Counter[str]:
    """Pieces of the parcel that the carrier brought back which other parcels replace, by product code."""
    again = Counter[str]()
    for shipment in order.shipments:
        if shipment.replaces is not None and shipment.replaces == returned.shipment_id:
            again.update(shipment.pieces)
    return again
