"""Shelves: the pieces of one product in one warehouse, and changes of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

ShelfKey = tuple[str, str]
"""Product code and warehouse code. Shelves are locked in this order."""
Pieces = Mapping[str, int]
"""Pieces by product code, each more than 0."""
Shelves = Mapping[ShelfKey, "Shelf"]


@dataclass(frozen=True, slots=True)
class Shelf:
    """Locked stock of one product in one warehouse, in pieces."""

    sku: str
    location: str
    on_hand: int
    reserved: int
    version: int

    @property
    def available(self) -> int:
        """Pieces that no order has reserved."""
        return self.on_hand - self.reserved


@dataclass(frozen=True, slots=True)
class ShelfChange:
    """Pieces to add to a shelf; negative to remove."""

    sku: str
    location: str
    on_hand: int = 0
    reserved: int = 0


def of_product(shelves: Shelves, sku: str) -> list[Shelf]:
    """The shelves of one product, in order of their locations."""
    return [shelf for key, shelf in sorted(shelves.items()) if key[0] == sku]


def by_location(pieces: Iterable[tuple[str, int]]) -> str:
    """Such as "ams-1 2, cmh-1 1"; "none" without any."""
    return ", ".join(f"{location} {count}" for location, count in pieces if count) or "none"
