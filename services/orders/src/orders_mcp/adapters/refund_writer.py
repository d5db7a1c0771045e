"""Writes refunds: the request with its lines, the pieces that it refunds, and its shares of payments."""

from datetime import datetime
from uuid import UUID

from orders_mcp.models.order_updates import NewRefund, RefundRequestWrite
from servicekit.core import current_caller
from servicekit.storage.postgres.database import Database

INSERT_REQUEST = """
INSERT INTO orders.refund_requests (
    tenant_id, order_id, status, currency, amount_minor, items_minor, discount_minor, shipping_minor, tax_minor,
    reason, note, restock_location, requested_by, requested_at, expires_at)
VALUES (current_setting('app.tenant'), $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13,
    $13::timestamptz + make_interval(days => $14))
RETURNING id
"""

INSERT_LINES = """
INSERT INTO orders.refund_lines (tenant_id, request_id, sku, quantity, amount_minor)
SELECT current_setting('app.tenant'), $1, l.sku, l.quantity, l.amount_minor
FROM unnest($2::text[], $3::integer[], $4::bigint[]) AS l (sku, quantity, amount_minor)
"""

# The status check catches callers that decide about a request twice.
DECIDE_REQUEST = """
UPDATE orders.refund_requests
SET status = $2, items_minor = $3, discount_minor = $4, shipping_minor = $5, tax_minor = $6, decided_by = $7,
    decided_at = $8, decision_note = $9, version = version + 1
WHERE id = $1 AND status = 'requested'
RETURNING id
"""

# The table refuses more refunded pieces than were ordered.
COUNT_PIECES = """
UPDATE orders.order_items AS i SET refunded = i.refunded + l.quantity
FROM unnest($2::text[], $3::integer[]) AS l (sku, quantity)
WHERE i.order_id = $1 AND i.sku = l.sku
"""

INSERT_REFUNDS = """
WITH taken AS (
    UPDATE orders.payments AS p
    SET refunded_minor = refunded_minor + part.amount_minor, version = version + 1
    FROM unnest($2::uuid[], $3::bigint[], $4::text[], $5::text[]) AS part (payment_id, amount_minor, reason, note)
    WHERE p.order_id = $1 AND p.id = part.payment_id
    RETURNING p.tenant_id, p.order_id, p.id, p.currency, part.amount_minor, part.reason, part.note
)
INSERT INTO orders.refunds (
    tenant_id, order_id, payment_id, status, currency, amount_minor, reason, note, created_at, request_id)
SELECT tenant_id, order_id, id, 'succeeded', currency, amount_minor, reason, note, $6, $7 FROM taken
"""


class RefundWriter:
    """Writes the refunds of a locked order, in the transaction of the call."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def write(
        self,
        order_id: UUID,
        currency: str,
        at: datetime,
        refunds: tuple[NewRefund, ...],
        request: RefundRequestWrite | None,
    ) -> None:
        """Write shares of payments, and the request that they belong to."""
        request_id = None if request is None else await self._request(order_id, currency, at, request)
        if refunds:
            columns = zip(*((one.payment_id, one.amount_minor, one.reason, one.note) for one in refunds), strict=True)
            await self._database.fetch(INSERT_REFUNDS, order_id, *map(list, columns), at, request_id)

    async def _request(self, order_id: UUID, currency: str, at: datetime, request: RefundRequestWrite) -> UUID:
        skus, quantities = [one.sku for one in request.lines], [one.quantity for one in request.lines]
        if request.id is None:
            request_id = await self._insert(order_id, currency, at, request)
            if request.lines:
                line_amounts = [one.amount_minor for one in request.lines]
                await self._database.fetch(INSERT_LINES, request_id, skus, quantities, line_amounts)
        else:
            request_id = await self._decide(at, request)
        if request.status == "refunded" and request.lines:
            await self._database.fetch(COUNT_PIECES, order_id, skus, quantities)
        return request_id

    async def _insert(self, order_id: UUID, currency: str, at: datetime, request: RefundRequestWrite) -> UUID:
        amounts = request.amounts
        identifier: UUID = await self._database.fetchval(
            INSERT_REQUEST,
            order_id,
            request.status,
            currency,
            amounts.total,
            amounts.items,
            amounts.discount,
            amounts.shipping,
            amounts.tax,
            request.reason,
            request.note,
            request.restock_location,
            current_caller().subject,
            at,
            request.expires_after,
        )
        return identifier

    async def _decide(self, at: datetime, request: RefundRequestWrite) -> UUID:
        amounts = request.amounts
        identifier: UUID | None = await self._database.fetchval(
            DECIDE_REQUEST,
            request.id,
            request.status,
            amounts.items,
            amounts.discount,
            amounts.shipping,
            amounts.tax,
            current_caller().subject,
            at,
            request.decision_note,
        )
        if identifier is None:
            raise LookupError(f"refund request {request.id} was decided without the lock of its order")
        return identifier
