"""Statements explained on a data set that is large enough for indexes to pay off.

Each statement is planned for its values (custom plan) and for any values (generic plan), since Postgres may switch to
the generic plan after five executions.
"""

from datetime import date
from typing import Any

from servicekit.core.caller import acting_as
from servicekit.storage.postgres.database import Database
from tests.fixtures.query_plans import generic_plan_of, plan_of, refuse_whole_tables
from tests.services.ticketing.scene import ACME
from ticketing_mcp.adapters.postgres.vocabulary import IndexedWord, Vocabulary
from ticketing_mcp.models.query import parse_query
from ticketing_mcp.sample_data.people import requester
from ticketing_mcp.sample_data.plan import Plan

SIZE = Plan(size=12_000, seed=1, until=date(2026, 6, 1))
OURS = SIZE.count_of(0)
# Without links: they are so few at this size that a scan is the right plan.
BIG = {
    "tickets", "comments", "events", "holds", "users", "user_terms", "vocabulary", "vocabulary_trigrams",
    "ticket_terms", "ticket_tags", "field_values", "attachments", "attachment_contents",
}  # fmt: skip
# May be read by tenant alone, newest first, until a page is full.
WALKED = {"tickets_pkey", "users_pkey", "ticket_tags_pkey"}

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


async def known(database: Database, text: str) -> list[IndexedWord]:
    with acting_as(ACME):
        return (await Vocabulary(database).resolve(parse_query(text))).words


async def refuse(reader: Any, statement: str, values: list[Any], walked: set[str] | None = None) -> None:
    may_walk = walked or set()
    refuse_whole_tables(await plan_of(reader, statement, values), BIG, may_walk=may_walk)
    refuse_whole_tables(await generic_plan_of(reader, statement), BIG, may_walk=may_walk)
