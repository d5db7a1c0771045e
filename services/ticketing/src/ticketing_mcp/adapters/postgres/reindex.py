"""Rebuilds the search index from the texts of tickets, after a release that changed which words are indexed.

It runs while the server serves: each batch of tickets is locked for as long as its words are written.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from asyncpg import Record

from servicekit.storage.postgres.login.address import DatabaseAddress, address_from
from ticketing_mcp.adapters.postgres.term_index import INSERT_TRIGRAMS, INSERT_WORDS, trigram_rows
from ticketing_mcp.models.comments import beginning, may_quote
from ticketing_mcp.models.identifiers import MAX_TEXT
from ticketing_mcp.models.mail.view import view
from ticketing_mcp.models.words import IN_COMMENTS, comment_terms, ticket_terms

if TYPE_CHECKING:
    from asyncpg import Connection
else:
    Connection = Any

BATCH: Final = 500
"""Tickets of one transaction."""

# Read by the owner, to whom row-level security applies too: opened for the length of one statement.
_OPEN_TENANTS = "ALTER TABLE ticketing.tenants NO FORCE ROW LEVEL SECURITY"
_CLOSE_TENANTS = "ALTER TABLE ticketing.tenants FORCE ROW LEVEL SECURITY"
_TENANTS = "SELECT id FROM ticketing.tenants ORDER BY id"
TICKETS = f"""
SELECT t.number, t.title, t.body, t.format, u.name, u.email FROM ticketing.tickets AS t
JOIN ticketing.users AS u ON u.tenant_id = t.tenant_id AND u.id = t.requester_id
WHERE t.number > $1 AND ($2::timestamptz IS NULL OR t.updated_at >= $2) ORDER BY t.number LIMIT {BATCH} FOR UPDATE OF t
"""
COMMENTS = """
SELECT number, sequence, kind, body, format FROM ticketing.comments
WHERE number = ANY ($1::integer[]) ORDER BY number, sequence
"""
WRITE_TERMS = """
WITH given AS MATERIALIZED (
    SELECT w.number, v.id AS term_id, w.weight, w.in_comments
    FROM unnest($1::integer[], $2::text[], $3::smallint[], $4::boolean[]) AS w (number, term, weight, in_comments)
    CROSS JOIN LATERAL (SELECT id FROM ticketing.vocabulary WHERE term = w.term OFFSET 0) AS v
), gone AS (
    DELETE FROM ticketing.ticket_terms AS i WHERE i.number = ANY ($5::integer[])
    AND NOT EXISTS (SELECT FROM given AS g WHERE g.number = i.number AND g.term_id = i.term_id)
)
INSERT INTO ticketing.ticket_terms AS i (tenant_id, number, term_id, weight, in_comments)
SELECT current_setting('app.tenant'), g.number, g.term_id, g.weight, g.in_comments FROM given AS g
ON CONFLICT (tenant_id, number, term_id) DO UPDATE SET weight = excluded.weight, in_comments = excluded.in_comments
WHERE i.weight <> excluded.weight OR i.in_comments <> excluded.in_comments
"""


async def reindex(owner: DatabaseAddress | str, since: datetime | None = None) -> int:
    """Index the tickets of every tenant again, as the owner of the tables. Returns the number of tickets.

    Args:
        since: only those that were changed at that time or later.
    """
    # Neither parameters nor statements of the session, which may be shared behind a pooler.
    connection = await address_from(owner).connect(statement_cache_size=0)
    try:
        async with connection.transaction():
            await connection.execute(_OPEN_TENANTS)
            tenants = [row[0] for row in await connection.fetch(_TENANTS)]
            await connection.execute(_CLOSE_TENANTS)
        return sum([await _reindex_tenant(connection, tenant, since) for tenant in tenants])
    finally:
        await connection.close()


async def _reindex_tenant(connection: Connection, tenant: str, since: datetime | None) -> int:
    done = last = 0
    while True:
        async with connection.transaction():
            await connection.execute("SELECT set_config('app.tenant', $1, true)", tenant)
            tickets = await connection.fetch(TICKETS, last, since)
            if not tickets:
                return done
            await _write(connection, tickets)
        done, last = done + len(tickets), tickets[-1]["number"]


async def _write(connection: Connection, tickets: Sequence[Record]) -> None:
    numbers = [ticket["number"] for ticket in tickets]
    said: dict[int, set[str]] = {number: set() for number in numbers}
    for comment in await connection.fetch(COMMENTS, numbers):
        folded = may_quote(comment["kind"], comment["format"], comment["sequence"])
        shown = view(comment["body"], comment["format"], folded=folded)
        said[comment["number"]].update(comment_terms(shown.text))
    rows = []
    for ticket in tickets:
        body = beginning(view(ticket["body"], ticket["format"], folded=False).text, MAX_TEXT)
        own = ticket_terms(ticket["title"], body, ticket["name"], ticket["email"])
        in_comments = said[ticket["number"]]
        rows += [
            (ticket["number"], term, own.get(term, IN_COMMENTS), term in in_comments)
            for term in dict.fromkeys([*own, *sorted(in_comments)])
        ]
    inserted = await connection.fetch(INSERT_WORDS, sorted({term for _, term, _, _ in rows}))
    if pairs := trigram_rows(inserted):
        await connection.fetch(INSERT_TRIGRAMS, *map(list, zip(*pairs, strict=True)))
    await connection.fetch(WRITE_TERMS, *map(list, zip(*rows, strict=True)), numbers)
