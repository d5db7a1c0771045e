"""Warehouses, stock with a ledger that adds up, and reservations of open orders."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from orders_mcp.sample_data.plan import Plan
from orders_mcp.sample_data.products import products
from orders_mcp.sample_data.vocabulary import LOCATIONS
from servicekit.sample_data.draws import Draws
from servicekit.sample_data.loading import Row
from servicekit.sample_data.plan import TENANTS

_REDUCING = ("damaged", "sold", "counted")
_SERVED_BY = {
    "europe": "ams-1", "middle_east_africa": "ams-1", "north_america": "cmh-1", "latin_america": "cmh-1",
    "asia_pacific": "sin-1",
}  # fmt: skip
_OPEN = ("pending", "paid")


def locations(tenant_id: str) -> list[Row]:
    """The warehouses of a tenant."""
    return [(tenant_id, code, name, city) for code, (name, city) in LOCATIONS.items()]


class Store:
    """The stock of one tenant. Pieces are reserved in the order of `reserve`, oldest orders first.

    Attributes:
        ledger: every entry; the entries of a shelf add up to its stock on hand.
        reservations: they add up to the reserved pieces of each shelf.
    """

    def __init__(self, plan: Plan, tenant: int) -> None:
        self._shelves: dict[tuple[str, str], list[int]] = {}  # on hand, reserved, reorder point, version
        self._tenant = TENANTS[tenant][0]
        self.ledger: list[Row] = []
        self.reservations: list[Row] = []
        for number, product in enumerate(products(plan, tenant)):
            for location in sorted(set(_SERVED_BY.values())):
                draws = Draws(plan.seed, f"stock-{tenant}-{location}", number)
                ledger = _ledger(draws, plan.start, (self._tenant, product.sku, location))
                self._shelves[product.sku, location] = [ledger[-1][5], 0, draws.between(10, 40), len(ledger)]
                self.ledger += ledger

    def reserve(self, order: Row, items: list[Row]) -> None:
        """Reserve the items of an open order in the warehouse of its region, where enough pieces are available."""
        status, region, placed_at = order[4], order[11], order[15]
        if status not in _OPEN:
            return
        for item in items:
            sku, quantity, location = item[3], item[5], _SERVED_BY[region]
            shelf = self._shelves[sku, location]
            if shelf[0] - shelf[1] >= quantity:
                shelf[1] += quantity
                self.reservations.append((*item[:2], sku, location, quantity, placed_at))

    def inventory(self) -> Iterator[Row]:
        """The rows of the shelves."""
        for (sku, location), shelf in self._shelves.items():
            yield (self._tenant, sku, location, *shelf)


def _ledger(draws: Draws, start: datetime, key: Row) -> list[Row]:
    at = start + timedelta(hours=draws.below(24))
    balance = draws.between(20, 400)
    rows: list[Row] = [(*key, 1, balance, balance, "opening", None, "system", at, None)]
    for sequence in range(2, draws.between(3, 9)):
        at += timedelta(hours=draws.between(24, 1800))
        if balance < 40 and draws.chance(600):
            change, reason = draws.between(50, 300), "received"
        else:
            change, reason = -draws.below(min(balance, 160) + 1), draws.pick(_REDUCING)
        if change == 0:
            change, reason = draws.between(1, 20), "returned"
        balance += change
        rows.append((*key, sequence, change, balance, reason, None, "warehouse", at, None))
    return rows
