"""The JSON of an order's parcels. Fragments refer to the order as `o`, to its item as `i`, to a parcel as `s`."""

SHIPMENT_LINES = """
SELECT coalesce(json_agg(json_build_object('sku', l.sku, 'quantity', l.quantity) ORDER BY l.sku), '[]')
FROM orders.shipment_lines AS l
WHERE l.tenant_id = s.tenant_id AND l.order_id = s.order_id AND l.shipment_id = s.id
"""
"""A list of `ShippedLine`."""

_DAYS_LATE = """
SELECT nullif(greatest(0, (coalesce(s.delivered_at, now()) AT TIME ZONE t.time_zone)::date - s.expected_on), 0)
FROM orders.tenants AS t WHERE t.id = s.tenant_id AND s.status IN ('preparing', 'in_transit', 'delivered')
"""

SHIPMENTS = f"""
SELECT coalesce(json_agg(json_build_object(
    'id', s.id, 'status', s.status, 'carrier', s.carrier, 'tracking_number', s.tracking_number,
    'replaces', s.replaces, 'location', s.location, 'lines', ({SHIPMENT_LINES}), 'shipped_at', s.shipped_at,
    'expected_on', s.expected_on, 'days_late', ({_DAYS_LATE}), 'delivered_at', s.delivered_at)
    ORDER BY s.shipped_at, s.id), '[]')
FROM orders.shipments AS s WHERE s.tenant_id = o.tenant_id AND s.order_id = o.id
"""
"""A list of `Shipment`."""

SHIPPED = """
SELECT coalesce(sum(l.quantity), 0)
FROM orders.shipment_lines AS l
JOIN orders.shipments AS s ON s.tenant_id = l.tenant_id AND s.order_id = l.order_id AND s.id = l.shipment_id
WHERE l.tenant_id = i.tenant_id AND l.order_id = i.order_id AND l.sku = i.sku AND s.replaces IS NULL
"""
"""Pieces of an item that are in parcels; those of replacements are not counted again."""
