"""Reads what an order is priced by: price list, shipping fee, tax rate, and products with prices and stock."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from orders_mcp.models.draft_lines import OrderTerms, PricedProduct
from orders_mcp.models.orders import Order
from orders_mcp.models.pricing import PriceList, PricingTerms
from servicekit.storage.postgres.database import Database

_TERMS = """
SELECT l.code, l.name, l.currency, l.is_default, l.shipping_fee_minor, l.free_shipping_from_minor,
    coalesce(r.basis_points, 0) AS tax_basis_points
"""
# $2 NULL: the customer's currency.
OF_CUSTOMER = f"""
{_TERMS}, l.code IS DISTINCT FROM c.price_list AND last.currency IS NULL AND $2::text IS NULL AS is_assumed
FROM orders.customers AS c
JOIN orders.tenants AS t ON t.id = c.tenant_id
LEFT JOIN LATERAL (
    SELECT o.currency FROM orders.orders AS o
    WHERE o.tenant_id = c.tenant_id AND o.customer_id = c.id AND o.status NOT IN ('draft', 'cancelled')
    ORDER BY o.placed_at DESC, o.id DESC LIMIT 1
) AS last ON true
JOIN orders.price_lists AS l ON l.tenant_id = c.tenant_id
    AND ($2::text IS NULL OR l.currency = $2::text)
    AND (l.code = c.price_list
        OR (l.is_default AND ($2::text IS NOT NULL OR l.currency IN (last.currency, t.currency))))
LEFT JOIN orders.tax_rates AS r ON r.tenant_id = c.tenant_id AND r.region = c.region
WHERE c.id = $1
ORDER BY (l.code = c.price_list) IS TRUE DESC, (l.currency = last.currency) IS TRUE DESC
LIMIT 1
"""
# An order without a list has the usual one of its currency.
OF_ORDER = f"""
{_TERMS}
FROM orders.price_lists AS l
LEFT JOIN orders.tax_rates AS r ON r.tenant_id = l.tenant_id AND r.region = $3
WHERE l.code = $1::text OR ($1::text IS NULL AND l.is_default AND l.currency = $2)
"""
CURRENCIES = "SELECT DISTINCT currency FROM orders.price_lists WHERE is_default ORDER BY currency"
PRODUCTS = """
SELECT p.sku, p.name, coalesce(own.price_minor, usual.price_minor) AS price_minor, own.price_minor IS NULL AS is_usual,
    (SELECT coalesce(sum(i.on_hand - i.reserved), 0) FROM orders.inventory AS i
     WHERE i.tenant_id = p.tenant_id AND i.sku = p.sku) AS available
FROM orders.products AS p
LEFT JOIN orders.prices AS own ON own.tenant_id = p.tenant_id AND own.sku = p.sku AND own.price_list = $2
LEFT JOIN orders.price_lists AS l ON l.tenant_id = p.tenant_id AND l.currency = $3 AND l.is_default
LEFT JOIN orders.prices AS usual ON usual.tenant_id = p.tenant_id AND usual.sku = p.sku AND usual.price_list = l.code
WHERE p.sku = ANY ($1)
"""


class PricingQueries:
    """The reads of `OrderWriter`, in the transaction of the call."""

    _database: Database

    async def products(self, skus: Sequence[str], prices: PriceList) -> list[PricedProduct]:
        rows = await self._database.fetch(PRODUCTS, skus, prices.code, prices.currency)
        return [PricedProduct(**row) for row in rows]

    async def terms_of_customer(self, customer_id: UUID, currency: str | None) -> OrderTerms | None:
        row = await self._database.fetchrow(OF_CUSTOMER, customer_id, currency)
        return None if row is None else _terms(dict(row))

    async def terms_of_order(self, order: Order) -> OrderTerms | None:
        row = await self._database.fetchrow(OF_ORDER, order.price_list, order.total.currency, order.region)
        return None if row is None else _terms(dict(row))

    async def price_currencies(self) -> list[str]:
        return [row[0] for row in await self._database.fetch(CURRENCIES)]


def _terms(row: dict[str, Any]) -> OrderTerms:
    tax, is_assumed = row.pop("tax_basis_points"), row.pop("is_assumed", False)
    return OrderTerms(PricingTerms(**row), tax, is_assumed)
