"""The statements of the sales report, by index-only scans of a covering index.

Parameters: $1 and $2 the period, $3 currency, $4 the most groups, $5 whether the largest come first, $6 and $7 the
compared period, $8 the most rows; for days, weeks and months $9 and $10: when each of them starts, in both periods.
A group has one row per currency, and is shown with all of them or not at all.
"""

from orders_mcp.models.sales import SalesGrouping

_COUNTED = "o.status NOT IN ('draft', 'cancelled') AND ($3::text IS NULL OR o.currency = $3)"
_NOW = f"{_COUNTED} AND o.placed_at >= $1 AND o.placed_at < $2"
_BEFORE = f"{_COUNTED} AND o.placed_at >= $6::timestamptz AND o.placed_at < $7::timestamptz"

# A refund is never older than its order, so refunds from before the period are skipped.
_SOLD = f"""
    SELECT {{key}} AS key, o.currency, true AS now, o.subtotal_minor AS items, o.discount_minor AS discount,
        o.shipping_fee_minor AS shipping, o.tax_minor AS tax, 0::bigint AS refunded
    FROM orders.orders AS o WHERE {_NOW}
    UNION ALL
    SELECT {{key_before}}, o.currency, false, o.subtotal_minor, o.discount_minor, o.shipping_fee_minor, o.tax_minor, 0
    FROM orders.orders AS o WHERE {_BEFORE}
    UNION ALL
    SELECT {{key}}, o.currency, NULL, 0, 0, 0, 0, r.amount_minor
    FROM orders.refunds AS r
    JOIN orders.orders AS o ON o.tenant_id = r.tenant_id AND o.id = r.order_id
    WHERE r.created_at >= $1 AND r.status <> 'failed' AND {_NOW}
"""
_SUMS = """
        count(*) FILTER (WHERE now) AS orders, count(*) FILTER (WHERE NOT now) AS orders_before,
        coalesce(sum(items) FILTER (WHERE now), 0)::bigint AS items,
        coalesce(sum(items) FILTER (WHERE NOT now), 0)::bigint AS items_before,
        coalesce(sum(discount) FILTER (WHERE now), 0)::bigint AS discount,
        coalesce(sum(shipping) FILTER (WHERE now), 0)::bigint AS shipping,
        coalesce(sum(tax) FILTER (WHERE now), 0)::bigint AS tax,
        coalesce(sum(items - discount + shipping + tax) FILTER (WHERE now), 0)::bigint AS gross,
        coalesce(sum(items - discount + shipping + tax) FILTER (WHERE NOT now), 0)::bigint AS gross_before,
        coalesce(sum(refunded), 0)::bigint AS refunded"""

_BY_KEY = f"""
    SELECT key, currency, GROUPING(key) = 1 AS is_total, NULL::bigint AS units, NULL::bigint AS units_before,{_SUMS}
    FROM ({_SOLD}) AS sold
    GROUP BY GROUPING SETS ((key, currency), (currency))
"""

# An order has one line per product, so lines are orders.
_BY_PRODUCT = f"""
    WITH by_product AS (
        SELECT sku AS key, currency, false AS is_total,
            coalesce(sum(quantity) FILTER (WHERE now), 0)::bigint AS units,
            coalesce(sum(quantity) FILTER (WHERE NOT now), 0)::bigint AS units_before,
            count(*) FILTER (WHERE now) AS orders, count(*) FILTER (WHERE NOT now) AS orders_before,
            coalesce(sum(items) FILTER (WHERE now), 0)::bigint AS items,
            coalesce(sum(items) FILTER (WHERE NOT now), 0)::bigint AS items_before
        FROM (
            SELECT i.sku, o.currency, true AS now, i.quantity, i.total_minor AS items
            FROM orders.orders AS o
            JOIN orders.order_items AS i ON i.tenant_id = o.tenant_id AND i.order_id = o.id WHERE {_NOW}
            UNION ALL
            SELECT i.sku, o.currency, false, i.quantity, i.total_minor
            FROM orders.orders AS o
            JOIN orders.order_items AS i ON i.tenant_id = o.tenant_id AND i.order_id = o.id WHERE {_BEFORE}
        ) AS lines
        GROUP BY sku, currency
    )
    SELECT NULL AS key, sold.currency, true AS is_total,
        (SELECT sum(p.units) FROM by_product AS p WHERE p.currency = sold.currency)::bigint AS units,
        (SELECT sum(p.units_before) FROM by_product AS p WHERE p.currency = sold.currency)::bigint AS units_before,
        {_SUMS}
    FROM ({_SOLD.format(key="NULL", key_before="NULL")}) AS sold
    GROUP BY sold.currency
    UNION ALL
    SELECT key, currency, is_total, units, units_before, orders, orders_before, items, items_before, 0, 0, 0, 0, 0, 0
    FROM by_product
"""

_RANKED = """
SELECT *, {label} AS label, {name} AS name
FROM (
    SELECT *, row_number() OVER (ORDER BY is_total DESC, {rank}, key, currency) AS place,
        count(*) OVER (ORDER BY is_total DESC, {rank}, key) AS rows_so_far,
        dense_rank() OVER (PARTITION BY is_total ORDER BY {rank}, key) AS group_place
    FROM (
        SELECT *, count(*) FILTER (WHERE is_total) OVER () AS currencies,
            dense_rank() OVER (PARTITION BY is_total ORDER BY key)
                + dense_rank() OVER (PARTITION BY is_total ORDER BY key DESC) - 1 AS found,
            sum(units) OVER (PARTITION BY is_total, key)::bigint AS all_units,
            sum(orders) OVER (PARTITION BY is_total, key)::bigint AS all_orders
        FROM ({figures}) AS figures
        WHERE {kept}
    ) AS counted
) AS ranked
WHERE is_total OR (group_place <= $4 AND rows_so_far <= $8 + currencies)
ORDER BY place
"""
# Amounts of several currencies cannot be compared; orders and units can be added.
_LARGEST = """CASE WHEN $5::boolean AND NOT is_total AND currencies = 1 THEN gross END DESC NULLS LAST,
        CASE WHEN $5 AND NOT is_total THEN all_orders END DESC NULLS LAST"""


def _by(key: str, label: str = "key") -> str:
    figures = _BY_KEY.format(key=key, key_before=key)
    return _RANKED.format(figures=figures, rank=_LARGEST, label=label, name="NULL", kept="true")


_BY_TIME = _RANKED.format(
    figures=_BY_KEY.format(
        key="width_bucket(o.placed_at, $9::timestamptz[]) - 1",
        key_before="width_bucket(o.placed_at, $10::timestamptz[]) - 1",
    ),
    rank=_LARGEST,
    label="NULL",
    name="NULL",
    kept="is_total OR key < cardinality($9)",
)
SALES: dict[SalesGrouping, str] = {
    "day": _BY_TIME,
    "week": _BY_TIME,
    "month": _BY_TIME,
    "region": _by("o.region"),
    "channel": _by("coalesce(o.channel, 'unknown')"),
    "customer": _by("o.customer_id", "(SELECT c.email FROM orders.customers AS c WHERE c.id = ranked.key)"),
    "product": _RANKED.format(
        figures=_BY_PRODUCT,
        rank="CASE WHEN $5::boolean AND NOT is_total THEN all_units END DESC NULLS LAST",
        label="key",
        name="(SELECT p.name FROM orders.products AS p WHERE p.sku = ranked.key)",
        kept="true",
    ),
}
