"""Records of the refund report. Currencies are never added together."""

from datetime import date
from typing import Annotated, Literal

from servicekit.schema import Columns, Record

RefundGrouping = Literal["total", "month", "region"]


class RefundRow(Record):
    """Refunds of one group in one currency, in minor units; `gross_minor` is what the orders cost, with tax. Rates are
    percentages with two decimals, as text."""

    group: str
    currency: str
    orders: int
    refunded_orders: int
    order_rate_percent: str
    gross_minor: int
    refunded_minor: int
    amount_rate_percent: str


class RefundRates(Record):
    """Share of the orders of a period that were refunded, fully or partly."""

    from_day: date
    to_day: date
    time_zone: str
    group_by: RefundGrouping
    groups: Annotated[list[RefundRow], Columns()]


def percent(part: int, whole: int) -> str:
    """`part` / `whole` as a percentage with two decimals, rounded half up; ``0.00`` if `whole` is 0."""
    hundredths = (part * 10_000 * 2 + whole) // (2 * whole) if whole else 0
    return f"{hundredths // 100}.{hundredths % 100:02d}"
