"""Query plans under row-level security: no statement scans a big table, and searches read a bounded number of rows.

The data is large enough for indexes to pay off, and is analysed. Each statement is planned for its values (custom plan)
and for any values (generic plan), since Postgres may switch to the generic plan after five executions.
"""

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

import anyio
import pytest

from devkit.stores.databases import DatabaseUrls
from devkit.stores.testing import PostgresServer
from servicekit.core.caller import acting_as
from servicekit.schema.pagination import CursorKey
from servicekit.storage.postgres.database import Database
from tests.fixtures.databases import connected, copy_of
from tests.fixtures.query_plans import generic_plan_of, nodes, plan_of, refuse_whole_tables
from ticketing_mcp.adapters.postgres import (
    attachments,
    conversations,
    custom_fields,
    people,
    phrases,
    queues,
    service_levels,
    similar_words,
    tags,
    term_index,
    ticket_queries,
    ticket_writer,
    time_zone,
    vocabulary,
)
from ticketing_mcp.adapters.postgres.desk import PostgresDesk
from ticketing_mcp.adapters.postgres.people import users_statement
from ticketing_mcp.adapters.postgres.search_statements import (
    count_statement,
    listed_statement,
    ranked_statement,
    ranking_of,
)
from ticketing_mcp.adapters.postgres.service_levels import due_statement
from ticketing_mcp.adapters.postgres.similar_tickets import similar_statement
from ticketing_mcp.adapters.postgres.similar_words import SimilarWords
from ticketing_mcp.adapters.postgres.vocabulary import IndexedWord, Vocabulary
from ticketing_mcp.models.compared_text import compared_text
from ticketing_mcp.models.query import parse_query
from ticketing_mcp.models.search import COUNT_LIMIT, MAX_RANKED, trigrams
from ticketing_mcp.models.similarity import compare_by
from ticketing_mcp.models.word_forms import forms_of
from ticketing_mcp.ports.search import SearchOrder, TicketFilter, TimeRange
from ticketing_mcp.ports.service_levels import DueFilter
from ticketing_mcp.sample_data.load import load_plan
from ticketing_mcp.sample_data.people import requester
from ticketing_mcp.sample_data.plan import Plan

from .scene import ACME

pytestmark = pytest.mark.slow

SIZE = Plan(size=12_000, seed=1, until=date(2026, 6, 1))
OURS = SIZE.count_of(0)
# Without links: they are so few at this size that a scan is the right plan.
BIG = {
    "tickets", "comments", "events", "holds", "users", "user_terms", "vocabulary", "vocabulary_trigrams",
    "ticket_terms", "ticket_tags", "field_values", "attachments", "attachment_contents",
}  # fmt: skip
# May be read by tenant alone, newest first, until a page is full.
WALKED = {"tickets_pkey", "users_pkey", "ticket_tags_pkey"}
ALL_QUEUES = ["accounts", "billing", "it-support", "operations", "shipping"]
BODY = "Since Monday my printer shows a black screen. The certificate seems to have expired in Malmö."

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
TEXTS = {
    "number": "T-1234",
    "frequent word": "colleagues",
    "frequent words": "colleagues update",
    "rare word": "malmo",
    "beginning": "cer",
    "slip": "certifciate",
    "name": "maria silva",
    "address": requester(SIZE, 0, 0)[0].email,
    "domain": "example",
    "many words": "printer screen black logo cable presentation tomorrow leeds since update queue wireless",
    "unknown": "qqqqqqq",
    "japanese": "パスワード",
}


@pytest.fixture(scope="session")
def large(postgres: PostgresServer, template: DatabaseUrls) -> Iterator[DatabaseUrls]:
    """12 000 tickets, so that frequent words occur in more than 1000."""
    with copy_of(template, postgres) as urls:
        anyio.run(partial(load_plan, urls.owner, SIZE, replace=True))
        yield urls


@pytest.fixture
async def database(large: DatabaseUrls) -> AsyncIterator[Database]:
    database = Database(large.reader, read_only=True, connections=1)
    await database.start()
    yield database
    await database.stop()


@pytest.fixture
async def reader(large: DatabaseUrls) -> AsyncIterator[Any]:
    async with connected(large.reader, "acme", server_settings={"jit": "off"}) as connection:
        yield connection


async def known(database: Database, text: str) -> list[IndexedWord]:
    with acting_as(ACME):
        return (await Vocabulary(database).resolve(parse_query(text))).words


