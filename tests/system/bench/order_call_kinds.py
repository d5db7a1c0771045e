"""Each kind of call on a large shop, with arguments that are drawn from its data."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

import asyncpg

Call = tuple[str, dict[str, Any]]
_ORDERS: Final = """
SELECT o.placed_at, c.name, c.email, c.phone, c.company, i.sku, i.name AS product,
    (SELECT s.tracking_number FROM orders.shipments AS s
     WHERE s.tenant_id = o.tenant_id AND s.order_id = o.id LIMIT 1) AS tracking_number
FROM orders.orders AS o
JOIN orders.customers AS c ON c.tenant_id = o.tenant_id AND c.id = o.customer_id
JOIN orders.order_items AS i ON i.tenant_id = o.tenant_id AND i.order_id = o.id AND i.line = 1
WHERE o.number = ANY ($1)
"""


@dataclass(frozen=True)
class Drawn:
    """Values of random orders, and of the latest day."""

    rows: Sequence[Mapping[str, Any]]
    last_day: date

    @classmethod
    async def from_data(cls, reader: "asyncpg.Connection[Any]", luck: random.Random) -> "Drawn":
        last = await reader.fetchval("SELECT number FROM orders.orders ORDER BY number DESC LIMIT 1")
        latest: datetime = await reader.fetchval("SELECT placed_at FROM orders.orders ORDER BY placed_at DESC LIMIT 1")
        most = int(last.removeprefix("ORD-"))
        rows = await reader.fetch(_ORDERS, [f"ORD-{luck.randint(1, most):08d}" for _ in range(2000)])
        return cls([dict(row) for row in rows], latest.date())

    def values(self, column: str) -> Sequence[str]:
        """All values of a column that are not missing."""
        return [row[column] for row in self.rows if row[column]]


def kinds(drawn: Drawn, luck: random.Random) -> Mapping[str, Callable[[], Call]]:
    """Each kind of call, with the arguments of one call."""

    def one(column: str) -> str:
        return luck.choice(drawn.values(column))

    def days(count: int) -> dict[str, str]:
        first = drawn.last_day - timedelta(days=luck.randrange(700 - count) + count - 1)
        return {"from_day": first.isoformat(), "to_day": (first + timedelta(days=count - 1)).isoformat()}

    def search(**arguments: Any) -> Call:
        return "search_orders", arguments

    def sales(count: int, group: str, **more: Any) -> Call:
        return "sales_summary", {**days(count), "group_by": group, **more}

    berlin = {"time_zone": "Europe/Berlin"}
    return {
        "search: name": lambda: search(query=one("name")),
        "search: e-mail": lambda: search(query=one("email")),
        "search: two statuses": lambda: search(status=["pending", "paid"]),
        "search: two statuses and a month": lambda: search(status=["cancelled", "refunded"], **days(30)),
        "search: a day in a time zone": lambda: search(**days(1), **berlin),
        "search: a name and a month in a time zone": lambda: search(query=one("name"), **days(30), **berlin),
        "search: tracking number": lambda: search(query=one("tracking_number")),
        "search: product code": lambda: search(query=one("sku")),
        "search: product words": lambda: search(query=one("product")),
        "search: product words and a status": lambda: search(query=f"{one('product')} paid"),
        "search: city": lambda: search(query=luck.choice(("Berlin", "Austin", "Lagos", "Tokyo"))),
        "search: phone": lambda: search(query=one("phone")),
        "search: company": lambda: search(query=one("company")),
        "search: name and product code": lambda: search(query=f"{one('name')} {one('sku')}"),
        "search: name and a status in words": lambda: search(query=f"{one('name')} paid but not sent"),
        "returns of a month by state": lambda: ("list_returns", {"status": "requested", **days(30)}),
        "refunds of a month": lambda: ("list_refunds", days(30)),
        "refunds of a month that wait": lambda: ("list_refunds", {"status": "requested", **days(30)}),
        "parcels of a day": lambda: ("list_shipments", days(1)),
        "parcels of a month that were lost": lambda: ("list_shipments", {"status": "lost", **days(30)}),
        "parcels that are late": lambda: ("list_shipments", {"status": "late"}),
        "customer by e-mail": lambda: ("get_customer", {"customer_id": one("email")}),
        "orders of a customer": lambda: ("get_customer_orders", {"customer_id": one("email")}),
        "stock of a product": lambda: ("get_inventory", {"skus": [one("sku")]}),
        "low stock": lambda: ("low_stock_report", {}),
        "sales of a day by product": lambda: sales(1, "product"),
        "sales of a month by product, top 10": lambda: sales(30, "product", top=10),
        "sales of a quarter by week": lambda: sales(90, "week"),
        "sales of a year by month": lambda: sales(365, "month"),
        "sales of a year by region": lambda: sales(365, "region"),
        "sales of a quarter by channel, against last year": lambda: sales(90, "channel", compare_to="last_year"),
        "sales of a month by product, top 10, against the one before": lambda: sales(
            30, "product", top=10, compare_to="previous_period"
        ),
        "sales of a month by customer, top 10": lambda: sales(30, "customer", top=10),
        "refund rate of a quarter by region": lambda: ("refund_rate", {**days(90), "group_by": "region"}),
        "refund rate of a year": lambda: ("refund_rate", days(365)),
    }
