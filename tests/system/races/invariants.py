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
