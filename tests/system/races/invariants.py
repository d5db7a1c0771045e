"""What must hold after every interleaving. Each statement returns the rows that break its rule."""

from collections.abc import Mapping
from typing import Any, Final

import asyncpg

from .scenes import Scene

OF_ORDER: Final[Mapping[str, str]] = {
    "refunded beyond captured": """
SELECT id, captured_minor, refunded_minor FROM orders.payments
WHERE order_id = $1 AND refunded_minor > captured_minor""",
    "a payment's refunds do not add up": """
SELECT p.id, p.refunded_minor, coalesce(sum(r.amount_minor) FILTER (WHERE r.status <> 'failed'), 0) AS refunds
FROM orders.payments AS p LEFT JOIN orders.refunds AS r ON r.order_id = p.order_id AND r.payment_id = p.id
WHERE p.order_id = $1 GROUP BY p.id, p.refunded_minor
HAVING p.refunded_minor <> coalesce(sum(r.amount_minor) FILTER (WHERE r.status <> 'failed'), 0)""",
    "shipped after cancelled": """
SELECT s.id FROM orders.shipments AS s JOIN orders.orders AS o ON o.id = s.order_id
WHERE o.id = $1 AND o.status = 'cancelled'""",
    "an event after the cancellation": """
SELECT later.kind FROM orders.order_events AS c JOIN orders.order_events AS later
    ON later.order_id = c.order_id AND later.sequence > c.sequence
WHERE c.order_id = $1 AND c.kind = 'cancelled' AND later.kind IN ('shipped', 'delivered', 'placed')""",
    "a cancelled order keeps money": """
SELECT p.id FROM orders.payments AS p JOIN orders.orders AS o ON o.id = p.order_id
WHERE o.id = $1 AND o.status = 'cancelled' AND (p.status = 'authorized' OR p.refunded_minor < p.captured_minor)""",
    "a refunded order keeps money": """
SELECT p.id FROM orders.payments AS p JOIN orders.orders AS o ON o.id = p.order_id
WHERE o.id = $1 AND o.status = 'refunded' AND p.refunded_minor < p.captured_minor""",
    "delivered with parcels under way": """
SELECT s.id FROM orders.shipments AS s JOIN orders.orders AS o ON o.id = s.order_id
WHERE o.id = $1 AND o.status = 'delivered' AND s.status IN ('preparing', 'in_transit')""",
    "a cancelled order reserves stock": """
SELECT r.sku, r.location, r.quantity FROM orders.reservations AS r JOIN orders.orders AS o ON o.id = r.order_id
WHERE o.id = $1 AND o.status = 'cancelled'""",
    "more pieces sent than ordered": """
SELECT i.sku, i.quantity, sum(l.quantity) AS sent
FROM orders.order_items AS i
JOIN orders.shipments AS s ON s.order_id = i.order_id AND s.replaces IS NULL
JOIN orders.shipment_lines AS l ON l.order_id = i.order_id AND l.shipment_id = s.id AND l.sku = i.sku
WHERE i.order_id = $1 GROUP BY i.sku, i.quantity HAVING sum(l.quantity) > i.quantity""",
    "more pieces replaced than a parcel had": """
SELECT s.replaces, l.sku, sum(l.quantity) AS replaced
FROM orders.shipments AS s JOIN orders.shipment_lines AS l ON l.order_id = s.order_id AND l.shipment_id = s.id
WHERE s.order_id = $1 AND s.replaces IS NOT NULL GROUP BY s.order_id, s.replaces, l.sku
HAVING sum(l.quantity) > coalesce((SELECT o.quantity FROM orders.shipment_lines AS o
    WHERE o.order_id = s.order_id AND o.shipment_id = s.replaces AND o.sku = l.sku), 0)""",
    "more pieces in returns than sent": """
SELECT l.sku, sum(l.quantity) AS returned
FROM orders.returns AS r JOIN orders.return_lines AS l ON l.order_id = r.order_id AND l.return_id = r.id
WHERE r.order_id = $1 AND r.status NOT IN ('cancelled', 'rejected') GROUP BY r.order_id, l.sku
HAVING sum(l.quantity) > (SELECT coalesce(sum(s.quantity), 0) FROM orders.shipment_lines AS s
    WHERE s.order_id = r.order_id AND s.sku = l.sku)""",
    "more pieces restocked than accepted": """
SELECT return_id, sku, restocked FROM orders.return_lines
WHERE order_id = $1 AND restocked > coalesce(accepted, 0)""",
    "more pieces restocked than sent": """
SELECT a.sku, sum(a.change) AS restocked
FROM orders.orders AS o JOIN orders.order_items AS i ON i.order_id = o.id
JOIN orders.inventory_adjustments AS a ON a.reference = o.number AND a.sku = i.sku AND a.reason = 'returned'
WHERE o.id = $1 GROUP BY o.id, a.sku
HAVING sum(a.change) > (SELECT coalesce(sum(s.quantity), 0) FROM orders.shipment_lines AS s
    WHERE s.order_id = o.id AND s.sku = a.sku)""",
    "more pieces refunded than ordered": """
SELECT i.sku, i.quantity, sum(l.quantity) AS refunded
FROM orders.order_items AS i
JOIN orders.refund_requests AS r ON r.order_id = i.order_id AND r.status = 'refunded'
JOIN orders.refund_lines AS l ON l.request_id = r.id AND l.sku = i.sku
WHERE i.order_id = $1 GROUP BY i.sku, i.quantity HAVING sum(l.quantity) > i.quantity""",
    "a request is not paid back as decided": """
SELECT q.id, q.status, q.amount_minor, coalesce(sum(r.amount_minor), 0) AS paid
FROM orders.refund_requests AS q LEFT JOIN orders.refunds AS r ON r.order_id = q.order_id AND r.request_id = q.id
WHERE q.order_id = $1 GROUP BY q.id, q.status, q.amount_minor
HAVING coalesce(sum(r.amount_minor), 0) <> CASE q.status WHEN 'refunded' THEN q.amount_minor ELSE 0 END""",
    "an order is placed twice": """
SELECT count(*) FROM orders.order_events WHERE order_id = $1 AND kind = 'placed' HAVING count(*) > 1""",
    "the timeline has a gap": """
SELECT count(*), max(sequence) FROM orders.order_events WHERE order_id = $1 HAVING count(*) <> max(sequence)""",
}
OF_STOCK: Final[Mapping[str, str]] = {
    "stock is negative, or less than reserved": """
SELECT sku, location, on_hand, reserved FROM orders.inventory
WHERE sku = ANY ($1) AND (on_hand < 0 OR reserved NOT BETWEEN 0 AND on_hand)""",
    "reservations do not add up": """
SELECT i.sku, i.location, i.reserved, coalesce(sum(r.quantity), 0) AS reservations
FROM orders.inventory AS i LEFT JOIN orders.reservations AS r USING (tenant_id, sku, location)
WHERE i.sku = ANY ($1) GROUP BY i.sku, i.location, i.reserved HAVING i.reserved <> coalesce(sum(r.quantity), 0)""",
    "a transfer has one side": """
SELECT reference, count(*), sum(change) FROM orders.inventory_adjustments
WHERE sku = ANY ($1) AND reason = 'transferred' GROUP BY reference HAVING count(*) <> 2 OR sum(change) <> 0""",
    "the ledger does not add up": """
SELECT i.sku, i.location, i.on_hand, coalesce(sum(a.change), 0) AS ledger
FROM orders.inventory AS i LEFT JOIN orders.inventory_adjustments AS a USING (tenant_id, sku, location)
WHERE i.sku = ANY ($1) GROUP BY i.sku, i.location, i.on_hand HAVING i.on_hand <> coalesce(sum(a.change), 0)""",
    "a ledger's balance is wrong": """
SELECT sku, location, sequence FROM (
    SELECT sku, location, sequence, balance, sum(change) OVER (PARTITION BY sku, location ORDER BY sequence) AS total
    FROM orders.inventory_adjustments WHERE sku = ANY ($1)) AS a
WHERE balance <> total""",
}


async def broken(connection: "asyncpg.Connection[Any]", scene: Scene) -> list[str]:
    """The rules that this order and its products break, with the rows."""
    found: list[str] = []
    for rules, value in ((OF_ORDER, scene.order), (OF_STOCK, scene.skus)):
        for rule, statement in rules.items():
            found += [f"{rule}: {dict(row)}" for row in await connection.fetch(statement, value)]
    return found
