"""Product and stock queries. A tenant has some thousand rows, so only keys are indexed."""

from collections.abc import Sequence

from orders_mcp.models.inventory import LowStock, ProductInventory
from orders_mcp.models.locations import Warehouse
from servicekit.schema import CursorKey
from servicekit.storage.postgres.database import Database
from servicekit.storage.search_terms import LAST_CHARACTER

# A shelf with thousands of reservations shows the oldest ones.
INVENTORY = """
SELECT json_build_object(
    'sku', p.sku, 'name', p.name, 'category', p.category,
    'prices', (
        SELECT coalesce(json_agg(orders.money(x.price_minor, l.currency) ORDER BY l.currency), '[]')
        FROM orders.prices AS x
        JOIN orders.price_lists AS l ON l.tenant_id = x.tenant_id AND l.code = x.price_list
        WHERE x.tenant_id = p.tenant_id AND x.sku = p.sku AND l.is_default),
    'available', coalesce(sum(i.on_hand - i.reserved), 0),
    'locations', coalesce(json_agg(json_build_object(
        'location', i.location, 'warehouse', w.name,
        'on_hand', i.on_hand, 'reserved', i.reserved, 'available', i.on_hand - i.reserved,
        'reorder_point', i.reorder_point, 'version', i.version,
        'reservations', r.reservations, 'more_reservations', i.reserved > r.quantity) ORDER BY i.location)
        FILTER (WHERE i.location IS NOT NULL), '[]'))
FROM orders.products AS p
LEFT JOIN orders.inventory AS i ON i.tenant_id = p.tenant_id AND i.sku = p.sku
LEFT JOIN orders.locations AS w ON w.tenant_id = i.tenant_id AND w.code = i.location
LEFT JOIN LATERAL (
    SELECT coalesce(sum(h.quantity), 0) AS quantity, coalesce(json_agg(json_build_object(
        'order_number', o.number, 'quantity', h.quantity, 'reserved_at', h.reserved_at)
        ORDER BY h.reserved_at, h.order_id), '[]') AS reservations
    FROM (
        SELECT tenant_id, order_id, quantity, reserved_at FROM orders.reservations
        WHERE tenant_id = i.tenant_id AND sku = i.sku AND location = i.location
        ORDER BY reserved_at, order_id LIMIT 10
    ) AS h
    JOIN orders.orders AS o ON o.tenant_id = h.tenant_id AND o.id = h.order_id
) AS r ON true
WHERE p.sku = ANY ($1)
GROUP BY p.tenant_id, p.sku
"""

# $1 NULL: every warehouse. $2 NULL: first page.
LOW_STOCK = """
SELECT i.sku, p.name, i.location, i.available, i.reorder_point, i.shortage
FROM (
    SELECT tenant_id, sku, location, reorder_point,
        on_hand - reserved AS available, reorder_point - (on_hand - reserved) AS shortage
    FROM orders.inventory
) AS i
JOIN orders.products AS p ON p.tenant_id = i.tenant_id AND p.sku = i.sku
WHERE i.shortage >= 0
    AND ($1::text IS NULL OR i.location = $1)
    AND ($2::integer IS NULL OR (-i.shortage, i.sku, i.location) > (-$2, $3::text, $4::text))
ORDER BY i.shortage DESC, i.sku, i.location
LIMIT $5
"""

WAREHOUSES = "SELECT code, name, city FROM orders.locations ORDER BY code"
PRODUCT_NAMES = "SELECT sku, name FROM orders.products WHERE sku >= $1 AND sku <= $2 ORDER BY sku LIMIT $3"
SKUS = "SELECT sku FROM orders.products WHERE sku >= $1 AND sku <= $2 ORDER BY sku LIMIT $3"


class StockQueries:
    """`StockReader` on Postgres."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def inventory(self, skus: Sequence[str]) -> dict[str, ProductInventory]:
        rows = await self._database.fetch(INVENTORY, skus)
        products = (ProductInventory.model_validate_json(row[0]) for row in rows)
        return {product.sku: product for product in products}

    async def low_stock(self, location: str | None, count: int, after: CursorKey | None) -> list[LowStock]:
        shortage, sku, last_location = after or (None, None, None)
        rows = await self._database.fetch(LOW_STOCK, location, shortage, sku, last_location, count)
        return [LowStock(**row) for row in rows]

    async def warehouses(self) -> list[Warehouse]:
        return [Warehouse(**row) for row in await self._database.fetch(WAREHOUSES)]

    async def product_names(self, sku: str, count: int) -> dict[str, str]:
        for prefix in (f"{sku.partition('-')[0]}-", ""):
            rows = await self._database.fetch(PRODUCT_NAMES, prefix, prefix + LAST_CHARACTER, count)
            if rows:
                return {row[0]: row[1] for row in rows}
        return {}

    async def skus(self, prefix: str, count: int) -> list[str]:
        rows = await self._database.fetch(SKUS, prefix, prefix + LAST_CHARACTER, count)
        return [row[0] for row in rows]
