"""Each kind of call on a large shop, with arguments that are drawn from its data."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

import asyncpg

Call = tuple[str, dict[str, Any]]
_CITY: Final = 2
"""Line of an address, from the end, that has the city."""
_ORDERS: Final = """
SELECT o.placed_at, c.name, c.email, c.phone, c.company, i.sku, i.name AS product, s.tracking_number, o.shipping_address
FROM orders.orders AS o
JOIN orders.customers AS c ON c.tenant_id = o.tenant_id AND c.id = o.customer_id
JOIN orders.order_items AS i ON i.tenant_id = o.tenant_id AND i.order_id = o.id AND i.line = 1
LEFT JOIN LATERAL (
    SELECT s.tracking_number FROM orders.shipments AS s WHERE s.tenant_id = o.tenant_id AND s.order_id = o.id LIMIT 1
) AS s ON true
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

    def city() -> str:
        return luck.choice(one("shipping_address").split("\n")[-_CITY].split(",")[-1].split()) or "Berlin"

    def days(count: int) -> dict[str, str]:
        first = drawn.last_day - timedelta(days=luck.randrange(700 - count) + count - 1)
        return {"from_day": first.isoformat(), "to_day": (first + timedelta(days=count - 1)).isoformat()}

    def search(**arguments: Any) -> Call:
        return "search_orders", arguments

    def sales(count: int, group: str, **more: Any) -> Call:
        return "sales_summary", {**days(count), "group_by": group, **more}

    berlin = {"time_zone": "Europe/Berlin"}
    return {
        "search: tracking number": lambda: search(query=one("tracking_number")),
        "search: SKU": lambda: search(query=one("sku")),
        "search: product words": lambda: search(query=one("product")),
        "search: product words and status": lambda: search(query=one("product"), status=["paid"]),
        "search: city": lambda: search(query=city()),
        "search: phone": lambda: search(query=one("phone")),
        "search: company": lambda: search(query=one("company")),
        "search: name and status in one text": lambda: search(query=f"{one('name')} paid"),
        "search: name and city": lambda: search(query=f"{one('name').split()[0]} {city()}"),
        "search: two statuses": lambda: search(status=["pending", "paid"]),
        "search: a day in a time zone": lambda: search(**days(1), **berlin),
        "refunds of a week": lambda: ("list_refunds", {**days(7), **berlin}),
        "refunds that wait": lambda: ("list_refunds", {"status": ["requested"]}),
        "refunds of a month, oldest first": lambda: ("list_refunds", {**days(30), "oldest_first": True}),
        "approvals": lambda: ("list_approvals", {}),
        "parcels of a day": lambda: ("list_shipments", days(1)),
        "parcels lost in a month": lambda: ("list_shipments", {"status": ["lost"], **days(30)}),
        "parcels that are late": lambda: ("list_shipments", {"late": True}),
        "parcels of a carrier in a week": lambda: ("list_shipments", {"carrier": "DHL", **days(7)}),
        "returns of a month": lambda: ("list_returns", days(30)),
        "returns to inspect": lambda: ("list_returns", {"status": ["received"], "oldest_first": True}),
        "customer by e-mail": lambda: ("get_customer", {"customer_id": one("email")}),
        "stock of five products": lambda: ("get_inventory", {"sku": luck.sample(sorted(set(drawn.values("sku"))), 5)}),
        "sales of a day by product": lambda: sales(1, "product"),
        "sales of a month by product, top 10, against the month before": lambda: sales(
            30, "product", top=10, compare_to="previous_period"
        ),
        "sales of a month by channel": lambda: sales(30, "channel"),
        "sales of a month by customer, top 10": lambda: sales(30, "customer", top=10),
        "sales of a quarter by week, against last year": lambda: sales(90, "week", compare_to="last_year"),
        "sales of a year by month": lambda: sales(365, "month", **berlin),
        "refund rate of a quarter by channel": lambda: ("refund_rate", {**days(90), "group_by": "channel"}),
    }
