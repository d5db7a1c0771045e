"""Conditions of an order search."""

from dataclasses import dataclass

from orders_mcp.models.days import ANY_TIME, Period
from orders_mcp.models.search import Query
from orders_mcp.models.statuses import OrderStatus


@dataclass(frozen=True, slots=True)
class TotalRange:
    """A range of order totals in minor units of one currency, inclusive."""

    currency: str
    minimum: int | None = None
    maximum: int | None = None


@dataclass(frozen=True, slots=True)
class OrderFilter:
    """Conditions of an order search; all must hold."""

    statuses: tuple[OrderStatus, ...] = ()
    placed: Period = ANY_TIME
    total_range: TotalRange | None = None
    query: Query | None = None
