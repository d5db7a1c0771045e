"""Adjusting stock: what each reason means, and what may never happen to a shelf."""

from typing import Literal

from orders_mcp.models.inventory import ProductInventory, Stock
from servicekit.core.errors import Refused

AdjustmentReason = Literal["received", "returned", "counted", "damaged", "sold"]
MAX_ON_HAND = 1_000_000_000
"""Pieces on one shelf; below what the column holds."""

_INCREASES = ("received", "returned")
_DECREASES = ("damaged", "sold")


def shelf_of(product: ProductInventory, location: str) -> Stock:
    """The product's stock in one warehouse.

    Raises:
        Refused: it has none there.
    """
    for shelf in product.locations:
        if shelf.location == location:
            return shelf
    where = ", ".join(shelf.location for shelf in product.locations) or "no warehouse"
    raise Refused(f"Product {product.sku} has no place in {location}. It is kept in: {where}.")


def check_adjustment(product: ProductInventory, shelf: Stock, change: int, reason: AdjustmentReason) -> None:
    """Refuse an adjustment that cannot be.

    Raises:
        Refused: it changes nothing, goes against its reason, or takes pieces that are reserved or not there.
    """
    where = f"{product.sku} in {shelf.location}"
    if change == 0:
        raise Refused("A change of 0 pieces changes nothing. Give the pieces to add, or to take with a minus sign.")
    if (reason in _INCREASES and change < 0) or (reason in _DECREASES and change > 0):
        raise Refused(
            f"Stock that was {reason} {'adds' if reason in _INCREASES else 'takes'} pieces. Turn the sign of change round, "
            "or use the reason counted."
        )
    if shelf.on_hand + change < shelf.reserved:
        raise Refused(
            f"Only {shelf.available} pieces of {where} can be taken: {shelf.on_hand} are on hand, of which "
            f"{shelf.reserved} are reserved. Take that or less."
        )
    if shelf.on_hand + change > MAX_ON_HAND:
        raise Refused(f"{where} would have more than {MAX_ON_HAND} pieces on hand. Add less.")
