"""Changes stock, reservations and the ledger under row locks, in the transaction of the call."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from orders_mcp.models.adjustments import LedgerReason, check_room
from orders_mcp.models.reservations import Held, Picking, picked, reserved_for, shelf_changes, without
from orders_mcp.models.shelves import Pieces, Shelf, ShelfChange, Shelves
from servicekit.core import current_caller
from servicekit.storage.postgres.database import Database

# In the order of the key, as the locks: two calls that open the same shelves wait in one direction.
OPEN = """
INSERT INTO orders.inventory (tenant_id, sku, location, on_hand, reorder_point)
SELECT tenant_id, sku, $2, 0, 0 FROM orders.products WHERE sku = ANY ($1) ORDER BY sku
ON CONFLICT DO NOTHING
"""
# Rows that another transaction changed are read again once its lock ends, so the values are the latest.
LOCK = """
SELECT sku, location, on_hand, reserved, version FROM orders.inventory WHERE sku = ANY ($1)
ORDER BY sku, location FOR UPDATE
"""
CHANGE = """
WITH change AS (
    SELECT * FROM unnest($1::text[], $2::text[], $3::integer[], $4::integer[])
        AS c (sku, location, on_hand, reserved)
), shelf AS (
    UPDATE orders.inventory AS i
    SET on_hand = i.on_hand + c.on_hand, reserved = i.reserved + c.reserved, version = i.version + 1
    FROM change AS c
    WHERE i.sku = c.sku AND i.location = c.location
    RETURNING i.tenant_id, i.sku, i.location, c.on_hand AS change, i.on_hand AS balance
), entries AS (
    INSERT INTO orders.inventory_adjustments (
        tenant_id, sku, location, sequence, change, balance, reason, note, made_by, made_at, reference)
    SELECT tenant_id, sku, location, (
            SELECT coalesce(max(a.sequence), 0) + 1 FROM orders.inventory_adjustments AS a
            WHERE a.tenant_id = shelf.tenant_id AND a.sku = shelf.sku AND a.location = shelf.location),
        change, balance, $5, $6, $7, clock_timestamp(), $8
    FROM shelf WHERE change <> 0
)
SELECT count(*) FROM shelf
"""

HELD = "SELECT sku, location, quantity FROM orders.reservations WHERE order_id = $1"
HOLD = """
WITH wanted AS (
    SELECT * FROM unnest($2::text[], $3::text[], $4::integer[]) AS w (sku, location, quantity)
), released AS (
    DELETE FROM orders.reservations AS r
    WHERE r.order_id = $1 AND NOT EXISTS (
        SELECT FROM wanted AS w WHERE w.sku = r.sku AND w.location = r.location)
)
INSERT INTO orders.reservations AS r (tenant_id, order_id, sku, location, quantity, reserved_at)
SELECT current_setting('app.tenant'), $1, sku, location, quantity, clock_timestamp() FROM wanted
ON CONFLICT (tenant_id, order_id, sku, location) DO UPDATE SET quantity = excluded.quantity
WHERE r.quantity <> excluded.quantity
"""
NUMBER = "SELECT number FROM orders.orders WHERE id = $1"


class PostgresStockWriter:
    """`StockWriter` on Postgres."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def reserve(self, order_id: UUID, pieces: Pieces, location: str | None) -> Held:
        before = await self._held(order_id)
        shelves = await self.lock({*pieces, *_products(before)})
        after = reserved_for(shelves, pieces, location, before)
        await self._hold(order_id, before, after)
        return after

    async def release(self, order_id: UUID, pieces: Pieces | None = None) -> Held:
        before = await self._held(order_id)
        if not before:
            return before
        await self.lock(_products(before))
        after = without(before, pieces)
        await self._hold(order_id, before, after)
        return {key: count - after.get(key, 0) for key, count in before.items() if count > after.get(key, 0)}

    async def take(
        self, order_id: UUID, pieces: Pieces, location: str | None, *, needs_location: bool = False
    ) -> Picking:
        before = await self._held(order_id)
        shelves = await self.lock(pieces)
        picking = picked(shelves, pieces, location, before, needs_location=needs_location)
        changes = shelf_changes(before, picking.held, picking.taken)
        await self.change(changes, "shipped", None, await self._number(order_id))
        await self._record(order_id, before, picking.held)
        return picking

    async def restock(
        self, pieces: Pieces, location: str, reason: LedgerReason, note: str | None, *, order_id: UUID | None = None
    ) -> None:
        shelves = await self.lock(pieces, opened=location)
        for sku, count in pieces.items():
            check_room(shelves[sku, location], count)
        changes = [ShelfChange(sku, location, on_hand=count) for sku, count in pieces.items()]
        reference = None if order_id is None else await self._number(order_id)
        await self.change(changes, reason, note, reference)

    async def lock(self, skus: Iterable[str], opened: str | None = None) -> Shelves:
        codes = list(skus)
        if opened is not None:
            await self._database.fetch(OPEN, codes, opened)
        return {(row["sku"], row["location"]): Shelf(**row) for row in await self._database.fetch(LOCK, codes)}

    async def change(
        self, changes: Sequence[ShelfChange], reason: LedgerReason, note: str | None, reference: str | None = None
    ) -> None:
        """Change locked shelves.

        Raises:
            LookupError: a shelf does not exist.
        """
        if not changes:
            return
        columns = zip(*((one.sku, one.location, one.on_hand, one.reserved) for one in changes), strict=True)
        made_by = current_caller().subject
        changed = await self._database.fetchval(CHANGE, *map(list, columns), reason, note, made_by, reference)
        if changed != len(changes):
            raise LookupError(f"{len(changes) - changed} of {len(changes)} changed shelves do not exist")

    async def _hold(self, order_id: UUID, before: Held, after: Held) -> None:
        await self.change(shelf_changes(before, after, {}), "counted", None)
        await self._record(order_id, before, after)

    async def _record(self, order_id: UUID, before: Held, after: Held) -> None:
        if before != after:
            columns = ([sku for sku, _ in after], [location for _, location in after], list(after.values()))
            await self._database.fetch(HOLD, order_id, *columns)

    async def _held(self, order_id: UUID) -> Held:
        rows = await self._database.fetch(HELD, order_id)
        return {(row["sku"], row["location"]): row["quantity"] for row in rows}

    async def _number(self, order_id: UUID) -> str:
        number: str = await self._database.fetchval(NUMBER, order_id)
        return number


def _products(held: Held) -> set[str]:
    return {sku for sku, _ in held}
