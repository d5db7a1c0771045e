"""Rules of stock adjustments."""

from typing import Literal

from orders_mcp.models.shelves import Shelf
from servicekit.core import Refused
from servicekit.registry import Preview

AdjustmentReason = Literal["received", "returned", "counted", "damaged", "sold"]
LedgerReason = Literal["opening", "received", "returned", "counted", "damaged", "sold", "shipped", "transferred"]
"""Why the pieces on hand changed: adjustments, parcels, and transfers between warehouses."""
MAX_ON_HAND = 1_000_000_000
"""Largest stock of a product in one warehouse, in pieces; fits the integer column."""

_INCREASES = ("received", "returned")
_DECREASES = ("damaged", "sold")


def check_room(shelf: Shelf, added: int) -> None:
    """Check that the warehouse may have `added` more pieces of the product.

    Raises:
        Refused: it would have more than `MAX_ON_HAND`.
    """
    if shelf.on_hand + added > MAX_ON_HAND:
        where = f"{shelf.sku} in {shelf.location}"
        raise Refused(f"{where} would have more than {MAX_ON_HAND} pieces on hand. Add fewer.")


def check_adjustment(shelf: Shelf, change: int, reason: AdjustmentReason) -> None:
    """Validate an adjustment.

    Raises:
        Refused: the change is 0, contradicts its reason, or removes pieces that are reserved or missing.
    """
    if change == 0:
        raise Refused("change is 0. Give the pieces to add, or a negative number to remove, such as -5.")
    if (reason in _INCREASES and change < 0) or (reason in _DECREASES and change > 0):
        raise Refused(
            f"With reason={reason}, change must be {'positive' if reason in _INCREASES else 'negative'}. "
            "Reverse its sign, or use reason=counted."
        )
    if shelf.available + change < 0:
        raise Refused(
            f"Only {shelf.available} pieces of {shelf.sku} in {shelf.location} can be removed: {shelf.on_hand} are on "
            f"hand, {shelf.reserved} reserved. Remove that many or fewer."
        )
    check_room(shelf, change)


class AdjustmentPreview(Preview):
    """The effect of a stock adjustment, in pieces."""

    sku: str
    location: str
    change: int
    on_hand_before: int
    on_hand_after: int


def adjustment_preview(shelf: Shelf, change: int, reason: AdjustmentReason) -> AdjustmentPreview:
    """Preview of adding `change` pieces, or removing them if negative."""
    after = shelf.on_hand + change
    return AdjustmentPreview(
        effect=(
            f"Changes the stock of {shelf.sku} in {shelf.location} by {change:+d} (reason: {reason}), from "
            f"{shelf.on_hand} to {after} pieces on hand: {shelf.reserved} reserved, {after - shelf.reserved} available."
        ),
        version=shelf.version,
        sku=shelf.sku,
        location=shelf.location,
        change=change,
        on_hand_before=shelf.on_hand,
        on_hand_after=after,
    )
