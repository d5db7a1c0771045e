"""The JSON of one order, which Postgres builds, so that one round trip is enough. Each noun has a fragment."""

from orders_mcp.adapters.references import OrderKey
from orders_mcp.adapters.refund_documents import REFUND_REQUESTS
from orders_mcp.adapters.return_document import RETURNED, RETURNS
from orders_mcp.adapters.shipment_document import SHIPMENTS, SHIPPED

_RESERVED = """
SELECT coalesce(sum(r.quantity), 0) FROM orders.reservations AS r
WHERE r.tenant_id = i.tenant_id AND r.order_id = i.order_id AND r.sku = i.sku
"""
_ITEMS = f"""
SELECT coalesce(json_agg(json_build_object(
    'sku', i.sku, 'name', i.name, 'quantity', i.quantity, 'reserved', ({_RESERVED}), 'shipped', ({SHIPPED}),
    'refunded', i.refunded, 'returned', ({RETURNED}),
    'unit_price', orders.money(i.unit_price_minor, o.currency),
    'total', orders.money(i.total_minor, o.currency)) ORDER BY i.line), '[]')
FROM orders.order_items AS i WHERE i.tenant_id = o.tenant_id AND i.order_id = o.id
"""
_PAYMENTS = """
SELECT coalesce(json_agg(json_build_object(
    'id', p.id, 'method', p.method, 'status', p.status, 'created_at', p.created_at,
    'captured_at', p.captured_at, 'failure_code', p.failure_code,
    'amount', orders.money(p.amount_minor, p.currency),
    'captured', orders.money(p.captured_minor, p.currency),
    'refunded', orders.money(p.refunded_minor, p.currency)) ORDER BY p.created_at, p.id), '[]')
FROM orders.payments AS p WHERE p.tenant_id = o.tenant_id AND p.order_id = o.id
"""
_REFUNDS = """
SELECT coalesce(json_agg(json_build_object(
    'id', r.id, 'payment_id', r.payment_id, 'request_id', r.request_id,
    'status', r.status, 'reason', r.reason, 'note', r.note,
    'created_at', r.created_at,
    'amount', orders.money(r.amount_minor, r.currency)) ORDER BY r.created_at, r.id), '[]')
FROM orders.refunds AS r WHERE r.tenant_id = o.tenant_id AND r.order_id = o.id
"""

_ORDER = f"""
SELECT json_build_object(
    'id', o.id, 'number', o.number, 'status', o.status, 'version', o.version,
    'placed_at', o.placed_at, 'updated_at', o.updated_at,
    'customer_id', c.id, 'customer_email', c.email, 'customer_name', c.name,
    'region', o.region, 'channel', o.channel, 'price_list', o.price_list,
    'discount_percent', o.discount_percent, 'discount_reason', o.discount_reason,
    'shipping_address', o.shipping_address, 'notes', o.notes,
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
    'items', ({_ITEMS}),
    'payments', ({_PAYMENTS}),
    'refunds', ({_REFUNDS}),
    'refund_requests', ({REFUND_REQUESTS}),
    'shipments', ({SHIPMENTS}),
    'returns', ({RETURNS}))
FROM orders.orders AS o
JOIN orders.customers AS c ON c.tenant_id = o.tenant_id AND c.id = o.customer_id
"""


ORDER: dict[OrderKey, str] = {"id": f"{_ORDER} WHERE o.id = $1", "number": f"{_ORDER} WHERE o.number = $1"}
