"""Ticket search in a large database: `python -m tests.system.bench.ticket_search postgresql://ticketing_reader:…@…`.

The database is filled by `ticketing-mcp seed --size 1000000`. Each filter and each order runs through the server's own
adapter, one call after the other, with values that are drawn from the data (`--seed`). Prints a table in Markdown:
tickets found, latencies with the client included, and what the plan of the last call read.
"""

import argparse
import asyncio
import json
import os
import random
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from servicekit.core.caller import acting_as
from servicekit.storage.postgres.database import Database
from servicekit.testing.service import caller
from ticketing_mcp.adapters.postgres.search_statements import listed_statement, ranked_statement, ranking_of
from ticketing_mcp.adapters.postgres.ticket_search import TicketSearch
from ticketing_mcp.adapters.postgres.vocabulary import Vocabulary
from ticketing_mcp.models.query import parse_query
from ticketing_mcp.ports.search import SearchOrder, TicketFilter, TimeRange

PAGE = 20
ACME = caller("tickets:read", tenant="acme")
QUEUES = ("accounts", "billing", "it-support", "operations", "shipping")
UNRESOLVED = ("open", "pending", "on-hold")
Search = tuple[TicketFilter, SearchOrder]


@dataclass(frozen=True)
class Drawn:
    """Values from the data."""

    requesters: Sequence[tuple[str, str]]
    codes: Sequence[str]
    merged: Sequence[int]
    tags: Sequence[str]
    last: datetime


def kinds(drawn: Drawn, luck: random.Random) -> Mapping[str, Callable[[], Search]]:
    """Each kind of search, with the values of one call."""

    def days(count: int, most: int = 700) -> TimeRange:
        first = drawn.last - timedelta(days=luck.randrange(most) + count)
        return TimeRange(first, first + timedelta(days=count))

    def queue() -> str:
        return luck.choice(QUEUES)

    def words(text: str, order: SearchOrder = "score", **conditions: Any) -> Search:
        return TicketFilter(parse_query(text), **conditions), order

    def listed(order: SearchOrder = "newest", **conditions: Any) -> Search:
        return TicketFilter(**conditions), order

    last_week = TimeRange(drawn.last - timedelta(days=7))
    return {
        "no filter": listed,
        "no filter, oldest": lambda: listed("oldest"),
        "three statuses": lambda: listed(statuses=UNRESOLVED),
        "three statuses in a queue": lambda: listed(statuses=UNRESOLVED, queue_id=queue()),
        "unassigned in a queue": lambda: listed(unassigned=True, queue_id=queue()),
        "requester's address": lambda: listed(requester=luck.choice(drawn.requesters)[1]),
        "requester's id": lambda: listed(requester=luck.choice(drawn.requesters)[0]),
        "merged into": lambda: listed(merged_into=luck.choice(drawn.merged)),
        "tag": lambda: listed(tags=(luck.choice(drawn.tags),)),
        "tag, in a queue, unresolved": lambda: listed(
            tags=(luck.choice(drawn.tags),), queue_id=queue(), statuses=UNRESOLVED
        ),
        "created on a day": lambda: listed(created=days(1)),
        "created in a month, oldest": lambda: listed("oldest", created=days(30)),
        "created in a year, urgent in a queue": lambda: listed(
            created=days(365, 300), priority="urgent", queue_id=queue()
        ),
        "updated in a week": lambda: listed(updated=days(7)),
        "updated in a week, unresolved": lambda: listed(updated=days(7), statuses=UNRESOLVED),
        "closed in a week, in a queue": lambda: listed(closed=days(7), queue_id=queue()),
        "closed in a month, of a colleague": lambda: listed(closed=days(30), assignee_id="ada.lind"),
        "breached": lambda: listed(sla="breached"),
        "paused in a queue": lambda: listed(sla="paused", queue_id=queue()),
        "due next": lambda: listed("due"),
        "due next in a queue": lambda: listed("due", queue_id=queue()),
        "due before a time, of a colleague": lambda: listed(
            "due", due_before=drawn.last - timedelta(days=luck.randrange(300)), assignee_id="dev.patel"
        ),
        "code": lambda: words(luck.choice(drawn.codes)),
        "code and two words": lambda: words(f"{luck.choice(drawn.codes)} printer screen"),
        "phrase": lambda: words('"black screen"'),
        "phrase that no ticket has": lambda: words('"screen black"'),
        "frequent words": lambda: words("screen black"),
        "frequent words, newest": lambda: words("screen black", "newest"),
        "frequent words, oldest": lambda: words("screen black", "oldest"),
        "frequent words of last week": lambda: words("parcel damaged", created=last_week),
        "frequent words of a month": lambda: words("parcel damaged", created=days(30)),
        "frequent words, closed in a month": lambda: words("parcel damaged", closed=days(30)),
        "frequent words, unassigned": lambda: words("screen black", unassigned=True),
        "frequent words, unresolved, due next": lambda: words("screen black", "due", statuses=UNRESOLVED),
        "frequent words with a tag": lambda: words("screen black", tags=(luck.choice(drawn.tags),)),
        "domain": lambda: words("@example.com"),
    }


