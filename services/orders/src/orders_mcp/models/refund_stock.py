"""What a refund means for the stock: pieces that come back, and pieces that are not sent any more."""

from collections import Counter
from collections.abc import Mapping, Sequence

from orders_mcp.models.customer_pieces import holding_returns, pieces_back, pieces_in, pieces_to_come_back
from orders_mcp.models.orders import Order, OrderItem
from orders_mcp.models.returns import Return
from servicekit.core import Refused


def pieces_not_sent(order: Order, refunded: Mapping[str, int]) -> dict[str, int]:
    """Pieces that were to be sent and are not, once these are refunded."""
    left: dict[str, int] = {}
    for item in order.items:
        to_send = max(0, item.quantity - item.refunded - item.shipped)
        after = max(0, item.quantity - item.refunded - refunded.get(item.sku, 0) - item.shipped)
        if to_send > after:
            left[item.sku] = to_send - after
    return left


def require_sent(order: Order, pieces: Mapping[str, int]) -> None:
    """Check that these pieces can come back into stock: they were sent, are not lost, did not come back and are in no
    return.

    Raises:
        Refused: some cannot. The text says where they are.
    """
    if not pieces:
        raise Refused("restock goes with the pieces that come back: give lines, or refund everything.")
    left = pieces_to_come_back(order)
    for item in order.items:
        wanted, can_return = pieces.get(item.sku, 0), left[item.sku]
        if wanted <= can_return:
            continue
        returns = holding_returns(order, item.sku)
        next_step = "Leave restock out, or refund the other pieces by themselves."
        if returns:
            next_step = (
                "Use update_return for pieces of a return: it refunds and restocks them once they are inspected."
            )
        raise Refused(
            f"restock: only {can_return} of {wanted} pieces of {item.sku} in order {order.number} can come back into "
            f"stock. Its other pieces: {_whereabouts(order, item, returns)}. {next_step}"
        )


def _whereabouts(order: Order, item: OrderItem, returns: Sequence[Return]) -> str:
    """Why pieces of a product cannot come back into stock."""
    sku, found = item.sku, list[str]()
    for returned in returns:
        count = sum(line.expected for line in returned.lines if line.sku == sku)
        found.append(f"{count} in return {returned.id} ({returned.status})")
    held = sum(line.expected for returned in returns for line in returned.lines if line.sku == sku)
    counts = {
        "never sent": max(0, item.quantity - item.shipped),
        "lost": pieces_in(order, "lost")[sku],
        "back already": pieces_back(order)[sku] - held,
    }
    return ", ".join([*found, *(f"{count} {words}" for words, count in counts.items() if count > 0)])


def sent_again(order: Order, returned: Return) -> Counter[str]:
    """Pieces of the parcel that the carrier brought back which other parcels replace, by product code."""
    again = Counter[str]()
    for shipment in order.shipments:
        if shipment.replaces is not None and shipment.replaces == returned.shipment_id:
            again.update(shipment.pieces)
    return again
