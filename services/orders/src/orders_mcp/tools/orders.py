"""Tools that search and read orders."""

from typing import Annotated

from pydantic import Field

from orders_mcp.models.errors import unknown_order
from orders_mcp.models.identifiers import FirstDay, LastDay, OrderId, SearchText
from orders_mcp.models.money import Currency, MinorUnits
from orders_mcp.models.orders import Order, OrderEvent, OrderPayments, OrderShipments, OrderStatus, OrderSummary
from orders_mcp.models.search import InvalidQuery, Query, parse_query
from orders_mcp.ports import OrderFilter, Orders, TotalRange
from orders_mcp.tools.lookups import require_currency
from servicekit.core import Refused
from servicekit.schema import CursorKey, Limit, Page

StatusFilter = Annotated[OrderStatus, Field(description="pending: not paid yet; paid: not sent yet.")]


def cursor_key(order: OrderSummary) -> tuple[str, str]:
    """Cursor key of an order in a list, newest first."""
    return order.placed_at.isoformat(), str(order.id)


class OrderTools:
    def __init__(self, orders: Orders) -> None:
        self._orders = orders

    async def search_orders(
        self,
        query: SearchText | None = None,
        status: StatusFilter | None = None,
        from_day: FirstDay | None = None,
        to_day: LastDay | None = None,
        currency: Currency | None = None,
        min_total_minor: MinorUnits | None = None,
        max_total_minor: MinorUnits | None = None,
        limit: Limit = 20,
        cursor: CursorKey | None = None,
    ) -> Page[OrderSummary]:
        """Find or list orders (purchases): the latest, unpaid (owed, pending), paid but not sent yet, cancelled, placed
        on some days, above an amount, or by a buyer's name.

        Newest first. For sums of many orders use sales_summary.
        """
        filters = OrderFilter(
            status=status,
            from_day=from_day,
            to_day=to_day,
            total_range=_total_range(currency, min_total_minor, max_total_minor),
            query=_parse(query),
        )
        if status and filters.query and filters.query.status not in (None, status):
            raise Refused(
                f"query was read as status={filters.query.status}, which excludes status={status}: no order has both. "
                "Send one of them."
            )
        if from_day and to_day and to_day < from_day:
            raise Refused("to_day is before from_day. Swap them.")
        found = await self._orders.search(filters, limit + 1, cursor)
        if not found and currency is not None and cursor is None:
            await require_currency(self._orders, currency)
        return Page(found, limit, key=cursor_key, notice=filters.query.notice if filters.query else None)

    async def get_order(self, order_id: OrderId) -> Order:
        """Details of one order: who bought what (items, quantities, prices), what it cost in total, addresses, notes,
        payments and parcels."""
        return await self._order(order_id)

    async def get_order_timeline(
        self, order_id: OrderId, limit: Limit = 50, cursor: CursorKey | None = None
    ) -> Page[OrderEvent]:
        """History (event log, timeline) of one order: what happened since it was placed, when, and who changed, paid,
        sent, cancelled or refunded it; oldest first."""
        after = cursor[0] if cursor else 0
        events = await self._orders.timeline(order_id, limit + 1, after)
        if events is None:
            raise unknown_order(order_id)
        return Page(events, limit, key=lambda event: (event.sequence,))

    async def get_payment_status(self, order_id: OrderId) -> OrderPayments:
        """Whether an order is paid: money that arrived (charged, captured), open balance (owed, outstanding), refunds
        made, and failed attempts (declined card)."""
        return OrderPayments.of(await self._order(order_id))

    async def get_shipments(self, order_id: OrderId) -> OrderShipments:
        """Where the parcels (packages) of one order are: courier, tracking number, whether they were sent or delivered,
        and when they should arrive. None before the order ships."""
        return OrderShipments.of(await self._order(order_id))

    async def _order(self, order_id: OrderId) -> Order:
        order = await self._orders.get(order_id)
        if order is None:
            raise unknown_order(order_id)
        return order


def _total_range(
    currency: Currency | None, minimum: MinorUnits | None, maximum: MinorUnits | None
) -> TotalRange | None:
    if currency is None:
        if minimum is None and maximum is None:
            return None
        raise Refused("min_total_minor and max_total_minor need currency. Give currency too, such as EUR.")
    if minimum is not None and maximum is not None and maximum < minimum:
        raise Refused("max_total_minor is below min_total_minor. Swap them.")
    return TotalRange(currency, minimum, maximum)


def _parse(query: str | None) -> Query | None:
    if query is None:
        return None
    try:
        return parse_query(query)
    except InvalidQuery as problem:
        raise Refused(str(problem)) from None
