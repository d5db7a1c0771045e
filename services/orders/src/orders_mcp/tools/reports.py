"""Report tools."""

from datetime import date
from typing import Annotated

from pydantic import Field

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
from orders_mcp.ports.reports import Reports
from orders_mcp.tools.lookups import require_currency
from servicekit.core import Refused

_MOST_GROUPS = 300
Top = Annotated[
    int, Field(ge=1, le=_MOST_GROUPS, description="Only the N groups with the most orders; totals stay whole.")
]


class ReportTools:
    def __init__(self, reports: Reports) -> None:
        self._reports = reports

    async def sales_summary(
        self,
        from_day: FirstDay,
        to_day: LastDay,
        group_by: SalesGrouping = "day",
        currency: Currency | None = None,
        top: Top | None = None,
    ) -> SalesSummary:
        """Revenue (sales, turnover, takings, income) and number of orders over at most 366 days: how much we sold by
        day, week, month, product or region.

        Excludes drafts and cancelled orders; refunds are not deducted. Never add different currencies.
        """
        _check(from_day, to_day)
        figures = await self._reports.sales(
            from_day, to_day, group_by, currency, top or _MOST_GROUPS, largest_first=top is not None
        )
        if currency is not None and not figures.totals:
            await require_currency(self._reports, currency)
        return SalesSummary(
            from_day=from_day,
            to_day=to_day,
            group_by=group_by,
            totals=figures.totals,
            groups=figures.groups,
            notice=_notice(figures.left_out, top),
        )

    async def refund_rate(self, from_day: FirstDay, to_day: LastDay, group_by: RefundGrouping = "total") -> RefundRates:
        """Share (percentage) of orders that came back and were refunded, fully or partly, by count and by amount, over
        at most 366 days, in total, by month or by region."""
        _check(from_day, to_day)
        rows = await self._reports.refund_rates(from_day, to_day, group_by)
        return RefundRates(from_day=from_day, to_day=to_day, group_by=group_by, groups=list(rows))


def _notice(left_out: int, top: int | None) -> str | None:
    if not left_out:
        return None
    next_step = "Raise top for more." if top else "Give currency, top or a shorter period."
    return f"{left_out} more groups are not shown; the totals include them. {next_step}"


def _check(from_day: date, to_day: date) -> None:
    try:
        check_period(from_day, to_day)
    except InvalidPeriod as problem:
        raise Refused(str(problem)) from None
