"""Creates draft orders: order number, order, items and first event."""

from collections.abc import Sequence

from orders_mcp.adapters.order_updates import OrderUpdates
from orders_mcp.models.drafts import Draft
from orders_mcp.models.identifiers import NUMBER_DIGITS
from orders_mcp.models.inventory import Product
from orders_mcp.models.money import Money
from orders_mcp.models.order_updates import NewEvent
from orders_mcp.models.orders import Order

PRODUCTS = """
SELECT p.sku, p.name, x.price_minor, l.currency
FROM orders.products AS p
JOIN orders.tenants AS t ON t.id = p.tenant_id
JOIN orders.price_lists AS l ON l.tenant_id = p.tenant_id AND l.currency = t.currency AND l.is_default
JOIN orders.prices AS x ON x.tenant_id = p.tenant_id AND x.sku = p.sku AND x.price_list = l.code
WHERE p.sku = ANY ($1)
"""

# The update locks the tenant's row until the transaction ends, so order numbers are unique and without gaps.
NEXT_NUMBER = """
UPDATE orders.tenants SET next_order_number = next_order_number + 1 WHERE id = current_setting('app.tenant')
RETURNING next_order_number - 1
"""

ORDER = """
INSERT INTO orders.orders (
    tenant_id, number, customer_id, status, currency, subtotal_minor, total_minor, region, channel, shipping_address,
    placed_at, updated_at)
SELECT current_setting('app.tenant'), $1, $2, 'draft', $3, $4, $4, $5, 'back_office', $6, at, at
FROM clock_timestamp() AS at
RETURNING id, placed_at
"""

ITEMS = """
INSERT INTO orders.order_items (tenant_id, order_id, line, sku, name, quantity, unit_price_minor, total_minor)
SELECT current_setting('app.tenant'), $1, i.line, i.sku, i.name, i.quantity, i.price_minor, i.quantity * i.price_minor
FROM unnest($2::text[], $3::text[], $4::integer[], $5::bigint[]) WITH ORDINALITY
    AS i (sku, name, quantity, price_minor, line)
"""


class PostgresOrderWriter(OrderUpdates):
    """`OrderWriter` on Postgres; lock and apply come from `OrderUpdates`."""

    async def products(self, skus: Sequence[str]) -> list[Product]:
        rows = await self._database.fetch(PRODUCTS, skus)
        return [
            Product(
                sku=row["sku"],
                name=row["name"],
                price=Money(amount_minor=row["price_minor"], currency=row["currency"]),
            )
            for row in rows
        ]

    async def add(self, draft: Draft) -> Order:
        number = await self._database.fetchval(NEXT_NUMBER)
        row = await self._database.fetchrow(
            ORDER,
            f"ORD-{number:0{NUMBER_DIGITS}d}",
            draft.customer.id,
            draft.total.currency,
            draft.total.amount_minor,
            draft.customer.region,
            draft.shipping_address,
        )
        if row is None:
            raise LookupError("the draft is missing after it was written")
        order_id, placed_at = row
        if draft.shipping_address != draft.customer.address:
            await self._write_terms(order_id, draft.shipping_address)
        columns = zip(
            *(
                (item.product.sku, item.product.name, item.quantity, item.product.price.amount_minor)
                for item in draft.items
            ),
            strict=True,
        )
        await self._database.fetch(ITEMS, order_id, *map(list, columns))
        await self._insert_events(order_id, placed_at, 0, (NewEvent("draft_created"),))
        return await self._reload(order_id)
