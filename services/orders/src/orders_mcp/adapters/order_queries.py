"""Queries for one order and its timeline. Postgres builds the JSON of the model, so one round trip is enough."""

from orders_mcp.adapters.references import OrderKey, order_key
from orders_mcp.models.orders import Order, OrderEvent
from servicekit.storage.postgres.database import Database
from servicekit.storage.search_terms import LAST_CHARACTER

_ORDER = """
SELECT json_build_object(
    'id', o.id, 'number', o.number, 'status', o.status, 'version', o.version,
    'placed_at', o.placed_at, 'updated_at', o.updated_at,
    'customer_id', c.id, 'customer_email', c.email, 'customer_name', c.name,
    'region', o.region, 'shipping_address', o.shipping_address, 'notes', o.notes,
    'cancellation_reason', o.cancellation_reason,
    'staff_wrote', (
        SELECT coalesce(json_agg(DISTINCT e.kind), '[]') FROM orders.order_events AS e
        WHERE e.tenant_id = o.tenant_id AND e.order_id = o.id AND e.actor = 'staff'
            AND e.kind IN ('note_changed', 'address_changed', 'cancelled')),
    'subtotal', orders.money(o.subtotal_minor, o.currency),
    'discount', orders.money(o.discount_minor, o.currency),
    'shipping_fee', orders.money(o.shipping_fee_minor, o.currency),
    'tax', orders.money(o.tax_minor, o.currency),
    'total', orders.money(o.total_minor, o.currency),
    'items', (
        SELECT coalesce(json_agg(json_build_object(
            'sku', i.sku, 'name', i.name, 'quantity', i.quantity,
            'unit_price', orders.money(i.unit_price_minor, o.currency),
            'total', orders.money(i.total_minor, o.currency)) ORDER BY i.line), '[]')
        FROM orders.order_items AS i WHERE i.tenant_id = o.tenant_id AND i.order_id = o.id),
    'payments', (
        SELECT coalesce(json_agg(json_build_object(
            'id', p.id, 'method', p.method, 'status', p.status, 'created_at', p.created_at,
            'captured_at', p.captured_at, 'failure_code', p.failure_code,
            'amount', orders.money(p.amount_minor, p.currency),
            'captured', orders.money(p.captured_minor, p.currency),
            'refunded', orders.money(p.refunded_minor, p.currency)) ORDER BY p.created_at, p.id), '[]')
        FROM orders.payments AS p WHERE p.tenant_id = o.tenant_id AND p.order_id = o.id),
    'refunds', (
        SELECT coalesce(json_agg(json_build_object(
            'id', r.id, 'payment_id', r.payment_id, 'status', r.status, 'reason', r.reason, 'note', r.note,
            'created_at', r.created_at,
            'amount', orders.money(r.amount_minor, r.currency)) ORDER BY r.created_at, r.id), '[]')
        FROM orders.refunds AS r WHERE r.tenant_id = o.tenant_id AND r.order_id = o.id),
    'shipments', (
        SELECT coalesce(json_agg(json_build_object(
            'id', s.id, 'status', s.status, 'carrier', s.carrier, 'tracking_number', s.tracking_number,
            'shipped_at', s.shipped_at, 'expected_on', s.expected_on,
            'delivered_at', s.delivered_at) ORDER BY s.shipped_at, s.id), '[]')
        FROM orders.shipments AS s WHERE s.tenant_id = o.tenant_id AND s.order_id = o.id))
FROM orders.orders AS o
JOIN orders.customers AS c ON c.tenant_id = o.tenant_id AND c.id = o.customer_id
"""
ORDER: dict[OrderKey, str] = {"id": f"{_ORDER} WHERE o.id = $1", "number": f"{_ORDER} WHERE o.number = $1"}

_TIMELINE = """
SELECT CASE WHEN e.sequence IS NOT NULL THEN json_build_object(
    'sequence', e.sequence, 'at', e.at, 'kind', e.kind, 'actor', e.actor, 'note', e.note,
    'amount', CASE WHEN e.amount_minor IS NOT NULL THEN orders.money(e.amount_minor, o.currency) END) END
FROM orders.orders AS o
LEFT JOIN LATERAL (
    SELECT sequence, at, kind, actor, note, amount_minor
    FROM orders.order_events
    WHERE tenant_id = o.tenant_id AND order_id = o.id AND sequence > $2
    ORDER BY sequence
    LIMIT $3
) AS e ON true
"""
TIMELINE: dict[OrderKey, str] = {
    "id": f"{_TIMELINE} WHERE o.id = $1 ORDER BY e.sequence",
    "number": f"{_TIMELINE} WHERE o.number = $1 ORDER BY e.sequence",
}

NUMBERS = "SELECT number FROM orders.orders WHERE number >= $1 AND number <= $2 ORDER BY number DESC LIMIT $3"


class OrderQueries:
    """`OrderReader` without search."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, reference: str) -> Order | None:
        key, value = order_key(reference)
        document = await self._database.fetchval(ORDER[key], value)
        return None if document is None else Order.model_validate_json(document)

    async def timeline(self, reference: str, count: int, after: int) -> list[OrderEvent] | None:
        key, value = order_key(reference)
        rows = await self._database.fetch(TIMELINE[key], value, after, count)
        if not rows:
            return None
        return [OrderEvent.model_validate_json(row[0]) for row in rows if row[0] is not None]

    async def numbers(self, prefix: str, count: int) -> list[str]:
        rows = await self._database.fetch(NUMBERS, prefix, prefix + LAST_CHARACTER, count)
        return [row[0] for row in rows]
