"""Explains a search without results: which filter excludes the orders that have the others."""

from dataclasses import replace

from orders_mcp.models.days import ANY_TIME
from orders_mcp.ports.search import OrderFilter, OrderFinder, TextFilter

_ANY_TEXT = (TextFilter(),)


async def excluding_filters(finder: OrderFinder, filters: OrderFilter) -> str | None:
    """A notice for a search by several filters that found nothing; None for one by a single filter."""
    without: dict[str, OrderFilter] = {}
    if filters.texts != _ANY_TEXT:
        without["query"] = replace(filters, texts=_ANY_TEXT)
    if filters.statuses:
        without["the status"] = replace(filters, statuses=())
    if filters.placed != ANY_TIME:
        without["the days"] = replace(filters, placed=ANY_TIME)
    if filters.total_range:
        without["currency and amounts"] = replace(filters, total_range=None, largest=False)
    if len(without) < 2:
        return None
    found = [name for name, fewer in without.items() if await finder.search(fewer, 1, None)]
    if not found:
        return "No order has all filters, nor all but one of them."
    return f"No order has all filters. There are some without {', or without '.join(found)}."
