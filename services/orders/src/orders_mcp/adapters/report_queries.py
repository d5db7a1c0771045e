"""Sales and refund reports, by index-only scans of a covering index."""

from datetime import date

from orders_mcp.models.days import end_of, start_of
from orders_mcp.models.reports import RefundGrouping, RefundRow, SalesFigures, SalesGrouping, SalesRow, percent
from servicekit.storage.postgres.database import Database

_SALES = """
SELECT CASE WHEN GROUPING(bucket) = 1 THEN NULL ELSE {label} END AS label, currency, count(*) AS orders,
    NULL::bigint AS units, sum(total_minor)::bigint AS sales_minor, count(*) OVER () AS found
FROM (
    SELECT {bucket} AS bucket, currency,
        subtotal_minor - discount_minor + shipping_fee_minor + tax_minor AS total_minor
    FROM orders.orders
    WHERE placed_at >= $1 AND placed_at < $2 AND status NOT IN ('draft', 'cancelled')
        AND ($3::text IS NULL OR currency = $3)
) AS sold
GROUP BY GROUPING SETS ((bucket, currency), (currency))
ORDER BY GROUPING(bucket) DESC, CASE WHEN $5 THEN count(*) END DESC, {order}, currency
LIMIT $4
"""
_BY_DAY = {"label": "to_char(bucket, 'YYYY-MM-DD')", "order": "bucket"}

# An order has one line per product: counting lines gives the orders per product, counting first lines all orders.
SALES: dict[SalesGrouping, str] = {
    "day": _SALES.format(bucket="date_trunc('day', placed_at AT TIME ZONE 'UTC')", **_BY_DAY),
    "week": _SALES.format(bucket="date_trunc('week', placed_at AT TIME ZONE 'UTC')", **_BY_DAY),
    "month": _SALES.format(
        bucket="date_trunc('month', placed_at AT TIME ZONE 'UTC')", label="to_char(bucket, 'YYYY-MM')", order="bucket"
    ),
    "region": _SALES.format(bucket="region", label="bucket", order="bucket"),
    "product": """
SELECT sku AS label, currency, units, sales_minor,
    CASE WHEN sku IS NULL THEN first_lines ELSE lines END AS orders, count(*) OVER () AS found
FROM (
    SELECT i.sku, o.currency, sum(i.quantity)::bigint AS units, sum(i.total_minor)::bigint AS sales_minor,
        count(*) AS lines, count(*) FILTER (WHERE i.line = 1) AS first_lines
    FROM orders.orders AS o
    JOIN orders.order_items AS i ON i.tenant_id = o.tenant_id AND i.order_id = o.id
    WHERE o.placed_at >= $1 AND o.placed_at < $2 AND o.status NOT IN ('draft', 'cancelled')
        AND ($3::text IS NULL OR o.currency = $3)
    GROUP BY GROUPING SETS ((i.sku, o.currency), (o.currency))
) AS sold
ORDER BY sku IS NOT NULL, units DESC, CASE WHEN $5 THEN lines END DESC, sku, currency
LIMIT $4
""",
}

# A refund is never older than its order, so refunds from before the period are skipped.
_REFUNDS = """
WITH refunded AS (
    SELECT order_id, sum(amount_minor) AS amount_minor
    FROM orders.refunds
    WHERE created_at >= $1 AND status <> 'failed'
    GROUP BY order_id
)
SELECT {label} AS label, currency, count(*) AS orders, count(refunded_minor) AS refunded_orders,
    sum(total_minor)::bigint AS sales_minor, coalesce(sum(refunded_minor), 0)::bigint AS refunded_minor
FROM (
    SELECT {bucket} AS bucket, o.currency,
        o.subtotal_minor - o.discount_minor + o.shipping_fee_minor + o.tax_minor AS total_minor,
        r.amount_minor AS refunded_minor
    FROM orders.orders AS o
    LEFT JOIN refunded AS r ON r.order_id = o.id
    WHERE o.placed_at >= $1 AND o.placed_at < $2 AND o.status NOT IN ('draft', 'cancelled')
) AS sold
GROUP BY bucket, currency
ORDER BY bucket, currency
"""
REFUNDS: dict[RefundGrouping, str] = {
    "total": _REFUNDS.format(bucket="'total'", label="bucket"),
    "month": _REFUNDS.format(
        bucket="date_trunc('month', o.placed_at AT TIME ZONE 'UTC')", label="to_char(bucket, 'YYYY-MM')"
    ),
    "region": _REFUNDS.format(bucket="o.region", label="bucket"),
}


# The first order of each currency in turn, each by the index on amounts; a tilde sorts after every digit.
CURRENCIES = """
WITH RECURSIVE known AS (
    (SELECT currency, currency_total FROM orders.orders ORDER BY currency_total LIMIT 1)
    UNION ALL
    SELECT following.currency, following.currency_total FROM known
    CROSS JOIN LATERAL (
        SELECT o.currency, o.currency_total FROM orders.orders AS o
        WHERE o.currency_total > known.currency || '~' ORDER BY o.currency_total LIMIT 1
    ) AS following
)
SELECT currency FROM known
"""


class ReportQueries:
    """`Reports` on Postgres."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def sales(
        self,
        from_day: date,
        to_day: date,
        group_by: SalesGrouping,
        currency: str | None,
        count: int,
        *,
        largest_first: bool,
    ) -> SalesFigures:
        period = start_of(from_day), end_of(to_day)
        # The result includes one total row per currency; ISO 4217 has fewer than 200.
        rows = await self._database.fetch(SALES[group_by], *period, currency, count + 200, largest_first)
        figures = [
            SalesRow(
                group=row["label"] or "total",
                currency=row["currency"],
                orders=row["orders"],
                units=row["units"],
                sales_minor=row["sales_minor"],
            )
            for row in rows
        ]
        totals = sum(row["label"] is None for row in rows)
        found = rows[0]["found"] if rows else 0
        groups = figures[totals:][:count]
        return SalesFigures(figures[:totals], groups, left_out=found - totals - len(groups))

    async def currencies(self) -> list[str]:
        return [row[0] for row in await self._database.fetch(CURRENCIES)]

    async def refund_rates(self, from_day: date, to_day: date, group_by: RefundGrouping) -> list[RefundRow]:
        rows = await self._database.fetch(REFUNDS[group_by], start_of(from_day), end_of(to_day))
        return [
            RefundRow(
                group=row["label"],
                currency=row["currency"],
                orders=row["orders"],
                refunded_orders=row["refunded_orders"],
                order_rate_percent=percent(row["refunded_orders"], row["orders"]),
                sales_minor=row["sales_minor"],
                refunded_minor=row["refunded_minor"],
                amount_rate_percent=percent(row["refunded_minor"], row["sales_minor"]),
            )
            for row in rows
        ]