async def refuse(reader: Any, statement: str, values: list[Any], walked: set[str] | None = None) -> None:
    may_walk = walked or set()
    refuse_whole_tables(await plan_of(reader, statement, values), BIG, may_walk=may_walk)
    refuse_whole_tables(await generic_plan_of(reader, statement), BIG, may_walk=may_walk)


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


GRANTED: list[Any] = [1234, None]
OTHERS: dict[str, tuple[str, list[Any]]] = {
    "ticket": (ticket_queries.TICKET, GRANTED),
    "ticket of granted queues": (ticket_queries.TICKET, [1234, ["billing"]]),
    "newest messages": (conversations.NEWEST, [*GRANTED, 9, 21, True, ["public_reply"], None]),
    "oldest messages": (conversations.OLDEST, [*GRANTED, -1, 21, True, ["public_reply"], None]),
    "notes with a mention": (conversations.NEWEST, [*GRANTED, 9, 21, False, ["internal_note"], "ada.lind"]),
    "one message": (conversations.ONE, [*GRANTED, 1, 1, False]),
    "history": (ticket_queries.HISTORY, [*GRANTED, 0, 51]),
    "numbers": (ticket_queries.NUMBERS, [1200, None, 1299, 20]),
    "queue": (queues.QUEUE, ["billing", None]),
    "attachment": (attachments.ATTACHMENT, [*GRANTED, 1]),
    "custom fields": (custom_fields.CUSTOM_FIELDS, ["billing", None]),
    "several tickets": (ticket_queries.TICKETS, [[1234, 2345], None]),
    "clocks of tickets": (service_levels.CLOCKS, [[1234, 2345], None]),
    "members of queues": (queues.MEMBERS, [["billing", "accounts"]]),
    "staff": (people.STAFF, [["ada.lind", "ada.lind@acme.example"]]),
    "known tags": (tags.KNOWN_TAGS, [None, ["vip", "x"]]),
    "known tags of granted queues": (tags.KNOWN_TAGS, [["billing"], ["vip", "x"]]),
    "people": users_statement(["maria"], None, 21, None),
    "more people": users_statement(["maria", "sil"], "requester", 21, CursorKey(("a",))),
    "words": (vocabulary.TERM_MATCHES, [["printer"], ["printer\U0010ffff"]]),
    "alike words": (vocabulary.SIMILAR_TERMS, [["|".join(sorted(trigrams("prnter")))]]),
    "texts of tickets": (phrases.TEXTS, [[1, 2, 3]]),
    "time zone": (time_zone.TIME_ZONE, []),
    "words of granted queues": (vocabulary.VISIBLE_TERMS, [[1, 2, 3], ["billing"]]),
}
WRITES: dict[str, tuple[str, list[Any]]] = {
    "lock": (ticket_writer.LOCK, GRANTED),
    "several locks": (ticket_writer.LOCK_ALL, [[1234, 2345], None]),
    "number": (ticket_writer.NEXT_NUMBER, ["billing"]),
    "service level": (ticket_writer.POLICY_NOW, ["billing"]),
    "requester": (ticket_writer.REQUESTER, ["maria.silva12@example.com"]),
    "change": (
        ticket_writer.UPDATE_TICKET,
        [1234, 1, "x", "open", "low", "billing", None, None, None, False, None, None, None, []],
    ),
    "comment": (
        ticket_writer.INSERT_COMMENT,
        [1234, "internal_note", "x", "x", datetime(2026, 1, 1, tzinfo=UTC), None],
    ),
    "mentions": (ticket_writer.INSERT_MENTIONS, [1234, 1, ["ada.lind"]]),
    "events": (
        ticket_writer.INSERT_EVENTS,
        [1234, datetime(2026, 1, 1, tzinfo=UTC), "x", ["linked"], ["staff"], ["T-1"], [None]],
    ),
    "present files": (attachments.PRESENT, [1234]),
    "quota": (attachments.RESERVE, [1, 10]),
    "custom values": (custom_fields.WRITE_VALUES, [1234, ["amount"], ["number"], ["1"]]),
    "new tags": (tags.INSERT_TAGS, [1234, ["x"]]),
    "removed tags": (tags.DELETE_TAGS, [1234, ["x"]]),
    "hold after a merge": (ticket_writer.RESUME_HOLD, [1234, datetime(2026, 1, 1, tzinfo=UTC)]),
    "hold": (ticket_writer.END_HOLD, [1234, datetime(2026, 1, 1, tzinfo=UTC)]),
    "forgetting words": (term_index.DELETE_TERMS, [1234]),
    "lessening words": (term_index.DEMOTE_TERMS, [1234]),
    "keeping words": (term_index.UPSERT_TERMS, [1234, ["printer"], [1]]),
    "keeping words of comments": (term_index.UPSERT_COMMENT_TERMS, [1234, ["printer"]]),
}


