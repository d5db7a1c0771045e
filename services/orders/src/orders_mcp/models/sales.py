"""Sales figures: what each amount is made of, and the records of the report."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Final, Literal

from orders_mcp.models.days import Period
from orders_mcp.models.report_days import Bucket, Comparison, ReportDays
from servicekit.schema import Columns, Excerpt, Record

SalesGrouping = Literal["day", "week", "month", "product", "customer", "region", "channel"]
Ranking = Literal["units", "gross_minor", "orders"]
MEASURES: Final = (
    "gross: items - discount + shipping + tax; net: gross - tax; after_refunds: gross - refunds of these orders to "
    "date. Products: items only."
)
_MOST_TOP_ROWS: Final = 300
BUCKETS: Final[dict[SalesGrouping, Bucket]] = {"day": "day", "week": "week", "month": "month"}


class SalesRow(Record):
    """Sales of one group in one currency, in minor units. Products have units and items, other groups the rest.

    The columns with `before` are those of the compared days, `group_before` is the day, week or month compared.
    `ranked_total` has the units or orders of the group in all currencies, by which groups are ranked.
    """

    group: str
    name: str | None = None
    group_before: str | None = None
    ranked_total: int | None = None
    currency: str
    orders: int
    orders_before: int | None = None
    units: int | None = None
    units_before: int | None = None
    items_minor: int | None = None
    items_before_minor: int | None = None
    gross_minor: int | None = None
    gross_before_minor: int | None = None
    change_percent: str | None = None
    net_minor: int | None = None
    after_refunds_minor: int | None = None


class SalesTotal(Record):
    """All sales of one currency, in minor units."""

    currency: str
    orders: int
    orders_before: int | None = None
    units: int | None = None
    units_before: int | None = None
    items_minor: int
    items_before_minor: int | None = None
    discount_minor: int
    shipping_minor: int
    tax_minor: int
    gross_minor: int
    gross_before_minor: int | None = None
    change_percent: str | None = None
    net_minor: int
    refunded_minor: int
    after_refunds_minor: int


@dataclass(frozen=True, slots=True)
class SalesQuery:
    """What a sales report shows.

    Attributes:
        count: the most groups; without `top`, also the most rows.
        top: only the largest groups, these first; products and customers are always in that order.
    """

    days: ReportDays
    group_by: SalesGrouping
    compare_to: Comparison | None = None
    currency: str | None = None
    count: int = 150
    top: bool = False

    @property
    def before(self) -> ReportDays | None:
        """The days that they are compared with."""
        return self.days.before(self.compare_to) if self.compare_to else None

    @property
    def most_rows(self) -> int:
        """The most groups of all currencies together."""
        return max(self.count, _MOST_TOP_ROWS) if self.top else self.count

    @property
    def is_ranked(self) -> bool:
        """Whether the largest groups come first."""
        return self.top or self.group_by in ("product", "customer")

    @property
    def periods(self) -> tuple[Period, Period]:
        """The period of the report, and the one compared, without limits where there is none."""
        before = self.before
        return self.days.period, before.period if before else Period()

    @property
    def instants(self) -> tuple[list[datetime], list[datetime]]:
        """When each day, week or month of both periods starts; empty for other groups."""
        bucket, before = BUCKETS.get(self.group_by), self.before
        if bucket is None:
            return [], []
        return self.days.instants(bucket), before.instants(bucket) if before else []

    @property
    def labels(self) -> tuple[list[str], list[str]]:
        """The names of the days, weeks or months of both periods; empty for other groups."""
        bucket, before = BUCKETS.get(self.group_by), self.before
        if bucket is None:
            return [], []
        return self.days.labels(bucket), before.labels(bucket) if before else []


@dataclass(frozen=True, slots=True)
class SalesFigures:
    """Sales by group, and totals by currency. `left_out` counts the groups that are missing."""

    totals: list[SalesTotal]
    groups: list[SalesRow]
    left_out: int

    def ranking(self, query: SalesQuery) -> Ranking | None:
        """By what the groups are sorted; None for the order of their names. Amounts of several currencies cannot be
        compared; units and orders are those of all currencies."""
        if query.group_by == "product":
            return "units"
        if not query.is_ranked:
            return None
        return "gross_minor" if len(self.totals) == 1 else "orders"


class SalesSummary(Excerpt):
    """Sales of the orders placed in a period, without drafts and cancelled orders. `measures` says what each amount is
    made of."""

    from_day: date
    to_day: date
    time_zone: str
    compared_from_day: date | None = None
    compared_to_day: date | None = None
    group_by: SalesGrouping
    ranked_by: Ranking | None = None
    measures: str = MEASURES
    totals: Annotated[list[SalesTotal], Columns()]
    groups: Annotated[list[SalesRow], Columns()]
    notice: str | None = None


def change_percent(now: int, before: int) -> str | None:
    """The change from `before` to `now` in percent, with one decimal and its sign; None where `before` is 0."""
    if before <= 0:
        return None
    tenths = (abs(now - before) * 1000 * 2 + before) // (2 * before)
    return f"{'-' if now < before and tenths else '+'}{tenths // 10}.{tenths % 10}"
