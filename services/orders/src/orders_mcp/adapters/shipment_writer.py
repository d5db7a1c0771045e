"""Writes parcels of an order, in the transaction of the call."""

from datetime import datetime
from uuid import UUID

from orders_mcp.models.order_updates import ShipmentWrite
from servicekit.storage.postgres.database import Database

INSERT_SHIPMENT = """
INSERT INTO orders.shipments (tenant_id, order_id, status, carrier, tracking_number, expected_on, shipped_at, replaces,
    location)
VALUES (current_setting('app.tenant'), $1, $2, $3, $4, $5, $6, $7, $8)
RETURNING id
"""

INSERT_LINES = """
INSERT INTO orders.shipment_lines (tenant_id, order_id, shipment_id, sku, quantity)
SELECT current_setting('app.tenant'), $1, $2, line.sku, line.quantity
FROM unnest($3::text[], $4::integer[]) AS line (sku, quantity)
"""

UPDATE_SHIPMENT = """
UPDATE orders.shipments
SET status = $3, tracking_number = $4, expected_on = $5, version = version + 1,
    shipped_at = CASE WHEN $3 = 'preparing' THEN shipped_at ELSE coalesce(shipped_at, $6) END,
    delivered_at = CASE WHEN $3 = 'delivered' THEN $6 ELSE delivered_at END
WHERE order_id = $1 AND id = $2
"""


class ShipmentWriter:
    """Inserts and updates parcels under the lock of their order."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def write(self, order_id: UUID, at: datetime, written: ShipmentWrite) -> None:
        """Write a parcel at one moment."""
        if written.id is None:
            await self._insert(order_id, at, written)
            return
        await self._database.fetch(
            UPDATE_SHIPMENT, order_id, written.id, written.status, written.tracking_number, written.expected_on, at
        )

    async def _insert(self, order_id: UUID, at: datetime, written: ShipmentWrite) -> None:
        shipment_id = await self._database.fetchval(
            INSERT_SHIPMENT,
            order_id,
            written.status,
            written.carrier,
            written.tracking_number,
            written.expected_on,
            at,
            written.replaces,
            written.location,
        )
        pieces = written.pieces
        await self._database.fetch(INSERT_LINES, order_id, shipment_id, list(pieces), list(pieces.values()))
