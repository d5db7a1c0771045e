"""Figures over many orders."""

from collections.abc import Sequence
from typing import Protocol

from orders_mcp.models.report_days import ReportDays
from orders_mcp.models.reports import RefundGrouping, RefundRow
from orders_mcp.models.sales import SalesFigures, SalesQuery


class Reports(Protocol):
    """Reports over orders placed on certain days, without drafts and cancelled orders."""

    async def sales(self, query: SalesQuery) -> SalesFigures:
        """Sales by group and currency.

        Days, weeks, months, regions and channels are sorted by name, unless the query ranks them; products by units;
        customers by amount, or by orders where there are several currencies.
        """
        ...

    async def currencies(self) -> Sequence[str]:
        """The currencies that orders have, sorted."""
        ...

    async def refund_rates(self, days: ReportDays, group_by: RefundGrouping) -> Sequence[RefundRow]:
        """Refunds by group and currency."""
        ...
