"""Order search: one statement per combination of filters, each answered from an index under row-level security.

Operators that are not leakproof (LIKE, trigrams, full text) cannot use an index below a security policy, so matching
uses `=`, `<` and `>=` on columns in byte order (docs/decisions/0003).
"""

from uuid import UUID

from orders_mcp.adapters.references import CustomerKey, cursor_values, customer_key
from orders_mcp.adapters.text_matches import TextMatches, bind_ranges, with_all
from orders_mcp.models.orders import OrderSummary
from orders_mcp.models.statuses import OrderStatus
from orders_mcp.ports.search import FEW, OrderFilter, TextFilter, TotalRange
from servicekit.schema import CursorKey
from servicekit.storage.where_clause import WhereClause

_DELIVERY = """
SELECT string_agg(concat_ws(', ',
    replace(s.status, '_', ' ') || ' with ' || concat_ws(' ', s.carrier, s.tracking_number),
    CASE WHEN s.delivered_at IS NULL THEN to_char(s.expected_on, '"expected "YYYY-MM-DD')
        ELSE to_char(s.delivered_at AT TIME ZONE 'UTC', '"on "YYYY-MM-DD') END), '; ' ORDER BY s.shipped_at, s.id)
FROM orders.shipments AS s WHERE s.tenant_id = c.tenant_id AND s.order_id = o.id
"""
_SUMMARY = f"""
json_build_object(
    'id', o.id, 'number', o.number, 'status', o.status, 'placed_at', o.placed_at,
    'total', orders.money(o.total_minor, o.currency), 'delivery', ({_DELIVERY}),
    'customer_id', c.id, 'customer_email', c.email, 'customer_name', c.name)
"""
# LIMIT applies before the join with customers.
_FOUND = """
    SELECT tenant_id, id, number, status, placed_at, total_minor, currency, currency_total, customer_id
    FROM {} AS o
"""
_PAGE = """
    ORDER BY {} DESC, id DESC
    LIMIT
"""
_WITH_CUSTOMER = """
) AS o
JOIN orders.customers AS c ON c.tenant_id = o.tenant_id AND c.id = o.customer_id
ORDER BY o.{} DESC, o.id DESC
"""
# Free text starts from the matching records, or scans orders by time and looks each one up. The number of matches
# decides; it was counted before, since statistics cannot estimate it for several words.
# OFFSET 0 keeps ORDER BY and LIMIT out of the subquery, where they would make a scan by time look cheap, and keeps an
# EXISTS a look-up per order. As a join, the planner could reverse the scan or read the whole set.
# ARRAY makes the planner read the index of the subquery first.
_FROM_MATCHES = "(SELECT * FROM orders.orders WHERE {} OFFSET 0)"
_NUMBER_RANGE = "id = ANY (ARRAY(SELECT n.id FROM orders.orders AS n WHERE n.number >= {} AND n.number <= {}))"
_OF_MATCHING = "{key} = ANY (ARRAY({matches}))"
_HAS_TERM = """EXISTS (SELECT FROM orders.{table} AS t
WHERE t.term >= {first} AND t.term <= {last} AND t.tenant_id = o.tenant_id AND t.{key} = o.{own} OFFSET 0)"""
_OF_PRODUCTS = "id = ANY (ARRAY(SELECT i.order_id FROM orders.order_items AS i WHERE i.sku = ANY ({})))"
_HAS_PRODUCT = """EXISTS (SELECT FROM orders.order_items AS i
WHERE i.tenant_id = o.tenant_id AND i.order_id = o.id AND i.sku = ANY ({}) OFFSET 0)"""
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


