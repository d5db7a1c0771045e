"""Products, independent of the size of the data."""

from typing import NamedTuple

from orders_mcp.sample_data.plan import Plan
from orders_mcp.sample_data.vocabulary import CATEGORIES, FINISHES
from servicekit.sample_data.draws import Draws

PRODUCTS_PER_CATEGORY = 40


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
