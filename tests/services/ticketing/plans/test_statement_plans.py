"""Statements that read records, write them or list due tickets use an index."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from devkit.stores.databases import DatabaseUrls
from servicekit.schema.pagination import CursorKey
from tests.fixtures.databases import connected
from ticketing_mcp.adapters.postgres import (
    attachments,
    conversations,
    custom_fields,
    people,
    phrases,
    queues,
    service_levels,
    tags,
    term_index,
    ticket_queries,
    ticket_writer,
    time_zone,
    vocabulary,
)
from ticketing_mcp.adapters.postgres.people import users_statement
from ticketing_mcp.adapters.postgres.service_levels import due_statement
from ticketing_mcp.models.search import trigrams
from ticketing_mcp.ports.service_levels import DueFilter

from .large_data import WALKED, refuse

pytestmark = pytest.mark.slow

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