@pytest.mark.parametrize(("statement", "values"), OTHERS.values(), ids=OTHERS.keys())
async def test_other_statements_use_an_index(reader: Any, statement: str, values: list[Any]) -> None:
    await refuse(reader, statement, values)


async def test_most_used_tags_are_counted_among_the_newest(reader: Any) -> None:
    for granted in (None, ["billing"]):
        await refuse(reader, tags.TAGS, [granted, 50], WALKED)


@pytest.mark.parametrize(("statement", "values"), WRITES.values(), ids=WRITES.keys())
async def test_writes_use_an_index(large: DatabaseUrls, statement: str, values: list[Any]) -> None:
    async with connected(large.writer, "acme", server_settings={"jit": "off"}) as connection:
        await refuse(connection, statement, values)


# Read for a whole tenant: of tickets that are not closed, which are few.
UNRESOLVED = {"tickets_by_queue_and_due", "tickets_by_due", "tickets_by_resolution_due"}
NOW = datetime(2026, 6, 1, tzinfo=UTC)
LAST = [
    (NOW.isoformat(), 0, NOW.isoformat(), 5000),
    (NOW.isoformat(), 1, NOW.isoformat(), 5000),
    (NOW.isoformat(), 2, None, 5000),
]


@pytest.mark.parametrize("after", [None, *map(CursorKey, LAST)], ids=["first page", "next", "breached", "on hold"])
@pytest.mark.parametrize("queues", [None, ["billing", "accounts"]], ids=["every queue", "granted"])
@pytest.mark.parametrize(
    "filters",
    [
        DueFilter(),
        DueFilter("billing"),
        DueFilter("billing", within=timedelta(hours=2)),
        DueFilter(within=timedelta(hours=2)),
        DueFilter(assignee_id="ada.lind"),
    ],
    ids=["everything", "queue", "queue and time", "time", "assignee"],
)
async def test_due_tickets_use_an_index(
    reader: Any, filters: DueFilter, queues: list[str] | None, after: CursorKey | None
) -> None:
    if filters.within is not None and after is not None and after[1] == 2:
        return  # tickets on hold are not in that list
    await refuse(reader, *due_statement(filters, queues, NOW, 21, after), UNRESOLVED)


@pytest.mark.parametrize("granted", [None, ["billing", "accounts"]], ids=["every queue", "granted"])
async def test_load_of_every_queue_reads_what_is_not_closed(reader: Any, granted: list[str] | None) -> None:
    await refuse(reader, queues.LOADED_QUEUES, [granted], UNRESOLVED)


@pytest.mark.parametrize("since", [None, datetime(2026, 5, 1, tzinfo=UTC)], ids=["any time", "recent"])
@pytest.mark.parametrize("queues", [None, ["billing"]], ids=["every queue", "one granted"])
async def test_similar_tickets_use_an_index(
    reader: Any, database: Database, queues: list[str] | None, since: datetime | None
) -> None:
    with acting_as(ACME):
        shared, unknown = await SimilarWords(database, 7, queues).shared(compared_text(BODY))
    assert len(shared) > 3
    await refuse(reader, *similar_statement(compare_by(shared, unknown), queues, 10, 7, since))


@pytest.mark.parametrize("queues", [None, ["billing"]], ids=["every queue", "one granted"])
async def test_words_of_a_text_use_an_index(reader: Any, queues: list[str] | None) -> None:
    forms = [form for word in compared_text(BODY).words for form in forms_of(word)]
    await refuse(reader, similar_words.FORMS, [forms, 7, queues], WALKED)
    pairs = [(word, trigram) for word in ("prnter", "certifciate") for trigram in sorted(trigrams(word))]
    words, of_words = map(list, zip(*pairs, strict=True))
    await refuse(reader, similar_words.CLOSEST, [words, 7, queues, of_words], WALKED)


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
