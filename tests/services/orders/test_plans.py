"""Query plans under row-level security: no statement of the reader scans a big table.

The data is large enough for indexes to pay off, and is analysed. Each statement is planned for its values (custom plan)
and for any values (generic plan), since Postgres may switch to the generic plan after five executions.
"""

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial
from typing import Any

import anyio
import pytest

from devkit.stores.databases import DatabaseUrls
from devkit.stores.testing import PostgresServer
from orders_mcp.adapters import approval_queries, customer_queries, order_queries
from orders_mcp.adapters.order_search import customer_statement, search_statement
from orders_mcp.adapters.postgres import PostgresOrders
from orders_mcp.adapters.report_queries import REFUNDS, sales_statement
from orders_mcp.adapters.sales_statements import SALES
from orders_mcp.adapters.text_matches import WORDS_FOUND, matches_statement
from orders_mcp.models.days import end_of, period, start_of
from orders_mcp.models.report_days import ReportDays
from orders_mcp.models.sales import SalesQuery
from orders_mcp.ports.search import FEW, OrderFilter, Products, Terms, TextFilter, TotalRange
from orders_mcp.sample_data.load import load_plan
from orders_mcp.sample_data.plan import Plan
from servicekit.core.caller import acting_as
from servicekit.schema.pagination import CursorKey
from servicekit.storage.postgres.database import Database
from servicekit.storage.search_terms import LAST_CHARACTER
from tests.fixtures.databases import connected, copy_of
from tests.fixtures.query_plans import generic_plan_of, nodes, plan_of, refuse_whole_tables

from .scene import ACME

pytestmark = pytest.mark.slow

SIZE = Plan(size=30_000, seed=1, until=date(2026, 6, 1))
BIG = {
    "orders", "order_items", "payments", "refunds", "shipments", "order_events", "customers", "customer_terms",
    "order_terms",
}  # fmt: skip
WALKED = {"orders_by_time"}
AFTER_LARGE = CursorKey((50_000, "019caa00-0000-7000-8000-000000000000"))
AFTER = CursorKey(("2026-03-01T12:00:00+00:00", "019caa00-0000-7000-8000-000000000000"))
REPORTED = ReportDays(date(2026, 5, 31), date(2026, 5, 31), UTC)
DAY = (start_of(date(2026, 5, 31)), end_of(date(2026, 5, 31)))

ORDER_ID = "019caa00-0000-7000-8000-000000000000"
MUGS = tuple(f"MUG-{number:04d}" for number in range(1, 41))
MANY = FEW + 1

