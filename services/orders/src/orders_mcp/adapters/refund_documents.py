"""The JSON of refund requests in the document of an order. Postgres says which of them expired or were withdrawn."""

REFUND_STATUS = """
CASE
    WHEN status = 'requested' AND expires_at < clock_timestamp() THEN 'expired'
    WHEN status = 'declined' AND decided_by = requested_by THEN 'withdrawn'
    ELSE status END
"""
"""The status of a row of `orders.refund_requests`."""
REFUND_REQUEST = f"""
json_build_object(
    'id', q.id,
    'status', {REFUND_STATUS},
    'amount', orders.money(q.amount_minor, q.currency),
    'items', orders.money(q.items_minor, q.currency),
    'discount', orders.money(q.discount_minor, q.currency),
    'shipping', orders.money(q.shipping_minor, q.currency),
    'tax', orders.money(q.tax_minor, q.currency),
    'reason', q.reason, 'note', q.note, 'restock_location', q.restock_location,
    'requested_by', q.requested_by, 'requested_at', q.requested_at, 'expires_at', q.expires_at,
    'decided_by', q.decided_by, 'decided_at', q.decided_at, 'decision_note', q.decision_note,
    'lines', (
        SELECT coalesce(json_agg(json_build_object(
            'sku', l.sku, 'quantity', l.quantity,
            'amount', orders.money(l.amount_minor, q.currency)) ORDER BY l.sku), '[]')
        FROM orders.refund_lines AS l WHERE l.tenant_id = q.tenant_id AND l.request_id = q.id))
"""

REFUND_REQUESTS = f"""
SELECT coalesce(json_agg({REFUND_REQUEST} ORDER BY q.requested_at, q.id), '[]')
FROM orders.refund_requests AS q WHERE q.tenant_id = o.tenant_id AND q.order_id = o.id
"""
