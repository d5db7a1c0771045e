"""Writes lines and amounts of drafts. The database refuses both once an order is placed."""

from collections.abc import Sequence
from uuid import UUID

from orders_mcp.models.draft_lines import DraftItem
from orders_mcp.models.order_updates import DraftWrite
from servicekit.storage.postgres.database import Database

UPDATE = """
UPDATE orders.orders
SET subtotal_minor = $2, discount_minor = $3, shipping_fee_minor = $4, tax_minor = $5, total_minor = $6,
    discount_percent = $7, discount_reason = $8,
    placed_at = CASE WHEN $9 THEN clock_timestamp() ELSE placed_at END
WHERE id = $1
"""
DELETE_ITEMS = "DELETE FROM orders.order_items WHERE order_id = $1"
ITEMS = """
INSERT INTO orders.order_items (tenant_id, order_id, line, sku, name, quantity, unit_price_minor, total_minor)
SELECT current_setting('app.tenant'), $1, i.line, i.sku, i.name, i.quantity, i.price_minor, i.quantity * i.price_minor
FROM unnest($2::text[], $3::text[], $4::integer[], $5::bigint[]) WITH ORDINALITY
    AS i (sku, name, quantity, price_minor, line)
"""


class DraftWriter:
    """Part of `OrderWriter`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def write(self, order_id: UUID, draft: DraftWrite) -> None:
        """Write a locked draft."""
        owed, discount = draft.amounts, draft.discount
        await self._database.fetch(
            UPDATE,
            order_id,
            owed.subtotal,
            owed.discount,
            owed.shipping_fee,
            owed.tax,
            owed.total,
            discount and discount.percent,
            discount and discount.reason,
            draft.is_placed,
        )
        if draft.items is not None:
            await self._database.fetch(DELETE_ITEMS, order_id)
            await self.add_lines(order_id, draft.items)

    async def add_lines(self, order_id: UUID, items: Sequence[DraftItem]) -> None:
        """Insert the lines of a draft."""
        columns = zip(*((item.sku, item.name, item.quantity, item.price_minor) for item in items), strict=True)
        await self._database.fetch(ITEMS, order_id, *map(list, columns))
