"""Order search: one statement per combination of filters, each answered from an index under row-level security.

Operators that are not leakproof (LIKE, trigrams, full text) cannot use an index below a security policy, so matching
uses `=`, `<` and `>=` on columns in byte order (docs/decisions/0003).
"""

from collections.abc import Sequence

from orders_mcp.adapters.references import CustomerKey, cursor_values, customer_key
from orders_mcp.models.orders import OrderSummary
from orders_mcp.models.search import Query
from orders_mcp.models.statuses import OrderStatus
from orders_mcp.ports.search import OrderFilter, TotalRange
from servicekit.schema import CursorKey
from servicekit.storage.postgres.database import Database
from servicekit.storage.search_terms import LAST_CHARACTER
from servicekit.storage.where_clause import WhereClause

_SUMMARY = """
json_build_object(
    'id', o.id, 'number', o.number, 'status', o.status, 'placed_at', o.placed_at,
    'total', orders.money(o.total_minor, o.currency),
    'customer_id', c.id, 'customer_email', c.email, 'customer_name', c.name)
"""
# LIMIT applies before the join with customers.
_FOUND = """
    SELECT tenant_id, id, number, status, placed_at, total_minor, currency, customer_id
    FROM orders.orders AS o
"""
_PAGE = """
    ORDER BY placed_at DESC, id DESC
    LIMIT
"""
_WITH_CUSTOMER = """
) AS o
JOIN orders.customers AS c ON c.tenant_id = o.tenant_id AND c.id = o.customer_id
ORDER BY o.placed_at DESC, o.id DESC
"""
# ARRAY makes the planner read the index on number first. Numbers grow with time, so a scan by time looks cheap to it
# and is slow.
_NUMBER_RANGE = "id = ANY (ARRAY(SELECT n.id FROM orders.orders AS n WHERE n.number >= {} AND n.number <= {}))"

# Free text has two plans: start from the matching customers, or scan orders by time and look each customer up. The
# number of matching customers decides, and statistics cannot estimate it for several words. So the statement counts
# matches up to 5001, and one-time filters run one of the two branches.
_TERMS = "FROM orders.customer_terms AS t WHERE t.term >= {first} AND t.term <= {last}"
_MATCHES = f"SELECT t.customer_id {_TERMS}"
# OFFSET 0 keeps this a look-up per order. As a join, the planner could reverse the scan or read the whole set.
_HAS_TERM = f"EXISTS (SELECT {_TERMS} AND t.tenant_id = o.tenant_id AND t.customer_id = o.customer_id OFFSET 0)"
_FEW_MATCH = "(SELECT count(*) FROM matches) <= 5000"
# OFFSET 0 keeps ORDER BY and LIMIT out of the subquery, where they would make a scan by time look cheap.
_OF_MATCHING_CUSTOMERS = """
    SELECT tenant_id, id, number, status, placed_at, total_minor, currency, customer_id
    FROM (
        SELECT * FROM orders.orders WHERE customer_id = ANY (ARRAY(SELECT customer_id FROM matches)) OFFSET 0
    ) AS o
"""
_MANY_MATCH = "(SELECT count(*) FROM matches) > 5000"
_OF_CUSTOMER = """
FROM orders.customers AS c
LEFT JOIN LATERAL (
    SELECT id, number, status, placed_at, total_minor, currency
    FROM orders.orders AS o
"""
_ONE_CUSTOMER: dict[CustomerKey, str] = {
    "id": ") AS o ON true WHERE c.id = $1 ORDER BY o.placed_at DESC, o.id DESC",
    "email": ") AS o ON true WHERE c.email = $1 ORDER BY o.placed_at DESC, o.id DESC",
}

_MAX_TOTAL = 10**19 - 1  # the largest amount that fits the digits of `currency_total`


