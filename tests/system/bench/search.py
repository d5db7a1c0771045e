"""Search in a large database: `python -m tests.system.bench.search postgresql://orders_reader:…@host:port/orders`.

The database is filled by `orders-mcp seed --size 10000000`. Each kind of search runs through the server's own adapter,
one call after the other, with values that are drawn from the data (`SEED=`). Prints tables in Markdown: latencies, what
the plan reads, and sizes. ``--write`` puts them into docs/performance.md.
"""

import argparse
import asyncio
import json
import os
import random
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from orders_mcp.adapters.order_search import OrderSearch, search_statement
from orders_mcp.models.days import Period, period
from orders_mcp.models.search import parse_query
from orders_mcp.ports.search import OrderFilter, TotalRange
from servicekit.core.caller import acting_as
from servicekit.schema.pagination import CursorKey
from servicekit.storage.postgres.database import Database
from servicekit.testing.service import caller

from .page import machine, write_search

PAGE = 20
ACME = caller("orders:read", tenant="acme")


@dataclass(frozen=True)
class Drawn:
    """Values from the data."""

    names: Sequence[str]
    emails: Sequence[str]
    numbers: Sequence[str]
    moments: Sequence[datetime]

    @property
    def last_day(self) -> date:
        return max(self.moments).date()


Search = tuple[OrderFilter, CursorKey | None]


def words(text: str) -> OrderFilter:
    return OrderFilter(query=parse_query(text))


def kinds(drawn: Drawn, luck: random.Random) -> dict[str, Callable[[], Search]]:
    """Each kind of search, with the values of one call."""

    def name() -> list[str]:
        return luck.choice(drawn.names).split()

    def day(most: int = 700) -> date:
        return drawn.last_day - timedelta(days=luck.randrange(most))

    def days(count: int) -> dict[str, Period]:
        first = day()
        return {"placed": period(first, first + timedelta(days=count - 1), UTC)}

    def behind() -> CursorKey:
        return CursorKey((luck.choice(drawn.moments).isoformat(), "019caa00-0000-7000-8000-000000000000"))

    cjk = [one for one in drawn.names if any("\u3040" < character < "\ud7b0" for character in one)]
    return {
        "no filter, first page": lambda: (OrderFilter(), None),
        "no filter, a page anywhere": lambda: (OrderFilter(), behind()),
        "order number": lambda: (words(luck.choice(drawn.numbers)), None),
        "start of a number (a hundred)": lambda: (words(luck.choice(drawn.numbers)[:-2]), None),
        "e-mail": lambda: (words(luck.choice(drawn.emails)), None),
        "whole name": lambda: (words(" ".join(name())), None),
        "one word of a name": lambda: (words(luck.choice(name())), None),
        "first letters of a word": lambda: (words(luck.choice(name())[:3]), None),
        "one letter": lambda: (words(luck.choice("aelmnst")), None),
        "common words (mail domain)": lambda: (words("example.com"), None),
        "whole name, a page anywhere": lambda: (words(" ".join(name())), behind()),
        "name in Chinese, Japanese or Korean": lambda: (words(luck.choice(cjk or drawn.names)), None),
        "words that no customer has": lambda: (words(f"mechanical keyboard {luck.randrange(1000)}"), None),
        "frequent status": lambda: (OrderFilter(statuses=("delivered",)), None),
        "rare status": lambda: (OrderFilter(statuses=("pending",)), None),
        "rare status, a page anywhere": lambda: (OrderFilter(statuses=("draft",)), behind()),
        "one day": lambda: (OrderFilter(**days(1)), None),
        "a month and a rare status": lambda: (OrderFilter(statuses=("cancelled",), **days(30)), None),
        "a narrow amount": lambda: (OrderFilter(total_range=TotalRange("EUR", 12_000, 12_020)), None),
        "a rare currency": lambda: (OrderFilter(total_range=TotalRange("KWD")), None),
        "an amount and days": lambda: (
            OrderFilter(total_range=TotalRange("EUR", 90_000, 99_000), **days(30)),
            None,
        ),
        "one word and days": lambda: (
            OrderFilter(query=parse_query(name()[0]), **days(30)),
            None,
        ),
    }


