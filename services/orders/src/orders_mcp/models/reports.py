"""Figures over a period. Days are UTC days, both ends included; currencies are never added together."""

from datetime import date
from typing import Literal

from orders_mcp.models.money import Money
from servicekit.schema.record import Record

SalesGrouping = Literal["day", "week", "month", "product", "region"]
RefundGrouping = Literal["total", "month", "region"]
MAX_PERIOD_DAYS = 366


class InvalidPeriod(ValueError):
    """A period that ends before it begins, or is too long; the text says which."""


def check_period(from_day: date, to_day: date) -> None:
    """Refuse a period that no report is made for.

    Raises:
        WrongPeriod: it ends before it begins, or is longer than a year.
    """
    if to_day < from_day:
        raise InvalidPeriod("The period ends before it begins: swap from_day and to_day.")
    if (to_day - from_day).days >= MAX_PERIOD_DAYS:
        raise InvalidPeriod(f"A period has at most {MAX_PERIOD_DAYS} days. Ask for a part of it.")


class SalesRow(Record):
    """Sales of one group in one currency. `units` is counted for products only."""

    group: str
    orders: int
    units: int | None = None
    sales: Money


class SalesFigures(Record):
    """Sales by group, and in all by currency; `more` when there are groups beyond those given."""

    totals: list[SalesRow]
    rows: list[SalesRow]
    more: bool


class SalesSummary(SalesFigures):
    """Sales of a period: orders placed, without drafts and cancelled ones, before refunds. Product sales are before
    discounts, shipping and tax."""

    from_day: date
    to_day: date
    group_by: SalesGrouping


class RefundRow(Record):
    """Refunds on the orders of one group in one currency. Rates are percent with two decimals, as text."""

    group: str
    orders: int
    refunded_orders: int
    order_rate_percent: str
    sales: Money
    refunded: Money
    amount_rate_percent: str


class RefundRates(Record):
    """How many of the orders placed in a period were refunded since, wholly or in part."""

    from_day: date
    to_day: date
    group_by: RefundGrouping
    rows: list[RefundRow]


def percent(part: int, whole: int) -> str:
    """`part` of `whole` in percent with two decimals, rounded half up in integer arithmetic; ``0.00`` of nothing."""
    hundredths = (part * 10_000 * 2 + whole) // (2 * whole) if whole else 0
    return f"{hundredths // 100}.{hundredths % 100:02d}"
