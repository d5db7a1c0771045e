"""Price lists: one for each currency, and one for wholesale customers who pay in euros. Tax rates by region."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from orders_mcp.models.pricing import half_up
from orders_mcp.sample_data.products import Product
from orders_mcp.sample_data.vocabulary import PRICE_LEVEL
from servicekit.sample_data.loading import Row

SHOP_CURRENCY = "EUR"
_SHIPPING_FEE = 490  # euro cents; free from 80.00
_FREE_SHIPPING_FROM = 8000
TAX_BASIS_POINTS = {
    "north_america": 800, "latin_america": 1700, "europe": 2000, "middle_east_africa": 500, "asia_pacific": 1000,
}  # fmt: skip
WHOLESALE = "wholesale-eur"
_WHOLESALE_PERCENT = 80
_NOT_IN_WHOLESALE = "outdoor"


class Shipping(NamedTuple):
    """Shipping fee, and the sum of lines from which it is free, in minor units."""

    fee: int
    free_from: int


SHIPPING = {
    currency: Shipping(_SHIPPING_FEE * level // 100, _FREE_SHIPPING_FROM * level // 100)
    for currency, level in PRICE_LEVEL.items()
}


def price_lists(tenant_id: str) -> Iterator[Row]:
    """The rows of a tenant's lists."""
    for currency, shipping in SHIPPING.items():
        yield (tenant_id, currency.lower(), f"Retail {currency}", currency, True, *shipping)
    yield (tenant_id, WHOLESALE, "Wholesale EUR", "EUR", False, 990, None)


def prices(tenant_id: str, products: Sequence[Product]) -> Iterator[Row]:
    """The rows of a tenant's prices. The wholesale list lacks a category."""
    for product in products:
        for currency, level in PRICE_LEVEL.items():
            yield (tenant_id, currency.lower(), product.sku, product.price * level // 100)
        if product.category != _NOT_IN_WHOLESALE:
            yield (tenant_id, WHOLESALE, product.sku, half_up(product.price * _WHOLESALE_PERCENT, 100))


def tax_rates(tenant_id: str) -> Iterator[Row]:
    """The rows of a tenant's tax rates."""
    for region, basis_points in TAX_BASIS_POINTS.items():
        yield (tenant_id, region, basis_points)
