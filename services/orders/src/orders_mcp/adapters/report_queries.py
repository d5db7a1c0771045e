"""Sales and refund reports on Postgres."""

from typing import Any

from asyncpg import Record

from orders_mcp.adapters.sales_statements import SALES
from orders_mcp.models.report_days import ReportDays
from orders_mcp.models.reports import RefundGrouping, RefundRow, percent
from orders_mcp.models.sales import BUCKETS, SalesFigures, SalesQuery, SalesRow, SalesTotal, change_percent
from servicekit.storage.postgres.database import Database

# A refund is never older than its order, so refunds from before the period are skipped.
_REFUNDS = """
WITH refunded AS (
    SELECT order_id, sum(amount_minor) AS amount_minor
    FROM orders.refunds
    WHERE created_at >= $1 AND status <> 'failed'
    GROUP BY order_id
)
SELECT bucket AS label, currency, count(*) AS orders, count(refunded_minor) AS refunded_orders,
    sum(total_minor)::bigint AS gross_minor, coalesce(sum(refunded_minor), 0)::bigint AS refunded_minor
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
# $3: when each month starts.
REFUNDS: dict[RefundGrouping, str] = {
    "total": _REFUNDS.format(bucket="'total'"),
    "month": _REFUNDS.format(bucket="width_bucket(o.placed_at, $3::timestamptz[]) - 1"),
    "region": _REFUNDS.format(bucket="o.region"),
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


def sales_statement(query: SalesQuery) -> tuple[str, list[Any]]:
    """The statement of a sales report, and its values."""
    now, before = query.periods
    values = [
        now.first, now.end, query.currency, query.count, query.is_ranked, before.first, before.end, query.most_rows
    ]  # fmt: skip
    return SALES[query.group_by], [*values, *query.instants] if query.group_by in BUCKETS else values


class ReportQueries:
    """`Reports` on Postgres."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def sales(self, query: SalesQuery) -> SalesFigures:
        statement, values = sales_statement(query)
        rows = await self._database.fetch(statement, *values)
        totals = [_total(query, row) for row in rows if row["is_total"]]
        labels = query.labels
        found = [row for row in rows if not row["is_total"]]
        groups = [_group(query, row, *labels) for row in found]
        left_out = found[-1]["found"] - len({row["key"] for row in found}) if found else 0
        return SalesFigures(totals, groups, left_out)

    async def currencies(self) -> list[str]:
        return [row[0] for row in await self._database.fetch(CURRENCIES)]

    async def refund_rates(self, days: ReportDays, group_by: RefundGrouping) -> list[RefundRow]:
        values = [days.period.first, days.period.end]
        by_month = group_by == "month"
        rows = await self._database.fetch(REFUNDS[group_by], *values, *([days.instants("month")] if by_month else []))
        labels = days.labels("month")
        return [
            RefundRow(
                group=labels[row["label"]] if by_month else row["label"],
                currency=row["currency"],
                orders=row["orders"],
                refunded_orders=row["refunded_orders"],
                order_rate_percent=percent(row["refunded_orders"], row["orders"]),
                gross_minor=row["gross_minor"],
                refunded_minor=row["refunded_minor"],
                amount_rate_percent=percent(row["refunded_minor"], row["gross_minor"]),
            )
            for row in rows
        ]


def _total(query: SalesQuery, row: Record) -> SalesTotal:
    compared: dict[str, Any] = {}
    if query.compare_to:
        compared = {
            "orders_before": row["orders_before"],
            "units_before": row["units_before"],
            "items_before_minor": row["items_before"],
            "gross_before_minor": row["gross_before"],
            "change_percent": change_percent(row["gross"], row["gross_before"]),
        }
    return SalesTotal(
        currency=row["currency"],
        orders=row["orders"],
        units=row["units"],
        items_minor=row["items"],
        discount_minor=row["discount"],
        shipping_minor=row["shipping"],
        tax_minor=row["tax"],
        gross_minor=row["gross"],
        net_minor=row["gross"] - row["tax"],
        refunded_minor=row["refunded"],
        after_refunds_minor=row["gross"] - row["refunded"],
        **compared,
    )


def _group(query: SalesQuery, row: Record, labels: list[str], labels_before: list[str]) -> SalesRow:
    place = row["key"] if labels else 0
    by_product = query.group_by == "product"
    lead = "items" if by_product else "gross"
    figures: dict[str, Any] = {f"{lead}_minor": row[lead]}
    if by_product:
        figures |= {"name": row["name"], "units": row["units"]}
    else:
        figures |= {
            "net_minor": row["gross"] - row["tax"],
            "after_refunds_minor": row["gross"] - row["refunded"],
        }
    if query.compare_to:
        figures |= {
            "orders_before": row["orders_before"],
            "units_before": row["units_before"],
            "group_before": labels_before[place] if place < len(labels_before) else None,
            f"{lead}_before_minor": row[f"{lead}_before"],
            "change_percent": change_percent(row[lead], row[f"{lead}_before"]),
        }
    if query.is_ranked and row["currencies"] > 1:
        figures["ranked_total"] = row["all_units"] if by_product else row["all_orders"]
    group = labels[place] if labels else row["label"]
    return SalesRow(group=group, currency=row["currency"], orders=row["orders"], **figures)