def search_statement(filters: OrderFilter, count: int, after: CursorKey | None) -> tuple[str, list[object]]:
    """SQL and arguments of a search. The text depends only on which filters are set, so statements can be prepared."""
    conditions = WhereClause()
    query = filters.query or Query()
    if len(filters.statuses) == 1:
        conditions.add("status = {}", filters.statuses[0])
    elif filters.statuses:
        conditions.add("status = ANY ({})", list(filters.statuses))
    if query.status:
        conditions.add("status = {}", query.status)
    if filters.placed.first:
        conditions.add("placed_at >= {}", filters.placed.first)
    if filters.placed.end:
        conditions.add("placed_at < {}", filters.placed.end)
    if filters.total_range:
        _add_total_range(conditions, filters.total_range)
    if query.numbers:
        conditions.add(_NUMBER_RANGE, *query.numbers)
    if after:
        conditions.add("(placed_at, id) < ({}, {})", *cursor_values(after))
    page = _PAGE + conditions.bind(count)
    if query.prefixes:
        parts = _by_person_terms(conditions, query.prefixes, page)
    else:
        parts = ("SELECT", _SUMMARY, "FROM (", _FOUND, conditions.where(), page, _WITH_CUSTOMER)
    return "".join(parts), conditions.values


def _add_total_range(conditions: WhereClause, total_range: TotalRange) -> None:
    minimum = 0 if total_range.minimum is None else total_range.minimum
    maximum = _MAX_TOTAL if total_range.maximum is None else total_range.maximum
    bounds = (f"{total_range.currency}{amount:019d}" for amount in (minimum, maximum))
    conditions.add("currency_total >= {} AND currency_total <= {}", *bounds)


def _by_person_terms(conditions: WhereClause, prefixes: Sequence[str], page: str) -> tuple[str, ...]:
    ranges = [
        {"first": conditions.bind(prefix), "last": conditions.bind(prefix + LAST_CHARACTER)} for prefix in prefixes
    ]
    matches = " INTERSECT ".join(_MATCHES.format(**term) for term in ranges)
    few = (_OF_MATCHING_CUSTOMERS, conditions.where(_FEW_MATCH), page)
    many = (_FOUND, conditions.where(_MANY_MATCH, *(_HAS_TERM.format(**term) for term in ranges)), page)
    return (
        "WITH matches AS MATERIALIZED (", matches, " LIMIT 5001) SELECT", _SUMMARY,
        "FROM (SELECT * FROM ((", *few, ") UNION ALL (", *many, ")) AS o", page, _WITH_CUSTOMER,
    )  # fmt: skip


def customer_statement(
    reference: str, status: OrderStatus | None, count: int, after: CursorKey | None
) -> tuple[str, list[object]]:
    """SQL and arguments for a customer's orders. No row: unknown customer; one NULL row: no orders."""
    key, value = customer_key(reference)
    conditions = WhereClause(value)
    conditions.add("o.tenant_id = c.tenant_id AND o.customer_id = c.id")
    if status:
        conditions.add("status = {}", status)
    if after:
        conditions.add("(placed_at, id) < ({}, {})", *cursor_values(after))
    record = ("SELECT CASE WHEN o.id IS NOT NULL THEN", _SUMMARY, "END")
    parts = (*record, _OF_CUSTOMER, conditions.where(), _PAGE, conditions.bind(count), _ONE_CUSTOMER[key])
    return "".join(parts), conditions.values


class OrderSearch:
    """`OrderReader.search` and `CustomerReader.orders_of_customer`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def search(self, filters: OrderFilter, count: int, after: CursorKey | None) -> list[OrderSummary]:
        statement, values = search_statement(filters, count, after)
        rows = await self._database.fetch(statement, *values)
        return [OrderSummary.model_validate_json(row[0]) for row in rows]

    async def orders_of_customer(
        self, reference: str, status: OrderStatus | None, count: int, after: CursorKey | None
    ) -> list[OrderSummary] | None:
        statement, values = customer_statement(reference, status, count, after)
        rows = await self._database.fetch(statement, *values)
        if not rows:
            return None
        return [OrderSummary.model_validate_json(row[0]) for row in rows if row[0] is not None]
