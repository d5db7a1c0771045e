"""Report records. Periods are UTC days, both ends inclusive; currencies are never added together."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal

from servicekit.schema import Columns, Record

SalesGrouping = Literal["day", "week", "month", "product", "region"]
RefundGrouping = Literal["total", "month", "region"]
MAX_PERIOD_DAYS = 366


class InvalidPeriod(ValueError):
    """The period is reversed or too long, as the message says."""


def check_period(from_day: date, to_day: date) -> None:
    """Validate a report period.

    Raises:
        InvalidPeriod: to_day is before from_day, or the period is longer than a year.
    """
    if to_day < from_day:
        raise InvalidPeriod("to_day is before from_day. Swap them.")
    if (to_day - from_day).days >= MAX_PERIOD_DAYS:
        raise InvalidPeriod(f"The period has more than {MAX_PERIOD_DAYS} days. Choose closer from_day and to_day.")


class SalesRow(Record):
    """Sales of one group in one currency, in minor units. `units` is set for products only."""

    group: str
    currency: str
    orders: int
    units: int | None = None
    sales_minor: int


@dataclass(frozen=True, slots=True)
class SalesFigures:
    """Sales by group, and totals by currency. `left_out` counts the groups that are missing."""

    totals: list[SalesRow]
    groups: list[SalesRow]
    left_out: int


class SalesSummary(Record):
    """Sales of a period, before refunds, without drafts and cancelled orders. Product sales exclude discounts,
    shipping and tax."""

    from_day: date
    to_day: date
    group_by: SalesGrouping
    totals: Annotated[list[SalesRow], Columns()]
    groups: Annotated[list[SalesRow], Columns()]
    notice: str | None = None


class RefundRow(Record):
    """Refunds of one group in one currency, in minor units. Rates are percentages with two decimals, as text."""

    group: str
    currency: str
    orders: int
    refunded_orders: int
    order_rate_percent: str
    sales_minor: int
    refunded_minor: int
    amount_rate_percent: str


class RefundRates(Record):
    """Share of the orders of a period that were refunded, fully or partly."""

    from_day: date
    to_day: date
    group_by: RefundGrouping
    groups: Annotated[list[RefundRow], Columns()]


def percent(part: int, whole: int) -> str:
    """`part` / `whole` as a percentage with two decimals, rounded half up; ``0.00`` if `whole` is 0."""
    hundredths = (part * 10_000 * 2 + whole) // (2 * whole) if whole else 0
    return f"{hundredths // 100}.{hundredths % 100:02d}"