async def drawn(database: Database, luck: random.Random) -> Drawn:
    """Values of random orders and of their customers."""
    last = await database.fetchval("SELECT number FROM orders.orders ORDER BY number DESC LIMIT 1")
    most = int(str(last).removeprefix("ORD-"))
    rows = await database.fetch(
        "SELECT o.number, o.placed_at, c.name, c.email FROM orders.orders AS o JOIN orders.customers AS c "
        "ON c.tenant_id = o.tenant_id AND c.id = o.customer_id WHERE o.number = ANY ($1)",
        [f"ORD-{luck.randint(1, most):08d}" for _ in range(1000)],
    )
    return Drawn(*(sorted(row[column] for row in rows) for column in ("name", "email", "number", "placed_at")))


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", ()):
        yield from nodes(child)


async def plan_of(database: Database, search: Search) -> tuple[str, int, int]:
    """The indexes and tables that a search read, and its pages: from memory, from disk or the system's cache."""
    statement, values = search_statement(search[0], PAGE + 1, search[1])
    document = await database.fetchval(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}", *values)
    plan = json.loads(document)[0]["Plan"]
    run = [node for node in nodes(plan) if node["Actual Loops"]]
    read = [
        node.get("Index Name") or node["Relation Name"]
        for node in run
        if "Relation Name" in node or "Index Name" in node
    ]
    scans = [f"{node['Node Type']} {node['Relation Name']}" for node in run if "Seq Scan" in node["Node Type"]]
    return ", ".join(dict.fromkeys([*read, *scans])), plan["Shared Hit Blocks"], plan["Shared Read Blocks"]


async def timed(search: OrderSearch, of: Callable[[], Search], calls: int) -> tuple[list[float], float]:
    """Milliseconds of each call, in order, and the mean number of orders found."""
    times, found = [], 0
    for _ in range(calls):
        filters, after = of()
        began = time.perf_counter()
        found += len(await search.search(filters, PAGE + 1, after))
        times.append((time.perf_counter() - began) * 1000)
    return sorted(times), found / calls


_SIZES = """
SELECT relname, pg_relation_size(oid), reltuples FROM pg_class
WHERE relnamespace = 'orders'::regnamespace AND relkind IN ('r', 'i') AND relname ~ '^(orders|customers|customer_terms)'
ORDER BY relkind DESC, pg_relation_size(oid) DESC
"""


async def measure(url: str, calls: int, seed: int) -> str:
    """The section of the page."""
    luck = random.Random(seed)
    database = Database(url, read_only=True, connections=2, statement_timeout=60)
    await database.start()
    rows = [
        "| search | found | p50 ms | p99 ms | pages read | indexes and tables |",
        "| --- | ---: | ---: | ---: | ---: | --- |",
    ]
    with acting_as(ACME):
        for kind, of in kinds(await drawn(database, luck), luck).items():
            times, found = await timed(OrderSearch(database), of, calls)
            used, hit, read = await plan_of(database, of())
            p50, p99 = statistics.median(times), times[int(len(times) * 0.99) - 1]
            rows.append(f"| {kind} | {found:.0f} | {p50:.1f} | {p99:.1f} | {hit + read} | {used} |")
            print(rows[-1], flush=True)
        count = await database.fetchval("SELECT reltuples FROM pg_class WHERE oid = 'orders.orders'::regclass")
        sizes = await database.fetch(_SIZES)
        server = await database.fetchval(
            "SELECT current_setting('server_version') || ', shared_buffers ' || current_setting('shared_buffers')"
        )
    await database.stop()
    how = "`orders-mcp seed --size 10000000`, then `python -m tests.system.bench.search URL --write`"
    parts = [
        f"{count / 1e6:.1f} million orders, four in five of them of the tenant that searches. {how}.",
        "\n".join(
            f"- {fact}"
            for fact in (
                f"Date: {datetime.now(UTC):%Y-%m-%d}",
                f"{machine()[0].partition(';')[0]}, load average {os.getloadavg()[0]:.0f}: other work ran meanwhile",
                f"Postgres {server}",
                f"{calls} calls of each kind, one after the other, {PAGE} orders a page",
            )
        ),
        "\n".join(rows),
        "\n".join(
            [
                "| table or index | GB | rows (millions) |",
                "| --- | ---: | ---: |",
                *(f"| `{row[0]}` | {row[1] / 1e9:.2f} | {row[2] / 1e6:.1f} |" for row in sizes),
            ]
        ),
    ]
    return "\n\n".join(parts)


def main() -> None:
    """Measure, print and perhaps write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--calls", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--write", action="store_true", help="put the section into docs/performance.md")
    options = parser.parse_args()
    section = asyncio.run(measure(options.url, options.calls, options.seed))
    print(section)
    if options.write:
        write_search(section)


if __name__ == "__main__":
    main()