def search_statement(
    filters: OrderFilter, text: TextFilter, count: int, after: CursorKey | None
) -> tuple[str, list[object]]:
    """SQL and arguments of a search. The text depends only on which filters are set, so statements can be prepared."""
    conditions = WhereClause()
    if len(filters.statuses) == 1:
        conditions.add("status = {}", filters.statuses[0])
    elif filters.statuses:
        conditions.add("status = ANY ({})", list(filters.statuses))
    if filters.placed.first:
        conditions.add("placed_at >= {}", filters.placed.first)
    if filters.placed.end:
        conditions.add("placed_at < {}", filters.placed.end)
    if filters.total_range:
        _add_total_range(conditions, filters.total_range)
    starts, look_ups = _of_text(conditions, text)
    ranked = filters.total_range if filters.largest else None
    if after and ranked:
        last = _currency_total(ranked.currency, after[0])
        conditions.add("currency_total <= {} AND (currency_total, id) < ({}, {})", last, last, UUID(after[1]))
    elif after:
        conditions.add("(placed_at, id) < ({}, {})", *cursor_values(after))
    column = "currency_total" if ranked else "placed_at"
    source = _FROM_MATCHES.format(" AND ".join(starts)) if starts else "orders.orders"
    page = _PAGE.format(column) + conditions.bind(count)
    found = (_FOUND.format(source), conditions.where(*look_ups), page)
    return "".join(("SELECT", _SUMMARY, "FROM (", *found, _WITH_CUSTOMER.format(column))), conditions.values


def _currency_total(currency: str, amount_minor: int) -> str:
    """The value of the column `currency_total`."""
    return f"{currency}{amount_minor:019d}"


def _add_total_range(conditions: WhereClause, total_range: TotalRange) -> None:
    minimum = 0 if total_range.minimum is None else total_range.minimum
    maximum = _MAX_TOTAL if total_range.maximum is None else total_range.maximum
    bounds = (_currency_total(total_range.currency, amount) for amount in (minimum, maximum))
    conditions.add("currency_total >= {} AND currency_total <= {}", *bounds)


def _of_text(conditions: WhereClause, text: TextFilter) -> tuple[list[str], list[str]]:
    """Conditions to start the search from, of which each matches few orders, and conditions to look up per order."""
    starts: list[str] = []
    look_ups: list[str] = []
    if text.numbers:
        starts.append(_NUMBER_RANGE.format(*map(conditions.bind, text.numbers)))
    if text.order_ids:
        starts.append(f"id = ANY ({conditions.bind(list(text.order_ids))}::uuid[])")
    for terms, table, key, own in (
        (text.buyers, "customer_terms", "customer_id", "customer_id"),
        (text.addresses, "order_terms", "order_id", "id"),
    ):
        if terms is None:
            continue
        ranges = bind_ranges(conditions, terms.prefixes)
        if terms.count <= FEW and not starts:
            starts.append(_OF_MATCHING.format(key=own, matches=with_all(ranges, table, key)))
        else:
            look_ups += [_HAS_TERM.format(table=table, key=key, own=own, **one) for one in ranges]
    if text.products:
        skus = conditions.bind(list(text.products.skus))
        if text.products.count <= FEW and not starts:
            starts.append(_OF_PRODUCTS.format(skus))
        else:
            look_ups.append(_HAS_PRODUCT.format(skus))
    return starts, look_ups


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
    page = _PAGE.format("placed_at") + conditions.bind(count)
    parts = (*record, _OF_CUSTOMER, conditions.where(), page, _ONE_CUSTOMER[key])
    return "".join(parts), conditions.values


class OrderSearch(TextMatches):
    """`OrderFinder` and `CustomerReader.orders_of_customer`."""

    async def search(self, filters: OrderFilter, count: int, after: CursorKey | None) -> list[OrderSummary]:
        found: dict[UUID, OrderSummary] = {}
        for text in filters.texts:
            statement, values = search_statement(filters, text, count, after)
            rows = await self._database.fetch(statement, *values)
            found.update((order.id, order) for order in (OrderSummary.model_validate_json(row[0]) for row in rows))
        if filters.largest:
            return sorted(found.values(), key=lambda order: (order.total.amount_minor, order.id), reverse=True)[:count]
        return sorted(found.values(), key=lambda order: (order.placed_at, order.id), reverse=True)[:count]

    async def orders_of_customer(
        self, reference: str, status: OrderStatus | None, count: int, after: CursorKey | None
    ) -> list[OrderSummary] | None:
        statement, values = customer_statement(reference, status, count, after)
        rows = await self._database.fetch(statement, *values)
        if not rows:
            return None
        return [OrderSummary.model_validate_json(row[0]) for row in rows if row[0] is not None]
