"""Writes returns of an order, in the transaction of the call."""

from datetime import datetime
from uuid import UUID

from orders_mcp.models.order_updates import ReturnWrite
from servicekit.core import current_caller
from servicekit.storage.postgres.database import Database

INSERT_RETURN = """
INSERT INTO orders.returns (
    tenant_id, order_id, status, reason, note, step_note, shipment_id, location, requested_at, requested_by, status_at,
    received_at)
VALUES (
    current_setting('app.tenant'), $1, $2, $3, $4, $5, $6, $7, $8::timestamptz, $9, $8,
    CASE WHEN $2::text = 'received' THEN $8 END)
RETURNING id
"""

INSERT_LINES = """
INSERT INTO orders.return_lines (tenant_id, order_id, return_id, sku, quantity)
SELECT current_setting('app.tenant'), $1, $2, line.sku, line.quantity
FROM unnest($3::text[], $4::integer[]) AS line (sku, quantity)
"""

# A return that skips a step has that step's time too: who inspects pieces has received them.
UPDATE_RETURN = """
UPDATE orders.returns
SET status = $3::text, step_note = coalesce($4, step_note), location = coalesce($5, location), version = version + 1,
    status_at = CASE WHEN status = $3::text THEN status_at ELSE $6::timestamptz END,
    received_at = CASE WHEN $7 OR $3 = 'received' THEN coalesce(received_at, $6) ELSE received_at END,
    inspected_at = CASE WHEN $7 THEN coalesce(inspected_at, $6) ELSE inspected_at END,
    refunded_at = CASE WHEN $8 THEN coalesce(refunded_at, $6) ELSE refunded_at END,
    restocked_at = CASE WHEN $9 THEN coalesce(restocked_at, $6) ELSE restocked_at END
WHERE order_id = $1 AND id = $2
"""

UPDATE_LINES = """
UPDATE orders.return_lines AS l
SET accepted = line.accepted, damaged = line.damaged, refunded = line.refunded, restocked = line.restocked
FROM unnest($3::text[], $4::integer[], $5::integer[], $6::integer[], $7::integer[])
    AS line (sku, accepted, damaged, refunded, restocked)
WHERE l.order_id = $1 AND l.return_id = $2 AND l.sku = line.sku
"""


class ReturnWriter:
    """Inserts and updates returns under the lock of their order."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def write(self, order_id: UUID, at: datetime, returns: tuple[ReturnWrite, ...]) -> None:
        """Write them, at one moment."""
        for written in returns:
            if written.id is None:
                await self._insert(order_id, at, written)
            else:
                await self._update(order_id, at, written.id, written)

    async def _insert(self, order_id: UUID, at: datetime, written: ReturnWrite) -> None:
        return_id = await self._database.fetchval(
            INSERT_RETURN,
            order_id,
            written.status,
            written.reason,
            written.note,
            written.step_note,
            written.shipment_id,
            written.location,
            at,
            current_caller().subject,
        )
        columns = zip(*((line.sku, line.quantity) for line in written.lines), strict=True)
        await self._database.fetch(INSERT_LINES, order_id, return_id, *map(list, columns))

    async def _update(self, order_id: UUID, at: datetime, return_id: UUID, written: ReturnWrite) -> None:
        await self._database.fetch(
            UPDATE_RETURN,
            order_id,
            return_id,
            written.status,
            written.step_note,
            written.location,
            at,
            written.inspected,
            written.refunded,
            written.restocked,
        )
        columns = zip(
            *((line.sku, line.accepted, line.damaged, line.refunded, line.restocked) for line in written.lines),
            strict=True,
        )
        await self._database.fetch(UPDATE_LINES, order_id, return_id, *map(list, columns))
