"""Products and their stock, with a ledger that adds up."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from orders_mcp.sample_data.plan import Plan
from orders_mcp.sample_data.vocabulary import CATEGORIES, FINISHES, LOCATIONS
from servicekit.sample_data.draws import Draws
from servicekit.sample_data.loading import Row

PRODUCTS_PER_CATEGORY = 40
_REDUCING = ("damaged", "sold", "counted")


class Product(NamedTuple):
    """A product; `price` in euro cents, from which local prices are computed."""

    sku: str
    name: str
    category: str
    price: int


def products(plan: Plan, tenant: int) -> list[Product]:
    """The products of a tenant, independent of the size of the data."""
    found: list[Product] = []
    for code, (category, kinds, (low, high)) in CATEGORIES.items():
        for number in range(PRODUCTS_PER_CATEGORY):
            draws = Draws(plan.seed, f"product-{tenant}-{code}", number)
            kind, finish = kinds[number % len(kinds)], FINISHES[number // len(kinds)]
            price = draws.between(low, high) // 100 * 100 + 90
            found.append(Product(f"{code}-{number + 1:04d}", f"{kind}, {finish}", category, price))
    return found


def stock(plan: Plan, tenant: int, tenant_id: str) -> Iterator[tuple[Row, list[Row]]]:
    """Each inventory row with its ledger; the ledger adds up to the stock on hand."""
    for number, product in enumerate(products(plan, tenant)):
        for location in LOCATIONS:
            draws = Draws(plan.seed, f"stock-{tenant}-{location}", number)
            ledger = _ledger(draws, plan.start, (tenant_id, product.sku, location))
            on_hand = ledger[-1][5]
            reserved = min(on_hand, draws.below(12))
            yield (tenant_id, product.sku, location, on_hand, reserved, draws.between(10, 40), len(ledger)), ledger


def _ledger(draws: Draws, start: datetime, key: Row) -> list[Row]:
    at = start + timedelta(hours=draws.below(24))
    balance = draws.between(20, 400)
    rows: list[Row] = [(*key, 1, balance, balance, "opening", None, "system", at)]
    for sequence in range(2, draws.between(3, 9)):
        at += timedelta(hours=draws.between(24, 1800))
        if balance < 40 and draws.chance(600):
            change, reason = draws.between(50, 300), "received"
        else:
            change, reason = -draws.below(min(balance, 160) + 1), draws.pick(_REDUCING)
        if change == 0:
            change, reason = draws.between(1, 20), "returned"
        balance += change
        rows.append((*key, sequence, change, balance, reason, None, "warehouse", at))
    return rows
