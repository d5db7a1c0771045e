"""Rules of stock adjustments."""

from typing import Literal

from orders_mcp.models.inventory import ProductInventory, Stock
from servicekit.core import Refused
from servicekit.registry import Preview
from servicekit.schema import unknown_value

AdjustmentReason = Literal["received", "returned", "counted", "damaged", "sold"]
MAX_ON_HAND = 1_000_000_000
"""Largest stock of a product in one warehouse, in pieces; fits the integer column."""

_INCREASES = ("received", "returned")
_DECREASES = ("damaged", "sold")


def stock_in(product: ProductInventory, location: str) -> Stock:
    """The product's stock in one warehouse.

    Raises:
        Refused: the warehouse does not keep this product.
    """
    for stock in product.locations:
        if stock.location == location:
            return stock
    kept_in = [stock.location for stock in product.locations]
    raise unknown_value("location", f"warehouse with {product.sku}", location, kept_in, "get_inventory lists them.")


def check_adjustment(product: ProductInventory, stock: Stock, change: int, reason: AdjustmentReason) -> None:
    """Validate an adjustment.

    Raises:
        Refused: the change is 0, contradicts its reason, or removes pieces that are reserved or missing.
    """
    where = f"{product.sku} in {stock.location}"
    if change == 0:
        raise Refused("change is 0. Give the pieces to add, or a negative number to remove, such as -5.")
    if (reason in _INCREASES and change < 0) or (reason in _DECREASES and change > 0):
        raise Refused(
            f"With reason={reason}, change must be {'positive' if reason in _INCREASES else 'negative'}. "
            "Reverse its sign, or use reason=counted."
        )
    if stock.on_hand + change < stock.reserved:
        raise Refused(
            f"Only {stock.available} pieces of {where} can be removed: {stock.on_hand} are on hand, "
            f"{stock.reserved} reserved. Remove that many or fewer."
        )
    if stock.on_hand + change > MAX_ON_HAND:
        raise Refused(f"{where} would have more than {MAX_ON_HAND} pieces on hand. Add fewer.")


class AdjustmentPreview(Preview):
    """The effect of a stock adjustment, in pieces."""

    sku: str
    location: str
    change: int
    on_hand_before: int
    on_hand_after: int


def adjustment_preview(
    product: ProductInventory, stock: Stock, change: int, reason: AdjustmentReason
) -> AdjustmentPreview:
    """Preview of adding `change` pieces, or removing them if negative."""
    after = stock.on_hand + change
    return AdjustmentPreview(
        effect=(
            f"Changes the stock of {product.sku} in {stock.location} by {change:+d} (reason: {reason}), from "
            f"{stock.on_hand} to {after} pieces on hand: {stock.reserved} reserved, {after - stock.reserved} available."
        ),
        version=stock.version,
        sku=product.sku,
        location=stock.location,
        change=change,
        on_hand_before=stock.on_hand,
        on_hand_after=after,
    )
