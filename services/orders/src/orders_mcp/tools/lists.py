"""Lists of returns, refunds and parcels by day and state."""

from collections.abc import Callable
from datetime import datetime

from orders_mcp.models.days import ANY_TIME, DayZone, Period, period
from orders_mcp.models.identifiers import FirstDay, LastDay
from orders_mcp.models.lists import ListedRefund, ListedReturn, ListedShipment, ParcelState
from orders_mcp.models.refund_requests import RefundRequestStatus
from orders_mcp.models.returns import ReturnStatus
from orders_mcp.ports.orders import Orders
from orders_mcp.tools.clock import utc_now
from orders_mcp.tools.time_zones import zone_of
from servicekit.core import Refused
from servicekit.schema import CursorKey, Limit, Page


class ListTools:
    """Lists, the latest first. `now` is the clock by which parcels are late."""

    def __init__(self, orders: Orders, now: Callable[[], datetime] = utc_now) -> None:
        self._orders = orders
        self._now = now

    async def list_returns(
        self,
        status: ReturnStatus | None = None,
        from_day: FirstDay | None = None,
        to_day: LastDay | None = None,
        time_zone: DayZone | None = None,
        limit: Limit = 20,
        cursor: CursorKey | None = None,
    ) -> Page[ListedReturn]:
        """Returns (RMA) of all orders: what customers send back, by day of the request or of that status."""
        days = await self._days(from_day, to_day, time_zone)
        rows = await self._orders.returns(status, days, limit + 1, cursor)
        return Page(
            rows, limit, key=lambda row: ((row.status_at if status else row.requested_at).isoformat(), str(row.id))
        )

    async def list_refunds(
        self,
        status: RefundRequestStatus | None = None,
        from_day: FirstDay | None = None,
        to_day: LastDay | None = None,
        time_zone: DayZone | None = None,
        limit: Limit = 20,
        cursor: CursorKey | None = None,
    ) -> Page[ListedRefund]:
        """Refunds of all orders: paid back, requested, declined, withdrawn or expired, by day."""
        days = await self._days(from_day, to_day, time_zone)
        rows = await self._orders.refunds(status, days, limit + 1, cursor)
        return Page(rows, limit, key=lambda row: (row.at.isoformat(), str(row.id)))

    async def list_shipments(
        self,
        status: ParcelState | None = None,
        from_day: FirstDay | None = None,
        to_day: LastDay | None = None,
        time_zone: DayZone | None = None,
        limit: Limit = 20,
        cursor: CursorKey | None = None,
    ) -> Page[ListedShipment]:
        """Parcels of all orders by day of sending: late, lost, returned, on their way, delivered."""
        days = await self._days(from_day, to_day, time_zone)
        today = self._now().astimezone(await zone_of(self._orders, time_zone)).date()
        rows = await self._orders.shipments(status, days, today, limit + 1, cursor)
        return Page(rows, limit, key=lambda row: (row.shipped_at.isoformat(), str(row.id)))

    async def _days(self, from_day: FirstDay | None, to_day: LastDay | None, time_zone: DayZone | None) -> Period:
        if from_day and to_day and to_day < from_day:
            raise Refused("to_day is before from_day. Swap them.")
        if not (from_day or to_day or time_zone):
            return ANY_TIME
        return period(from_day, to_day, await zone_of(self._orders, time_zone))
