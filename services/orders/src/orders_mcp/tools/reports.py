"""Report tools."""

from datetime import date

from orders_mcp.models.identifiers import FirstDay, LastDay
from orders_mcp.models.money import Currency
from orders_mcp.models.reports import (
    InvalidPeriod,
    RefundGrouping,
    RefundRates,
    SalesGrouping,
    SalesSummary,
    check_period,
)
from orders_mcp.ports import Reports
from orders_mcp.tools.lookups import require_currency
from servicekit.core import Refused

_MAX_ROWS = 300


class ReportTools:
    def __init__(self, reports: Reports) -> None:
        self._reports = reports

    async def sales_summary(
        self, from_day: FirstDay, to_day: LastDay, group_by: SalesGrouping = "day", currency: Currency | None = None
    ) -> SalesSummary:
        """Sum orders and sales of a period (at most 366 days) by day, week, month, product or region.

        Excludes drafts and cancelled orders; refunds are not deducted (see refund_rate). Each currency has its own
        rows: never add them. If `more` is true, give `currency` or a shorter period.
        """
        _check(from_day, to_day)
        figures = await self._reports.sales(from_day, to_day, group_by, currency, _MAX_ROWS)
        if currency is not None and not figures.totals:
            await require_currency(self._reports, currency)
        return SalesSummary(
            from_day=from_day,
            to_day=to_day,
            group_by=group_by,
            totals=figures.totals,
            rows=figures.rows,
            more=figures.more,
        )

    async def refund_rate(self, from_day: FirstDay, to_day: LastDay, group_by: RefundGrouping = "total") -> RefundRates:
        """Share of the orders placed in a period (at most 366 days) that were refunded, fully or partly.

        By count and by amount, per currency. Excludes drafts and cancelled orders.
        """
        _check(from_day, to_day)
        rows = await self._reports.refund_rates(from_day, to_day, group_by)
        return RefundRates(from_day=from_day, to_day=to_day, group_by=group_by, rows=list(rows))


def _check(from_day: date, to_day: date) -> None:
    try:
        check_period(from_day, to_day)
    except InvalidPeriod as problem:
        raise Refused(str(problem)) from None
