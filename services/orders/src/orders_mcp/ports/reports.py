"""Figures over many orders."""

from collections.abc import Sequence
from datetime import date
from typing import Protocol

from orders_mcp.models.reports import RefundGrouping, RefundRow, SalesFigures, SalesGrouping


class Reports(Protocol):
    """Reports over orders placed between two UTC days (inclusive), without drafts and cancelled orders."""

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
        """Sales by group and currency, at most `count` groups.

        In time order, or with `largest_first` by number of orders; products always by units, most first.
        """
        ...

    async def currencies(self) -> Sequence[str]:
        """The currencies that orders have, sorted."""
        ...

    async def refund_rates(self, from_day: date, to_day: date, group_by: RefundGrouping) -> Sequence[RefundRow]:
        """Refunds by group and currency."""
        ...
