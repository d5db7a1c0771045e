"""Lists of returns, refunds and parcels."""

from collections.abc import Sequence
from datetime import date
from typing import Protocol

from orders_mcp.models.days import Period
from orders_mcp.models.lists import ListedRefund, ListedReturn, ListedShipment, ParcelState
from orders_mcp.models.refund_requests import RefundRequestStatus
from orders_mcp.models.returns import ReturnStatus
from servicekit.schema import CursorKey


class ListReader(Protocol):
    """Lists, the latest first. `after` is (moment in ISO 8601, id) of the previous page's last."""

    async def returns(
        self, status: ReturnStatus | None, days: Period, count: int, after: CursorKey | None
    ) -> Sequence[ListedReturn]:
        """At most `count` returns that got the status in those days; without it, that were requested then."""
        ...

    async def refunds(
        self, status: RefundRequestStatus | None, days: Period, count: int, after: CursorKey | None
    ) -> Sequence[ListedRefund]:
        """At most `count` refunds that got their status in those days."""
        ...

    async def shipments(
        self, state: ParcelState | None, days: Period, today: date, count: int, after: CursorKey | None
    ) -> Sequence[ListedShipment]:
        """At most `count` parcels that were sent in those days."""
        ...
