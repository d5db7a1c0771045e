"""The tool that finds orders."""

from datetime import UTC
from typing import Annotated

from pydantic import Field

from orders_mcp.models.days import DayZone, period
from orders_mcp.models.identifiers import FirstDay, LastDay, SearchText
from orders_mcp.models.money import Currency, MinorUnits
from orders_mcp.models.orders import OrderSummary
from orders_mcp.models.search import Query, parse_query
from orders_mcp.models.status_words import InvalidQuery
from orders_mcp.models.statuses import OrderStatus
from orders_mcp.ports.orders import Orders
from orders_mcp.ports.search import OrderFilter, TextFilter, TotalRange
from orders_mcp.tools.empty_searches import excluding_filters
from orders_mcp.tools.lookups import require_currency
from orders_mcp.tools.text_search import read_text
from orders_mcp.tools.time_zones import zone_of
from servicekit.core import Refused
from servicekit.schema import CursorKey, Limit, Page

StatusFilter = Annotated[
    list[OrderStatus], Field(max_length=20, description="Any of these. pending: not paid yet; paid: not sent yet.")
]

Largest = Annotated[bool, Field(description="Highest totals first; needs currency.")]


def cursor_key(order: OrderSummary) -> tuple[str, str]:
    """Cursor key of an order in a list, newest first."""
    return order.placed_at.isoformat(), str(order.id)


def largest_cursor_key(order: OrderSummary) -> tuple[int, str]:
    """Cursor key of an order in a list of one currency, largest first."""
    return order.total.amount_minor, str(order.id)


class SearchTools:
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
        largest: Largest | None = None,
        time_zone: DayZone | None = None,
        limit: Limit = 20,
        cursor: CursorKey | None = None,
    ) -> Page[OrderSummary]:
        """Find or list orders (purchases): the latest, unpaid (owed, pending), paid but not sent yet, cancelled, placed
        on some days, above an amount, or by buyer, product, city, phone or tracking number.

        Newest first. For sums use sales_summary.
        """
        if from_day and to_day and to_day < from_day:
            raise Refused("to_day is before from_day. Swap them.")
        zone = await zone_of(self._orders, time_zone) if from_day or to_day or time_zone else UTC
        if largest and currency is None:
            raise Refused("largest needs currency: totals of several currencies have no order. Give one, such as EUR.")
        total_range = _total_range(currency, min_total_minor, max_total_minor)
        text = None if query is None else await read_text(self._orders, _parse(query))
        statuses = tuple(dict.fromkeys(status or ()))
        filters = OrderFilter(
            statuses=_both(statuses, text.statuses) if text else statuses,
            placed=period(from_day, to_day, zone),
            total_range=total_range,
            texts=text.texts if text else (TextFilter(),),
            largest=bool(largest),
        )
        found = await self._orders.search(filters, limit + 1, cursor)
        notices = [text.notice] if text else []
        if not found and cursor is None:
            if currency is not None:
                await require_currency(self._orders, currency)
            notices += filter(None, [await excluding_filters(self._orders, filters)])
        return Page(found, limit, key=largest_cursor_key if largest else cursor_key, notice=" ".join(notices) or None)


def _both(statuses: tuple[OrderStatus, ...], named: tuple[OrderStatus, ...]) -> tuple[OrderStatus, ...]:
    if not (statuses and named):
        return statuses or named
    if both := tuple(status for status in statuses if status in named):
        return both
    raise Refused(
        f"query was read as status={' or '.join(named)}, which excludes status={', '.join(statuses)}: no order has "
        "both. Send one of them."
    )


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


def _parse(query: str) -> Query:
    try:
        return parse_query(query)
    except InvalidQuery as problem:
        raise Refused(str(problem)) from None