SEARCHES = {
    "nothing": OrderFilter(),
    "status": OrderFilter(statuses=("paid",)),
    "frequent status": OrderFilter(statuses=("delivered",)),
    "from a day": OrderFilter(placed=period(date(2026, 5, 1), None, UTC)),
    "to a day": OrderFilter(placed=period(None, date(2024, 9, 1), UTC)),
    "days": OrderFilter(placed=period(date(2025, 5, 1), date(2025, 5, 2), UTC)),
    "currency": OrderFilter(total_range=TotalRange("KWD")),
    "least": OrderFilter(total_range=TotalRange("EUR", minimum=90_000)),
    "most": OrderFilter(total_range=TotalRange("EUR", maximum=1_500)),
    "amounts": OrderFilter(total_range=TotalRange("EUR", 12_000, 12_100)),
    "wide amounts": OrderFilter(total_range=TotalRange("EUR", 1, 10**9)),
    "impossible amounts": OrderFilter(total_range=TotalRange("EUR", 10**11)),
    "number": OrderFilter(texts=(TextFilter(numbers=("ORD-00012345", "ORD-00012345")),)),
    "numbers": OrderFilter(texts=(TextFilter(numbers=("ORD-000123", "ORD-000123" + LAST_CHARACTER)),)),
    "statuses": OrderFilter(statuses=("draft", "pending")),
    **{
        f"{words} of {kind}": OrderFilter(texts=(TextFilter(**{kind: Terms(tuple(words.split()), count)}),))
        for kind in ("buyers", "addresses")
        for words, count in {
            "maria.garcia12@example.com": 1,
            "tel:321": 9,
            "ibanez": 90,
            "zzzz": 0,
            "maria garcia": 20,
            "lisboa": 900,
            "example.com": MANY,
            "m": MANY,
            "m a r i e s": MANY,
        }.items()
    },
    "product": OrderFilter(texts=(TextFilter(products=Products(("MUG-0001",), 300)),)),
    "frequent product": OrderFilter(texts=(TextFilter(products=Products(("MUG-0001",), MANY)),)),
    "product without orders": OrderFilter(texts=(TextFilter(products=Products(("MUG-9999",), 0)),)),
    "products": OrderFilter(texts=(TextFilter(products=Products(MUGS, MANY)),)),
    "product of a buyer": OrderFilter(
        texts=(TextFilter(buyers=Terms(("maria",), 200), products=Products(MUGS, MANY)),)
    ),
    "product of many buyers": OrderFilter(
        texts=(TextFilter(buyers=Terms(("m",), MANY), products=Products(("MUG-0001",), 300)),)
    ),
    "products of many buyers": OrderFilter(
        texts=(TextFilter(buyers=Terms(("m",), MANY), products=Products(MUGS, MANY)),)
    ),
    "tracking number": OrderFilter(texts=(TextFilter(order_ids=(ORDER_ID,)),)),
    "number of a buyer": OrderFilter(
        texts=(TextFilter(numbers=("ORD-00012345", "ORD-00012345"), buyers=Terms(("m",), MANY)),)
    ),
    "status and amounts": OrderFilter(statuses=("refunded",), total_range=TotalRange("EUR", 5_000, 6_000)),
    "status and days": OrderFilter(statuses=("draft",), placed=period(date(2024, 8, 1), date(2024, 8, 31), UTC)),
    "largest": OrderFilter(total_range=TotalRange("EUR"), largest=True),
    "largest of a status": OrderFilter(statuses=("refunded",), total_range=TotalRange("EUR"), largest=True),
    "largest of a frequent status": OrderFilter(statuses=("delivered",), total_range=TotalRange("USD"), largest=True),
    "largest of two days": OrderFilter(
        placed=period(date(2025, 5, 1), date(2025, 5, 2), UTC), total_range=TotalRange("EUR"), largest=True
    ),
    "largest of a year": OrderFilter(
        placed=period(date(2025, 1, 1), date(2025, 12, 31), UTC), total_range=TotalRange("EUR"), largest=True
    ),
    "largest of a buyer": OrderFilter(
        total_range=TotalRange("EUR"), texts=(TextFilter(buyers=Terms(("ma",), 3000)),), largest=True
    ),
    "largest of many buyers": OrderFilter(
        total_range=TotalRange("EUR"), texts=(TextFilter(buyers=Terms(("m",), MANY)),), largest=True
    ),
    "everything": OrderFilter(
        ("delivered",),
        period(date(2025, 3, 1), date(2025, 3, 31), UTC),
        TotalRange("EUR", 1_000, 90_000),
        (TextFilter(buyers=Terms(("ma",), 3000)),),
    ),
}
EMAIL = "maria.garcia12@example.com"
OTHERS: dict[str, tuple[str, list[Any]]] = {
    "order by number": (order_queries.ORDER["number"], ["ORD-00012345"]),
    "order by id": (order_queries.ORDER["id"], [ORDER_ID]),
    "timeline by number": (order_queries.TIMELINE["number"], ["ORD-00012345", 0, 51]),
    "timeline by id": (order_queries.TIMELINE["id"], [ORDER_ID, 0, 51]),
    "order of a parcel": (order_queries.ORDER_OF_PARCEL, [ORDER_ID]),
    "parcels with a number": (order_queries.PARCELS_WITH_NUMBER, ["1Z999AA10123456784", 6]),
    "order numbers": (order_queries.NUMBERS, ["ORD-0001", "ORD-0001\U0010ffff", 20]),
    "customer by e-mail": (customer_queries.CUSTOMER["email"], [EMAIL]),
    "customer by id": (customer_queries.CUSTOMER["id"], [ORDER_ID]),
    **{
        f"matches of {words}": matches_statement(words.split(), ("1Z999AA10123456784",))
        for words in ("m", "maria garcia", "lmp 0042", "tel:123456", "m a r i e s")
    },
    "words found": (WORDS_FOUND, [["ma", "mug"], ["ma\U0010ffff", "mug\U0010ffff"]]),
    "e-mails": (customer_queries.EMAILS, ["mar", "mar\U0010ffff", 20]),
    "refunds that wait": (approval_queries.WAITING, [datetime(2026, 1, 1, tzinfo=UTC), ORDER_ID, 21]),
    "order of a refund": (approval_queries.ORDER_OF_REFUND, [ORDER_ID]),
    "orders of a customer": customer_statement(EMAIL, None, 21, None),
    "more orders of a customer": customer_statement(ORDER_ID, "paid", 21, AFTER),
    **{f"sales by {group}": sales_statement(SalesQuery(REPORTED, group)) for group in SALES},
    **{
        f"compared sales by {group}": sales_statement(SalesQuery(REPORTED, group, "previous_period")) for group in SALES
    },
    "refunds in total": (REFUNDS["total"], [*DAY]),
    "refunds by region": (REFUNDS["region"], [*DAY]),
    "refunds by month": (REFUNDS["month"], [*DAY, [DAY[0]]]),
}


