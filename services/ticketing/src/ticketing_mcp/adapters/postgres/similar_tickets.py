"""Similar tickets, from the index that search uses."""

from datetime import datetime
from typing import Final

from asyncpg import Record

from servicekit.storage.postgres.database import Database
from servicekit.storage.where_clause import WhereClause
from ticketing_mcp.adapters.postgres.grants import granted_queues
from ticketing_mcp.adapters.postgres.search_statements import COLUMNS, RECORD
from ticketing_mcp.adapters.postgres.similar_words import SimilarWords
from ticketing_mcp.adapters.postgres.tags import TAGS_OF_TICKET
from ticketing_mcp.models.compared_text import compared_text
from ticketing_mcp.models.similarity import REASON_WORDS, Comparison, compare_by
from ticketing_mcp.models.tickets import TicketSummary
from ticketing_mcp.ports.search import Similar, SimilarResult

_READ_PER_TERM: Final = 1000
"""Newest tickets read per form of a word."""
_MOST_FILTERED: Final = 5000
"""Tickets that are filtered: those that share most of the weight, as far as it was read."""
_MOST_COMPARED: Final = 500
"""Tickets of those whose words are all looked up."""

# OFFSET 0 keeps each subquery a look-up. As a join, the planner could read a table for the whole tenant.
_SIMILAR = f"""
WITH given AS MATERIALIZED (
    SELECT * FROM unnest({{words}}::integer[], {{terms}}::integer[], {{points}}::integer[], {{sufficing}}::boolean[])
        AS g (word, term_id, points, suffices)
), candidates AS MATERIALIZED (
    SELECT p.number, sum(g.points) AS points FROM given AS g
    CROSS JOIN LATERAL (
        SELECT i.number FROM ticketing.ticket_terms AS i WHERE i.term_id = g.term_id
        ORDER BY i.number DESC LIMIT {_READ_PER_TERM} OFFSET 0
    ) AS p
    GROUP BY p.number ORDER BY points DESC, p.number DESC LIMIT {_MOST_FILTERED}
), kept AS MATERIALIZED (
    SELECT c.number FROM candidates AS c {{kept}} ORDER BY c.points DESC, c.number DESC LIMIT {_MOST_COMPARED}
), found AS (
    SELECT c.number, g.word, max(g.points) AS points, bool_or(g.suffices) AS suffices
    FROM kept AS c
    CROSS JOIN LATERAL (
        SELECT i.term_id FROM ticketing.ticket_terms AS i
        WHERE i.number = c.number AND i.term_id = ANY ({{terms}}::integer[]) OFFSET 0
    ) AS i
    JOIN given AS g ON g.term_id = i.term_id
    GROUP BY c.number, g.word
), scored AS (
    SELECT number, sum(points)::integer AS score, array_agg(word ORDER BY points DESC, word) AS words FROM found
    GROUP BY number
    HAVING bool_or(suffices) OR (count(*) >= {{needed}} AND sum(points) >= {{least}})
)
SELECT {RECORD.format(tags=TAGS_OF_TICKET, score="NULL::integer")} AS ticket, s.score, s.words, t.resolution
FROM (SELECT number, score, words FROM scored ORDER BY score DESC, number DESC LIMIT {{count}}) AS s
CROSS JOIN LATERAL (
    SELECT {COLUMNS}, resolution FROM ticketing.tickets AS t WHERE t.number = s.number OFFSET 0
) AS t
ORDER BY s.score DESC, s.number DESC
"""
_FILTERED = "WHERE EXISTS (SELECT FROM ticketing.tickets AS t {where} OFFSET 0)"


def similar_statement(
    compared: Comparison, queues: list[str] | None, count: int, other_than: int | None, since: datetime | None
) -> tuple[str, list[object]]:
    """SQL and arguments for the tickets that share enough weight of the words."""
    conditions = WhereClause()
    if queues is not None:
        conditions.add("t.queue_id = ANY ({}::text[])", queues)
    if other_than is not None:
        conditions.add("t.number <> {}", other_than)
    if since is not None:
        conditions.add("t.created_at >= {}", since)
    filtered = bool(conditions.where())
    rows = [(place, term, one.weight, one.suffices) for place, one in enumerate(compared.words) for term in one.terms]
    words, terms, points, sufficing = map(list, zip(*rows, strict=True))
    statement = _SIMILAR.format(
        words=conditions.bind(words),
        terms=conditions.bind(terms),
        points=conditions.bind(points),
        sufficing=conditions.bind(sufficing),
        kept=_FILTERED.format(where=conditions.where("t.number = c.number")) if filtered else "",
        needed=conditions.bind(compared.needed),
        least=conditions.bind(compared.least),
        count=conditions.bind(count),
    )
    return statement, conditions.values


class SimilarTicketQueries:
    """`SimilarTickets` on Postgres."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def similar(self, text: str, count: int, other_than: int | None, since: datetime | None) -> SimilarResult:
        words, queues = compared_text(text), await granted_queues(self._database)
        shared, unknown = await SimilarWords(self._database, other_than, queues).shared(words)
        if not shared:
            return SimilarResult((), unknown, unknown)
        compared = compare_by(shared, unknown)
        statement, values = similar_statement(compared, queues, count, other_than, since)
        rows = await self._database.fetch(statement, *values)
        return SimilarResult([_similar(row, compared) for row in rows], len(shared) + unknown, unknown)


def _similar(row: Record, compared: Comparison) -> Similar:
    shared = [compared.words[place] for place in row["words"]]
    return Similar(
        TicketSummary.model_validate_json(row["ticket"]),
        compared.similarity(row["score"]),
        tuple(one.word for one in shared[:REASON_WORDS]),
        any(one.suffices for one in shared),
        row["resolution"],
    )
