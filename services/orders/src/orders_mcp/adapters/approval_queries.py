"""Queries for refunds that wait for approval."""

from datetime import datetime
from uuid import UUID

from orders_mcp.models.approvals import WaitingRefund
from servicekit.schema import CursorKey
from servicekit.storage.postgres.database import Database

# $1, $2: the moment and id after which the page begins. Only = < > use the index under row-level security.
WAITING = """
SELECT json_build_object(
    'refund_id', q.id, 'number', o.number, 'customer_name', c.name,
    'amount', orders.money(q.amount_minor, q.currency),
    'refundable', (
        SELECT orders.money(coalesce(sum(p.captured_minor - p.refunded_minor), 0)::bigint, q.currency)
        FROM orders.payments AS p WHERE p.tenant_id = o.tenant_id AND p.order_id = o.id),
    'lines', (
        SELECT coalesce(json_agg(json_build_object(
            'sku', l.sku, 'quantity', l.quantity,
            'amount', orders.money(l.amount_minor, q.currency)) ORDER BY l.sku), '[]')
        FROM orders.refund_lines AS l WHERE l.tenant_id = q.tenant_id AND l.request_id = q.id),
    'reason', q.reason, 'note', q.note, 'requested_by', q.requested_by, 'requested_at', q.requested_at,
    'expires_at', q.expires_at)
FROM (
    SELECT * FROM orders.refund_requests
    WHERE status = 'requested' AND expires_at >= $1 AND (expires_at, id) > ($1, $2::uuid)
    ORDER BY expires_at, id
    LIMIT $3
) AS q
JOIN orders.orders AS o ON o.tenant_id = q.tenant_id AND o.id = q.order_id
JOIN orders.customers AS c ON c.tenant_id = o.tenant_id AND c.id = o.customer_id
ORDER BY q.expires_at, q.id
"""
ORDER_OF_REFUND = "SELECT order_id FROM orders.refund_requests WHERE id = $1"
_FIRST = UUID(int=0)


class ApprovalQueries:
    """`ApprovalReader` on Postgres."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def waiting_refunds(self, now: datetime, count: int, after: CursorKey | None) -> list[WaitingRefund]:
        since, last = (datetime.fromisoformat(after[0]), UUID(after[1])) if after else (now, _FIRST)
        # A request that expired since the previous page is not shown.
        since, last = (since, last) if since >= now else (now, _FIRST)
        rows = await self._database.fetch(WAITING, since, last, count)
        return [WaitingRefund.model_validate_json(row[0]) for row in rows]

    async def order_of_refund(self, refund_id: str) -> UUID | None:
        found: UUID | None = await self._database.fetchval(ORDER_OF_REFUND, UUID(refund_id))
        return found