@pytest.fixture(scope="session")
def large(postgres: PostgresServer, template: DatabaseUrls) -> Iterator[DatabaseUrls]:
    """30 000 orders, so that both text search plans occur."""
    with copy_of(template, postgres) as urls:
        anyio.run(partial(load_plan, urls.owner, SIZE, replace=True))
        yield urls


@pytest.fixture
async def reader(large: DatabaseUrls) -> AsyncIterator[Any]:
    async with connected(large.reader, "acme", server_settings={"jit": "off"}) as connection:
        yield connection


async def test_data_covers_both_text_search_plans(reader: Any) -> None:
    count = (
        "SELECT count(DISTINCT customer_id) FROM orders.customer_terms WHERE term >= $1 AND term <= $1 || chr(1114111)"
    )
    assert await reader.fetchval(count, "example.com") > 1000
    assert 0 < await reader.fetchval(count, "maria") < 1000


@pytest.mark.parametrize("after", [None, AFTER], ids=["first page", "next page"])
@pytest.mark.parametrize("filters", SEARCHES.values(), ids=SEARCHES.keys())
async def test_searches_use_an_index(reader: Any, filters: OrderFilter, after: CursorKey | None) -> None:
    if after and filters.largest:
        after = AFTER_LARGE
    statement, values = search_statement(filters, filters.texts[0], 21, after)
    refuse_whole_tables(await plan_of(reader, statement, values), BIG, may_walk=WALKED)
    refuse_whole_tables(await generic_plan_of(reader, statement), BIG, may_walk=WALKED)


@pytest.mark.parametrize(("statement", "values"), OTHERS.values(), ids=OTHERS.keys())
async def test_other_statements_use_an_index(reader: Any, statement: str, values: list[Any]) -> None:
    refuse_whole_tables(await plan_of(reader, statement, values), BIG)
    refuse_whole_tables(await generic_plan_of(reader, statement), BIG)


async def test_like_pattern_reads_the_whole_tenant(reader: Any) -> None:
    """The reason for the table of terms: LIKE is not leakproof, so it cannot use an index under a policy."""
    plan = await plan_of(reader, "SELECT email FROM orders.customers WHERE email LIKE 'maria.g%'", [])
    conditions = " ".join(str(node.get("Index Cond")) for node in nodes(plan))
    assert "maria" not in conditions
    with pytest.raises(AssertionError):
        refuse_whole_tables(plan, BIG)


async def counted(orders: PostgresOrders, text: TextFilter) -> TextFilter:
    """With the counts that a search is planned by."""
    if text.buyers:
        text = replace(text, buyers=(await orders.matches(text.buyers.prefixes)).buyers)
    if text.addresses:
        text = replace(text, addresses=(await orders.matches(text.addresses.prefixes)).addresses)
    return text


@pytest.mark.parametrize("filters", SEARCHES.values(), ids=SEARCHES.keys())
async def test_search_reads_a_bounded_number_of_orders(large: DatabaseUrls, filters: OrderFilter) -> None:
    """Counts rows after enough executions for a generic plan; the tenant has 24 000 orders.

    The most are the orders of 5000 matching customers, who have about three each.
    """
    database = Database(large.reader, connections=1, statement_timeout=60)  # rows are counted here, not seconds
    await database.start()
    orders = PostgresOrders(database)
    with acting_as(ACME):
        filters = replace(filters, texts=(await counted(orders, filters.texts[0]),))
        statement, values = search_statement(filters, filters.texts[0], 21, None)
        for _ in range(8):
            await orders.search(filters, 21, None)
        async with database.session() as connection:
            document = await connection.fetchval(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}", *values)
    await database.stop()
    top = json.loads(document)[0]["Plan"]
    refuse_whole_tables(top, BIG, may_walk=WALKED)
    read = [node["Actual Rows"] * node["Actual Loops"] + node.get("Rows Removed by Filter", 0) for node in nodes(top)]
    assert max(read) < 15_000
