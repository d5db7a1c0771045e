"""Report tools."""

from datetime import date, datetime, tzinfo
from typing import Annotated

from pydantic import Field

from orders_mcp.models.days import DayZone
from orders_mcp.models.identifiers import FirstDay, LastDay
from orders_mcp.models.money import Currency
from orders_mcp.models.report_days import Comparison, InvalidPeriod, ReportDays
from orders_mcp.models.reports import RefundGrouping, RefundRates
from orders_mcp.models.sales import SalesFigures, SalesGrouping, SalesQuery, SalesSummary
from orders_mcp.models.sales_csv import MOST_ROWS, as_csv, csv_uri
from orders_mcp.ports.orders import Orders
from orders_mcp.tools.lookups import require_currency
from orders_mcp.tools.time_zones import zone_of
from servicekit.core import Refused

_MOST_GROUPS = 150
Top = Annotated[int, Field(ge=1, le=300, description="Only the N largest groups.")]


class ReportTools:
    def __init__(self, orders: Orders) -> None:
        self._orders = orders

    async def sales_summary(
        self,
        from_day: FirstDay,
        to_day: LastDay,
        group_by: SalesGrouping = "day",
        compare_to: Comparison | None = None,
        currency: Currency | None = None,
        top: Top | None = None,
        time_zone: DayZone | None = None,
    ) -> SalesSummary:
        """Revenue (sales, turnover, takings, income) and number of orders over at most 366 days: how much we sold by
        day, product, customer or channel, before and after tax and refunds.

        Without drafts and cancelled orders. Never add currencies.
        """
        query = SalesQuery(
            _days(from_day, to_day, await zone_of(self._orders, time_zone)),
            group_by,
            compare_to,
            currency,
            top or _MOST_GROUPS,
            top=top is not None,
        )
        figures = await self._sales(query)
        before = query.before
        return SalesSummary(
            from_day=from_day,
            to_day=to_day,
            time_zone=str(query.days.zone),
            compared_from_day=before.first if before else None,
            compared_to_day=before.last if before else None,
            group_by=group_by,
            ranked_by=figures.ranking(query),
            totals=figures.totals,
            groups=figures.groups,
            notice=_notice(query, figures),
            whole=csv_uri(query) if figures.left_out else None,
        )

    async def sales_csv(
        self,
        from_day: FirstDay,
        to_day: LastDay,
        group_by: SalesGrouping,
        compare_to: Comparison | None = None,
        currency: Currency | None = None,
        time_zone: DayZone | None = None,
    ) -> str:
        """Every group of a sales report as CSV, for a spreadsheet; the columns are those of sales_summary."""
        days = _days(from_day, to_day, await zone_of(self._orders, time_zone))
        figures = await self._sales(SalesQuery(days, group_by, compare_to, currency, MOST_ROWS))
        if figures.left_out:
            raise Refused(
                f"The report has more than {MOST_ROWS} rows, the most of a CSV: {figures.left_out} groups do not fit. "
                "Give currency or a shorter period."
            )
        return as_csv(figures.groups)

    async def _sales(self, query: SalesQuery) -> SalesFigures:
        figures = await self._orders.sales(query)
        if query.currency is not None and not figures.totals:
            await require_currency(self._orders, query.currency)
        return figures

    async def refund_rate(
        self,
        from_day: FirstDay,
        to_day: LastDay,
        group_by: RefundGrouping = "total",
        time_zone: DayZone | None = None,
    ) -> RefundRates:
        """Share (percentage) of orders that came back and were refunded, fully or partly, by count and by amount, over
        at most 366 days, in total, by month or by region."""
        zone = await zone_of(self._orders, time_zone)
        rows = await self._orders.refund_rates(_days(from_day, to_day, zone), group_by)
        return RefundRates(from_day=from_day, to_day=to_day, time_zone=zone.key, group_by=group_by, groups=list(rows))


def _notice(query: SalesQuery, figures: SalesFigures) -> str | None:
    labels, labels_before = query.labels
    parts = []
    if figures.left_out:
        more = "raise top" if query.top else "give top"
        next_step = f"Give currency, {more}, or read all as CSV from `whole`."
        parts.append(f"{figures.left_out} more groups are not shown; the totals include them. {next_step}")
    if (longer := len(labels_before) - len(labels)) > 0:
        these = query.group_by if longer == 1 else f"{query.group_by}s"
        what = "it" if longer == 1 else "them"
        parts.append(f"The compared period has {longer} more {these}; only the totals include {what}.")
    if query.compare_to and query.days.last >= datetime.now(query.days.zone).date():
        parts.append(f"The period is not over: it ends on {query.days.last}, the compared one has all its days.")
    return " ".join(parts) or None


def _days(from_day: date, to_day: date, zone: tzinfo) -> ReportDays:
    try:
        return ReportDays(from_day, to_day, zone)
    except InvalidPeriod as problem:
        raise Refused(str(problem)) from None
