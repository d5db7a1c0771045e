"""The JSON of an order's returns. Fragments refer to the order as `o`, to its item as `i`, to a return as `r`."""

RETURN_LINES = """
SELECT json_agg(json_build_object(
    'sku', l.sku, 'quantity', l.quantity, 'accepted', l.accepted, 'damaged', l.damaged, 'refunded', l.refunded,
    'restocked', l.restocked) ORDER BY l.sku)
FROM orders.return_lines AS l
WHERE l.tenant_id = r.tenant_id AND l.order_id = r.order_id AND l.return_id = r.id
"""
"""A list of `ReturnLine`."""

RETURNS = f"""
SELECT coalesce(json_agg(json_build_object(
    'id', r.id, 'status', r.status, 'reason', r.reason, 'note', r.note, 'step_note', r.step_note,
    'shipment_id', r.shipment_id, 'location', r.location, 'requested_at', r.requested_at, 'status_at', r.status_at,
    'received_at', r.received_at, 'inspected_at', r.inspected_at, 'refunded_at', r.refunded_at,
    'restocked_at', r.restocked_at, 'lines', ({RETURN_LINES})) ORDER BY r.requested_at, r.id), '[]')
FROM orders.returns AS r WHERE r.tenant_id = o.tenant_id AND r.order_id = o.id
"""
"""A list of `Return`."""

RETURNED = """
SELECT coalesce(sum(coalesce(l.accepted, l.quantity)), 0)
FROM orders.return_lines AS l
JOIN orders.returns AS r ON r.tenant_id = l.tenant_id AND r.order_id = l.order_id AND r.id = l.return_id
WHERE l.tenant_id = i.tenant_id AND l.order_id = i.order_id AND l.sku = i.sku
    AND r.status IN ('received', 'inspected', 'refunded', 'restocked')
"""
"""Pieces of an item that are back."""
