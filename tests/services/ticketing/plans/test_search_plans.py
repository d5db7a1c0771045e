"""Searches use an index in each order and with each filter, and read a bounded number of rows."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from servicekit.core.caller import acting_as
from servicekit.schema.pagination import CursorKey
from servicekit.storage.postgres.database import Database
from tests.fixtures.query_plans import nodes, plan_of, refuse_whole_tables
from tests.services.ticketing.scene import ACME
from ticketing_mcp.adapters.postgres.desk import PostgresDesk
from ticketing_mcp.adapters.postgres.search_statements import (
    count_statement,
    listed_statement,
    ranked_statement,
    ranking_of,
)
from ticketing_mcp.models.query import parse_query
from ticketing_mcp.models.search import COUNT_LIMIT, MAX_RANKED
from ticketing_mcp.ports.search import SearchOrder, TicketFilter, TimeRange
from ticketing_mcp.sample_data.people import requester

from .large_data import BIG, OURS, SIZE, TEXTS, WALKED, known, refuse

pytestmark = pytest.mark.slow

ALL_QUEUES = ["accounts", "billing", "it-support", "operations", "shipping"]

FILTERS = {
    "nothing": TicketFilter(),
    "status": TicketFilter(statuses=("open",)),
    "frequent status": TicketFilter(statuses=("closed",)),
    "statuses": TicketFilter(statuses=("open", "pending", "on-hold")),
    "queue": TicketFilter(queue_id="billing"),
    "queue and status": TicketFilter(queue_id="billing", statuses=("open",)),
    "unassigned": TicketFilter(queue_id="billing", unassigned=True),
    "requester": TicketFilter(requester=requester(SIZE, 0, 0)[0].id),
    "requester's address": TicketFilter(requester=requester(SIZE, 0, 0)[0].email),
    "tag": TicketFilter(tags=("refund",)),
    "tags": TicketFilter(tags=("refund", "vip"), queue_id="billing"),
    "merged into": TicketFilter(merged_into=1234),
    "created": TicketFilter(created=TimeRange(datetime(2026, 1, 5, tzinfo=UTC), datetime(2026, 1, 6, tzinfo=UTC))),
    "updated": TicketFilter(updated=TimeRange(datetime(2026, 1, 5, tzinfo=UTC)), statuses=("open", "pending")),
    "closed": TicketFilter(closed=TimeRange(end=datetime(2026, 1, 6, tzinfo=UTC)), queue_id="billing"),
    "breached": TicketFilter(sla="breached"),
    "running": TicketFilter(sla="running", queue_id="billing"),
    "paused": TicketFilter(sla="paused"),
    "due soon": TicketFilter(due_before=datetime(2026, 6, 1, tzinfo=UTC)),
    "assignee": TicketFilter(assignee_id="ada.lind"),
    "priority": TicketFilter(priority="low"),
    "everything": TicketFilter(statuses=("open",), priority="high", queue_id="billing", assignee_id="dev.patel"),
}

ORDERS: tuple[SearchOrder, ...] = ("newest", "oldest", "due")


def place_in(filters: TicketFilter, order: SearchOrder) -> CursorKey:
    """A cursor somewhere in the results."""
    return CursorKey((5000 if filters.ordered_by(order) == "number" else "2026-03-05T12:00:00+00:00", 5000))


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("queues", [None, ALL_QUEUES, ["billing"]], ids=["every queue", "all granted", "one granted"])
@pytest.mark.parametrize("filters", FILTERS.values(), ids=FILTERS.keys())
async def test_searches_without_words_use_an_index(
    reader: Any, filters: TicketFilter, queues: list[str] | None, order: SearchOrder
) -> None:
    for after in (None, place_in(filters, order)):
        await refuse(reader, *listed_statement(filters, queues, 21, after, order), WALKED)
    await refuse(reader, *count_statement(replace(filters, queue_id="billing"), queues, order))


@pytest.mark.parametrize("filters", FILTERS.values(), ids=FILTERS.keys())
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
async def test_searches_with_words_use_an_index(
    reader: Any, database: Database, text: str, filters: TicketFilter
) -> None:
    query = parse_query(text)
    if query.number is not None:
        await refuse(reader, *listed_statement(replace(filters, query=query), None, 21, None), WALKED)
        return
    words = await known(database, text)
    if not words:
        assert text == "qqqqqqq"
        return
    asked, ranking = replace(filters, query=query), ranking_of(words, len(query.words), (), ())
    for after in (None, CursorKey((100, 500))):
        await refuse(reader, *ranked_statement(ranking, asked, None, 21, after))
        await refuse(reader, *ranked_statement(ranking, asked, ["billing"], 21, after))
    if filters != FILTERS["nothing"]:
        await refuse(reader, *ranked_statement(ranking, asked, None, 21, None, by_filters=True))


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("filters", FILTERS.values(), ids=FILTERS.keys())
async def test_searches_with_words_use_an_index_in_each_order(
    reader: Any, database: Database, filters: TicketFilter, order: SearchOrder
) -> None:
    query = parse_query("printer screen")
    words = await known(database, "printer screen")
    asked = replace(filters, query=query)
    for required, deciding in (((), ()), ((0, 1), ()), ((), (0,))):
        ranking = ranking_of(words, 2, required, deciding)
        for after in (None, place_in(asked, order)):
            await refuse(reader, *ranked_statement(ranking, asked, None, 21, after, order))


async def test_full_text_operator_reads_the_whole_tenant(reader: Any) -> None:
    """The reason for our own inverted index: @@ is not leakproof, so it cannot use an index under a policy."""
    plan = await plan_of(
        reader, "SELECT number FROM ticketing.tickets WHERE to_tsvector('simple', title) @@ to_tsquery('printer')", []
    )
    # Postgres reads all tickets of the tenant by some index, and then filters by words.
    conditions = " ".join(str(node.get("Index Cond")) for node in nodes(plan))
    assert "printer" not in conditions
    assert any("printer" in str(node.get("Filter")) for node in nodes(plan))


async def rows_read(database: Database, statement: str, values: list[object]) -> float:
    """The largest number of rows that one node of an executed plan read."""
    async with database.session() as connection:
        document = await connection.fetchval(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}", *values)
    top = json.loads(document)[0]["Plan"]
    refuse_whole_tables(top, BIG, may_walk=WALKED)
    return max(
        node["Actual Rows"] * node["Actual Loops"] + node.get("Rows Removed by Filter", 0) for node in nodes(top)
    )


@pytest.mark.parametrize("text", [text for text in TEXTS.values() if text not in ("T-1234", "qqqqqqq")])
async def test_search_reads_a_bounded_number_of_rows(database: Database, text: str) -> None:
    """Counts rows after enough executions for a generic plan."""
    filters = TicketFilter(parse_query(text), statuses=("closed",))
    with acting_as(ACME):
        desk = PostgresDesk(database)
        for _ in range(7):
            await desk.search(filters, 21, None)
        words = await known(database, text)
        ranking = ranking_of(words, len(filters.query.words), (), ())
        statement, values = ranked_statement(ranking, filters, None, 21, None)
        read = await rows_read(database, statement, values)
    starts = len(words) * 6
    # The search reads every word of every candidate, about thirty per ticket.
    assert read <= min(starts * MAX_RANKED, OURS) * 40


async def test_data_has_frequent_and_rare_words(database: Database) -> None:
    (frequent,) = await known(database, "example")
    (rare,) = await known(database, "malmo")
    assert frequent.found.count == COUNT_LIMIT + 1
    assert 0 < rare.found.count <= COUNT_LIMIT


async def test_frequent_word_with_rare_filter_is_ranked_fully(database: Database) -> None:
    desk = PostgresDesk(database)
    with acting_as(ACME):
        assert (await desk.search(TicketFilter(parse_query("example")), 5, None)).partial
        assert not (await desk.search(TicketFilter(parse_query("example"), statuses=("on-hold",)), 5, None)).partial
