"""Which shelves serve an order: reserving its pieces, releasing them, and taking them out for a parcel."""

from collections.abc import Mapping
from dataclasses import dataclass

from orders_mcp.models.shelves import Pieces, ShelfChange, ShelfKey, Shelves, by_location, of_product
from servicekit.core import Refused

Held = Mapping[ShelfKey, int]
"""Pieces that an order has reserved, by shelf; each more than 0."""


@dataclass(frozen=True, slots=True)
class Picking:
    """How the pieces of a parcel leave the stock.

    Attributes:
        taken: pieces that leave, by shelf.
        held: what the order has reserved afterwards.
        uncounted: pieces whose stock stays, by product code: they were not reserved, and no location was given.
    """

    taken: Held
    held: Held
    uncounted: Pieces

    @property
    def location(self) -> str | None:
        """The warehouse that all pieces leave; None where it is unknown or there are several."""
        places = {place for _, place in self.taken}
        return places.pop() if len(places) == 1 and not self.uncounted else None

    @property
    def notice(self) -> str | None:
        """What to do about pieces that are not counted; None where all are."""
        if not self.uncounted:
            return None
        pieces = ", ".join(f"{count} {sku}" for sku, count in sorted(self.uncounted.items()))
        return (
            f"The stock was not reduced by {pieces}: they were not reserved, and no location was given. "
            "Record them with adjust_inventory (reason=sold)."
        )


def reserved_for(shelves: Shelves, pieces: Pieces, location: str | None, held: Held) -> dict[ShelfKey, int]:
    """Where to reserve the pieces of an order. Pieces that it has reserved count as free for it.

    Without `location`, the whole order comes from one warehouse if one has all of it, else each product from one
    warehouse, else from several.

    Args:
        shelves: every shelf of the products in `pieces`, locked.
        pieces: what the order needs in all.
        location: the only warehouse to reserve in.
        held: what it has reserved so far.

    Raises:
        Refused: too few pieces are available. Every such product is named.
    """
    free = {
        key: shelf.available + held.get(key, 0)
        for key, shelf in sorted(shelves.items())
        if location is None or shelf.location == location
    }
    short = {sku: count for sku, count in pieces.items() if sum(_of(free, sku).values()) < count}
    if short:
        raise Refused(f"{_shortages(short, free, location)} Reserve fewer, or add stock with adjust_inventory first.")
    whole = [
        place
        for place in sorted({place for _, place in free})
        if all(free.get((sku, place), 0) >= count for sku, count in pieces.items())
    ]
    first = max(whole, key=lambda place: sum(held.get((sku, place), 0) for sku in pieces), default=None)
    found: dict[ShelfKey, int] = {}
    for sku, count in pieces.items():
        left = count
        own = _of(free, sku)
        # The warehouse of the whole order, then those with enough of this product, then those with the most.
        for place in sorted(own, key=lambda place: (place != first, -min(own[place], count), place)):
            part = min(left, own[place])
            if part > 0:
                found[sku, place] = part
                left -= part
    return found


def picked(
    shelves: Shelves, pieces: Pieces, location: str | None, held: Held, *, needs_location: bool = False
) -> Picking:
    """Take the pieces of a parcel: reserved ones first, then available ones of `location`.

    With `location`, all pieces leave that warehouse, and the order's reservations elsewhere shrink by as many. Without
    it, only reserved pieces are counted, and `needs_location` refuses others.

    Raises:
        Refused: `location` has too few pieces, or is needed. Every such product is named, with the warehouses that
            have it.
    """
    left = dict(held)
    taken: dict[ShelfKey, int] = {}
    uncounted: dict[str, int] = {}
    if location is not None:
        free = {key: shelf.available + held.get(key, 0) for key, shelf in shelves.items() if key[1] == location}
        short = {sku: count for sku, count in pieces.items() if free.get((sku, location), 0) < count}
        if short:
            raise Refused(
                f"{_shortages(short, free, location)} Elsewhere: {_available(shelves, short, location)}. Send fewer, "
                "name another location, or correct the stock with adjust_inventory (reason=counted)."
            )
    for sku, count in sorted(pieces.items()):
        own = _of(left, sku)
        if location is not None:
            taken[sku, location] = count
        remaining = count
        for place in sorted(own, key=lambda place: (place != location, -own[place], place)):
            part = min(remaining, own[place])
            remaining -= part
            left[sku, place] -= part
            if location is None and part:
                taken[sku, place] = part
        if location is None and remaining:
            uncounted[sku] = remaining
    if needs_location and uncounted:
        raise Refused(
            "location is missing: the warehouse that sends the replacement. Available: "
            f"{_available(shelves, uncounted)}."
        )
    return Picking(taken, {key: count for key, count in left.items() if count}, uncounted)


def without(held: Held, pieces: Pieces | None) -> dict[ShelfKey, int]:
    """What stays reserved once `pieces` are released (None: all), from the smallest reservations on."""
    if pieces is None:
        return {}
    left = dict(held)
    for sku, count in pieces.items():
        remaining = count
        own = _of(left, sku)
        for place in sorted(own, key=lambda place: (own[place], place)):
            part = min(remaining, own[place])
            remaining -= part
            left[sku, place] -= part
    return {key: count for key, count in left.items() if count}


def shelf_changes(before: Held, after: Held, taken: Held) -> list[ShelfChange]:
    """The changes of shelves where reservations go from `before` to `after`, and `taken` leaves."""
    changes = [
        ShelfChange(*key, on_hand=-taken.get(key, 0), reserved=after.get(key, 0) - before.get(key, 0))
        for key in sorted({*before, *after, *taken})
    ]
    return [change for change in changes if change.on_hand or change.reserved]


def _of(pieces: Held, sku: str) -> dict[str, int]:
    return {key[1]: count for key, count in pieces.items() if key[0] == sku}


def _available(shelves: Shelves, pieces: Pieces, without: str | None = None) -> str:
    """Such as "LMP-0042 ams-1 2, cmh-1 1; MUG-0007 none"."""
    found: list[str] = []
    for sku in sorted(pieces):
        others = [shelf for shelf in of_product(shelves, sku) if shelf.location != without]
        found.append(f"{sku} {by_location((shelf.location, shelf.available) for shelf in others)}")
    return "; ".join(found)


def _shortages(short: Pieces, free: Held, location: str | None) -> str:
    return " ".join(
        f"Not enough {sku}: {count} needed, {sum(_of(free, sku).values())} available "
        + (f"({by_location(sorted(_of(free, sku).items()))})." if location is None else f"in {location}.")
        for sku, count in sorted(short.items())
    )
