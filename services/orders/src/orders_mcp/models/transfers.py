"""Transfers of stock from one warehouse to another."""

from uuid import uuid4

from orders_mcp.models.adjustments import check_room
from orders_mcp.models.inventory import Stock
from orders_mcp.models.shelves import Shelf, Shelves, by_location, of_product
from servicekit.core import Refused
from servicekit.registry import Preview
from servicekit.schema import Record


class StockTransfer(Record):
    """Pieces of one product that moved; `reference` names both ledger entries."""

    reference: str
    sku: str
    quantity: int
    source: Stock
    target: Stock


class TransferPreview(Preview):
    """The effect of a transfer, in pieces."""

    sku: str
    from_location: str
    to_location: str
    quantity: int
    source_on_hand_after: int
    target_on_hand_after: int


def new_reference() -> str:
    """A reference for the two ledger entries of a transfer, such as TRF-0C5A9E41D2B7F386."""
    return f"TRF-{uuid4().hex[:16].upper()}"


def check_transfer(shelves: Shelves, source: Shelf, target: Shelf, quantity: int) -> None:
    """Check that `quantity` pieces may move.

    Args:
        shelves: every shelf of the product, locked.
        source: the shelf that the pieces leave.
        target: the shelf that gets them.
        quantity: the pieces to move, at least 1.

    Raises:
        Refused: fewer pieces are available, or the target would have too many.
    """
    if quantity > source.available:
        others = [
            one for one in of_product(shelves, source.sku) if one.location not in (source.location, target.location)
        ]
        elsewhere = by_location((one.location, one.available) for one in others)
        raise Refused(
            f"quantity: only {source.available} pieces of {source.sku} in {source.location} can move: {source.on_hand} "
            f"are on hand, {source.reserved} reserved for orders (get_inventory names them). "
            f"Available in other warehouses: {elsewhere}."
        )
    check_room(target, quantity)


def transfer_preview(source: Shelf, target: Shelf, quantity: int) -> TransferPreview:
    """Preview of moving `quantity` pieces."""
    left, arrived = source.on_hand - quantity, target.on_hand + quantity
    return TransferPreview(
        effect=(
            f"Moves {quantity} {source.sku} from {source.location} to {target.location}. On hand in "
            f"{source.location}: {source.on_hand} to {left}, {left - source.reserved} available. On hand in "
            f"{target.location}: {target.on_hand} to {arrived}, {arrived - target.reserved} available."
        ),
        version=source.version,
        sku=source.sku,
        from_location=source.location,
        to_location=target.location,
        quantity=quantity,
        source_on_hand_after=left,
        target_on_hand_after=arrived,
    )
