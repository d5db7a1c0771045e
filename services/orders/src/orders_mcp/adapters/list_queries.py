"""Queries for the lists of returns, refunds and parcels. LIMIT applies before the join with orders and customers."""

from datetime import date

from orders_mcp.adapters.references import cursor_values
from orders_mcp.adapters.refund_documents import REFUND_STATUS
from orders_mcp.adapters.return_document import RETURN_LINES
from orders_mcp.models.days import Period
from orders_mcp.models.lists import ListedRefund, ListedReturn, ListedShipment, ParcelState
from orders_mcp.models.refund_requests import RefundRequestStatus
from orders_mcp.models.returns import ReturnStatus
from servicekit.schema import CursorKey
from servicekit.storage.postgres.database import Database
from servicekit.storage.where_clause import WhereClause

_OF_ORDERS = """
) AS r
JOIN orders.orders AS o ON o.tenant_id = r.tenant_id AND o.id = r.order_id
JOIN orders.customers AS c ON c.tenant_id = o.tenant_id AND c.id = o.customer_id
ORDER BY
"""
_RETURN = f"""
SELECT json_build_object(
    'id', r.id, 'number', o.number, 'customer_name', c.name, 'status', r.status, 'reason', r.reason, 'note', r.note,
    'location', r.location, 'requested_at', r.requested_at, 'status_at', r.status_at, 'lines', ({RETURN_LINES}))
FROM (SELECT * FROM orders.returns
"""
_SHIPMENT = """
SELECT json_build_object(
    'id', r.id, 'number', o.number, 'customer_name', c.name, 'status', r.status, 'carrier', r.carrier,
    'tracking_number', r.tracking_number, 'shipped_at', r.shipped_at, 'expected_on', r.expected_on,
    'delivered_at', r.delivered_at)
FROM (SELECT * FROM orders.shipments
"""
_REFUND = """
SELECT json_build_object(
    'id', r.id, 'number', o.number, 'customer_name', c.name, 'status', r.status,
    'amount', orders.money(r.amount_minor, r.currency), 'reason', r.reason, 'note', r.note, 'at', r.at,
    'requested_by', r.requested_by, 'decided_by', r.decided_by)
FROM (
"""
_REQUESTS = f"""
SELECT tenant_id, order_id, id, amount_minor, currency, reason, note, state_at AS at, requested_by, decided_by,
    {REFUND_STATUS} AS status
FROM orders.refund_requests
"""
# The money of a cancelled order, and refunds from before there were requests.
_WITHOUT_REQUEST = """
SELECT tenant_id, order_id, id, amount_minor, currency, reason, note, created_at, NULL, NULL, 'refunded'
FROM orders.refunds
"""
_STATES: dict[RefundRequestStatus, tuple[str, str]] = {
    "requested": ("requested", " AND expires_at >= clock_timestamp()"),
    "expired": ("requested", " AND expires_at < clock_timestamp()"),
    "refunded": ("refunded", ""),
    "declined": ("declined", " AND decided_by <> requested_by"),
    "withdrawn": ("declined", " AND decided_by = requested_by"),
}


def _in_days(conditions: WhereClause, column: str, days: Period, after: CursorKey | None) -> None:
    if days.first:
        conditions.add(f"{column} >= {{}}", days.first)
    if days.end:
        conditions.add(f"{column} < {{}}", days.end)
    if after:
        conditions.add(f"({column}, id) < ({{}}, {{}})", *cursor_values(after))


def _latest(column: str, limit: str) -> str:
    return f" ORDER BY {column} DESC, id DESC LIMIT {limit}"


def returns_statement(
    status: ReturnStatus | None, days: Period, count: int, after: CursorKey | None
) -> tuple[str, list[object]]:
    """SQL and arguments of the list of returns."""
    conditions, column = WhereClause(), "status_at" if status else "requested_at"
    if status:
        conditions.add("status = {}", status)
    _in_days(conditions, column, days, after)
    page = _latest(column, conditions.bind(count))
    return "".join((_RETURN, conditions.where(), page, _OF_ORDERS, f"r.{column} DESC, r.id DESC")), conditions.values


def shipments_statement(
    state: ParcelState | None, days: Period, today: date, count: int, after: CursorKey | None
) -> tuple[str, list[object]]:
    """SQL and arguments of the list of parcels."""
    conditions = WhereClause()
    if state:
        conditions.add("status = {}", "in_transit" if state == "late" else state)
    if state == "late":
        conditions.add("expected_on < {}", today)
    _in_days(conditions, "shipped_at", days, after)
    where = conditions.where("shipped_at IS NOT NULL")
    page = _latest("shipped_at", conditions.bind(count))
    return "".join((_SHIPMENT, where, page, _OF_ORDERS, "r.shipped_at DESC, r.id DESC")), conditions.values


def refunds_statement(
    status: RefundRequestStatus | None, days: Period, count: int, after: CursorKey | None
) -> tuple[str, list[object]]:
    """SQL and arguments of the list of refunds: of requests, and of refunds without one."""
    requests = WhereClause()
    if status:
        stored, more = _STATES[status]
        requests.add(f"status = {{}}{more}", stored)
    _in_days(requests, "state_at", days, after)
    limit = requests.bind(count)
    parts = [_REFUND, "(", _REQUESTS, requests.where(), _latest("state_at", limit), ")"]
    if status in (None, "refunded"):
        others = WhereClause(*requests.values)
        _in_days(others, "created_at", days, after)
        where = others.where("request_id IS NULL AND status <> 'failed'")
        parts += [" UNION ALL (", _WITHOUT_REQUEST, where, _latest("created_at", limit), ")", _latest("at", limit)]
        requests = others
    parts += [_OF_ORDERS, "r.at DESC, r.id DESC"]
    return "".join(parts), requests.values


class ListQueries:
    """`ListReader` on Postgres."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def returns(
        self, status: ReturnStatus | None, days: Period, count: int, after: CursorKey | None
    ) -> list[ListedReturn]:
        statement, values = returns_statement(status, days, count, after)
        return [ListedReturn.model_validate_json(row[0]) for row in await self._database.fetch(statement, *values)]

    async def refunds(
        self, status: RefundRequestStatus | None, days: Period, count: int, after: CursorKey | None
    ) -> list[ListedRefund]:
        statement, values = refunds_statement(status, days, count, after)
        return [ListedRefund.model_validate_json(row[0]) for row in await self._database.fetch(statement, *values)]

    async def shipments(
        self, state: ParcelState | None, days: Period, today: date, count: int, after: CursorKey | None
    ) -> list[ListedShipment]:
        statement, values = shipments_statement(state, days, today, count, after)
        return [ListedShipment.model_validate_json(row[0]) for row in await self._database.fetch(statement, *values)]
