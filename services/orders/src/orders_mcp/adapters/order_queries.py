"""Queries for one order and its timeline. Postgres builds the JSON of the model, so one round trip is enough."""

from uuid import UUID

from orders_mcp.adapters.order_document import ORDER
from orders_mcp.adapters.references import OrderKey, order_key
from orders_mcp.models.orders import Order
from orders_mcp.models.timeline import OrderEvent
from servicekit.storage.postgres.database import Database
from servicekit.storage.search_terms import LAST_CHARACTER

_TIMELINE = """
SELECT CASE WHEN e.sequence IS NOT NULL THEN json_build_object(
    'sequence', e.sequence, 'at', e.at, 'kind', e.kind, 'actor', e.actor, 'made_by', e.made_by,
    'note', e.note,
    'amount', CASE WHEN e.amount_minor IS NOT NULL THEN orders.money(e.amount_minor, o.currency) END) END
FROM orders.orders AS o
LEFT JOIN LATERAL (
    SELECT sequence, at, kind, actor, made_by, note, amount_minor
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

PARCELS_WITH_NUMBER = """
SELECT o.number, s.id FROM orders.shipments AS s
JOIN orders.orders AS o ON o.tenant_id = s.tenant_id AND o.id = s.order_id
WHERE s.tracking_number = $1
LIMIT $2
"""
ORDER_OF_PARCEL = "SELECT order_id FROM orders.shipments WHERE id = $1"
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

    async def parcels_with_number(self, tracking_number: str, count: int) -> list[tuple[str, UUID]]:
        rows = await self._database.fetch(PARCELS_WITH_NUMBER, tracking_number, count)
        return [(row[0], row[1]) for row in rows]

    async def order_of_parcel(self, parcel_id: str) -> UUID | None:
        found: UUID | None = await self._database.fetchval(ORDER_OF_PARCEL, UUID(parcel_id))
        return found

    async def numbers(self, prefix: str, count: int) -> list[str]:
        rows = await self._database.fetch(NUMBERS, prefix, prefix + LAST_CHARACTER, count)
        return [row[0] for row in rows]
