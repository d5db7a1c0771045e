"""Creates draft orders: order number, order, items and first event."""

from orders_mcp.adapters.order_updates import OrderUpdates
from orders_mcp.adapters.pricing_queries import PricingQueries
from orders_mcp.models.draft_results import LikeOrder
from orders_mcp.models.drafts import Draft
from orders_mcp.models.identifiers import NUMBER_DIGITS
from orders_mcp.models.order_updates import NewEvent
from orders_mcp.models.orders import Order

# The update locks the tenant's row until the transaction ends, so order numbers are unique and without gaps.
NEXT_NUMBER = """
UPDATE orders.tenants SET next_order_number = next_order_number + 1 WHERE id = current_setting('app.tenant')
RETURNING next_order_number - 1
"""

ORDER = """
INSERT INTO orders.orders (
    tenant_id, number, customer_id, status, currency, price_list, subtotal_minor, shipping_fee_minor, tax_minor,
    total_minor, region, channel, shipping_address, placed_at, updated_at)
SELECT current_setting('app.tenant'), $1, $2, 'draft', $3, $4, $5, $6, $7, $8, $9, 'back_office', $10, at, at
FROM clock_timestamp() AS at
RETURNING id, placed_at
"""

# A like order has all products of this one, or this one has all of its.
LIKE_ORDERS = """
SELECT json_build_object(
    'number', o.number, 'status', o.status, 'placed_at', o.placed_at, 'total', orders.money(o.total_minor, o.currency))
FROM orders.orders AS o
CROSS JOIN LATERAL (
    SELECT array_agg(i.sku) AS skus FROM orders.order_items AS i WHERE i.tenant_id = o.tenant_id AND i.order_id = o.id
) AS lines
WHERE o.customer_id = $1 AND o.placed_at > clock_timestamp() - interval '1 day' AND o.status <> 'cancelled'
    AND o.id <> $2 AND (lines.skus @> $3::text[] OR lines.skus <@ $3::text[])
ORDER BY o.placed_at DESC, o.id DESC
LIMIT 5
"""


class PostgresOrderWriter(PricingQueries, OrderUpdates):
    """`OrderWriter` on Postgres; lock and apply come from `OrderUpdates`."""

    async def like_orders(self, order: Order) -> list[LikeOrder]:
        skus = [item.sku for item in order.items]
        rows = await self._database.fetch(LIKE_ORDERS, order.customer_id, order.id, skus)
        return [LikeOrder.model_validate_json(row[0]) for row in rows]

    async def add(self, draft: Draft) -> Order:
        number = await self._database.fetchval(NEXT_NUMBER)
        owed, prices = draft.amounts, draft.terms.prices
        row = await self._database.fetchrow(
            ORDER,
            f"ORD-{number:0{NUMBER_DIGITS}d}",
            draft.customer.id,
            prices.currency,
            prices.code,
            owed.subtotal,
            owed.shipping_fee,
            owed.tax,
            owed.total,
            draft.customer.region,
            draft.shipping_address,
        )
        if row is None:
            raise LookupError("the draft is missing after it was written")
        order_id, placed_at = row
        await self._drafts.add_lines(order_id, draft.items)
        if draft.reserve:
            await self._stock.reserve(order_id, {item.sku: item.quantity for item in draft.items}, None)
        if draft.shipping_address != draft.customer.address:
            await self._write_terms(order_id, draft.shipping_address)
        await self._insert_events(order_id, placed_at, 0, (NewEvent("draft_created"),))
        return await self._reload(order_id)
