"""Locks an order and writes an `OrderUpdate`, in the transaction of the call."""

from datetime import datetime
from uuid import UUID

from orders_mcp.adapters.draft_writer import DraftWriter
from orders_mcp.adapters.order_queries import OrderQueries
from orders_mcp.adapters.references import OrderKey, order_key
from orders_mcp.adapters.refund_writer import RefundWriter
from orders_mcp.adapters.return_writer import ReturnWriter
from orders_mcp.adapters.shipment_writer import ShipmentWriter
from orders_mcp.adapters.stock_writer import PostgresStockWriter
from orders_mcp.models.order_updates import NewEvent, OrderUpdate
from orders_mcp.models.orders import Order
from orders_mcp.models.search_terms import place_terms
from servicekit.core import current_caller
from servicekit.storage.postgres.database import Database

LOCK: dict[OrderKey, str] = {
    "id": "SELECT id FROM orders.orders WHERE id = $1 FOR UPDATE",
    "number": "SELECT id FROM orders.orders WHERE number = $1 FOR UPDATE",
}

# The version check catches callers that forgot the lock and would overwrite a concurrent update.
UPDATE_ORDER = """
UPDATE orders.orders AS o
SET status = $3, shipping_address = $4, notes = $5, cancellation_reason = $6, updated_at = clock_timestamp(),
    version = version + 1
WHERE id = $1 AND version = $2
RETURNING updated_at, (
    SELECT coalesce(max(sequence), 0) FROM orders.order_events WHERE tenant_id = o.tenant_id AND order_id = o.id)
"""

INSERT_TERMS = """
INSERT INTO orders.order_terms (tenant_id, term, order_id)
SELECT current_setting('app.tenant'), term, $1 FROM unnest($2::text[]) AS term
"""

INSERT_EVENTS = """
INSERT INTO orders.order_events (tenant_id, order_id, sequence, at, kind, actor, made_by, amount_minor, note)
SELECT current_setting('app.tenant'), $1, $2 + e.place, $3, e.kind, 'staff', $7, e.amount_minor, e.note
FROM unnest($4::text[], $5::bigint[], $6::text[]) WITH ORDINALITY AS e (kind, amount_minor, note, place)
"""

VOID_PAYMENTS = (
    "UPDATE orders.payments SET status = 'voided', version = version + 1 WHERE order_id = $1 AND id = ANY ($2)"
)


class OrderUpdates:
    """`OrderWriter` without drafts."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._reader = OrderQueries(database)
        self._stock = PostgresStockWriter(database)
        self._refunds = RefundWriter(database)
        self._returns = ReturnWriter(database)
        self._shipments = ShipmentWriter(database)
        self._drafts = DraftWriter(database)

    async def lock(self, reference: str) -> Order | None:
        key, value = order_key(reference)
        identifier = await self._database.fetchval(LOCK[key], value)
        # A separate statement: its snapshot starts after the lock, so it sees what the previous holder committed.
        return None if identifier is None else await self._reader.get(str(identifier))

    async def apply(self, order: Order, update: OrderUpdate) -> Order:
        """Write the update.

        Raises:
            LookupError: the order changed since it was read, because the caller did not lock it.
        """
        if update.draft:  # before the status changes: only drafts may change their lines and amounts
            await self._drafts.write(order.id, update.draft)
        row = await self._database.fetchrow(
            UPDATE_ORDER,
            order.id,
            order.version,
            update.status,
            update.shipping_address,
            update.notes,
            update.cancellation_reason,
        )
        if row is None:
            raise LookupError(f"order {order.id} was updated without its lock")
        at, sequence = row
        if update.shipping_address != order.shipping_address:
            await self._write_terms(order.id, update.shipping_address)
        if update.voided:
            await self._database.fetch(VOID_PAYMENTS, order.id, update.voided)
        if update.refunds or update.refund_request:
            await self._refunds.write(order.id, order.total.currency, at, update.refunds, update.refund_request)
        if update.shipment:
            await self._shipments.write(order.id, at, update.shipment)
        await self._change_stock(order.id, update)
        await self._returns.write(order.id, at, update.returns)
        await self._insert_events(order.id, at, sequence, update.events)
        return await self._reload(order.id)

    async def _change_stock(self, order_id: UUID, update: OrderUpdate) -> None:
        if update.not_sent and update.restocked:  # all shelves at once, so that no two calls wait for each other
            await self._stock.lock(sorted({*update.not_sent, *update.restocked}))
        if update.draft and update.draft.reserved is not None:
            await self._stock.reserve(order_id, update.draft.reserved, None)
        elif update.released:
            await self._stock.release(order_id)
        elif update.not_sent:
            await self._stock.release(order_id, update.not_sent)
        if update.restocked and update.restock_location is not None:
            await self._stock.restock(
                update.restocked, update.restock_location, "returned", update.restock_note, order_id=order_id
            )

    async def _write_terms(self, order_id: UUID, address: str) -> None:
        """Make the order findable by the place of an address of its own."""
        await self._database.fetch("DELETE FROM orders.order_terms WHERE order_id = $1", order_id)
        await self._database.fetch(INSERT_TERMS, order_id, sorted(place_terms(address)))

    async def _insert_events(self, order_id: UUID, at: datetime, after: int, events: tuple[NewEvent, ...]) -> None:
        columns = zip(*((event.kind, event.amount_minor, event.note) for event in events), strict=True)
        made_by = current_caller().subject
        await self._database.fetch(INSERT_EVENTS, order_id, after, at, *map(list, columns), made_by)

    async def _reload(self, order_id: UUID) -> Order:
        order = await self._reader.get(str(order_id))
        if order is None:
            raise LookupError(f"order {order_id} is missing after it was written")
        return order