async def drawn(database: Database, luck: random.Random) -> Drawn:
    """Values of random tickets."""
    last = await database.fetchval("SELECT number FROM ticketing.tickets ORDER BY number DESC LIMIT 1")
    rows = await database.fetch(
        "SELECT t.title, t.created_at, u.id, u.email FROM ticketing.tickets AS t JOIN ticketing.users AS u "
        "ON u.tenant_id = t.tenant_id AND u.id = t.requester_id WHERE t.number = ANY ($1::integer[])",
        [luck.randint(1, last) for _ in range(1000)],
    )
    codes = [word for row in rows for word in row["title"].split() if word[:1].isalpha() and word[1:].isdigit()]
    merged = await database.fetch(
        "SELECT merged_into FROM ticketing.tickets WHERE merged_into IS NOT NULL ORDER BY number DESC LIMIT 500"
    )
    tags = await database.fetch("SELECT tag FROM ticketing.ticket_tags ORDER BY number DESC LIMIT 2000")
    latest = await database.fetchval("SELECT created_at FROM ticketing.tickets ORDER BY number DESC LIMIT 1")
    return Drawn(
        sorted((row["id"], row["email"]) for row in rows),
        sorted(codes),
        [row[0] for row in merged] or [1],
        sorted({row[0] for row in tags}) or ["refund"],
        latest,
    )


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", ()):
        yield from nodes(child)


async def plan_of(database: Database, search: Search) -> tuple[str, int]:
    """The indexes and scanned tables that a search read, and its pages of 8 KB."""
    filters, order = search
    statement, values = listed_statement(filters, None, PAGE + 1, None, order)
    if filters.query.words:
        words = (await Vocabulary(database).resolve(filters.query)).words
        if not words:
            return "", 0
        ranking = ranking_of(words, len(filters.query.words), (), ())
        statement, values = ranked_statement(ranking, filters, None, PAGE + 1, None, order)
    document = await database.fetchval(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}", *values)
    plan = json.loads(document)[0]["Plan"]
    run = [node for node in nodes(plan) if node["Actual Loops"]]
    used = [node["Index Name"] for node in run if "Index Name" in node]
    scans = [f"{node['Node Type']} {node['Relation Name']}" for node in run if "Seq Scan" in node["Node Type"]]
    names = [name for name in dict.fromkeys([*used, *scans]) if not name.startswith("users_")]
    return ", ".join(names), plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]


async def timed(search: TicketSearch, of: Callable[[], Search], calls: int) -> tuple[list[float], float]:
    """Milliseconds of each call, in order, and the mean number of tickets of a page."""
    times, found = [], 0
    for _ in range(calls):
        filters, order = of()
        began = time.perf_counter()
        found += len((await search.search(filters, PAGE + 1, None, order)).tickets)
        times.append((time.perf_counter() - began) * 1000)
    return sorted(times), found / calls


async def measure(url: str, calls: int, seed: int, only: str) -> None:
    """Print the table, and under which load it was measured."""
    luck = random.Random(seed)
    database = Database(url, read_only=True, connections=2, statement_timeout=60)
    await database.start()
    print("| search | found | p50 ms | p99 ms | pages read | indexes |\n| --- | ---: | ---: | ---: | ---: | --- |")
    with acting_as(ACME):
        for kind, of in kinds(await drawn(database, luck), luck).items():
            if only not in kind:
                continue
            times, found = await timed(TicketSearch(database), of, calls)
            used, pages = await plan_of(database, of())
            p50, p99 = statistics.median(times), times[min(len(times) - 1, int(len(times) * 0.99))]
            print(f"| {kind} | {found:.0f} | {p50:.1f} | {p99:.1f} | {pages} | {used} |", flush=True)
    print(f"\nload average {os.getloadavg()[0]:.0f}")
    await database.stop()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--calls", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="kinds whose name contains this")
    options = parser.parse_args()
    asyncio.run(measure(options.url, options.calls, options.seed, options.only))


if __name__ == "__main__":
    main()
