"""Ranked ticket search by words and filters, from an inverted index (docs/decisions/0008).

The table `ticket_terms` is the index: tenant, word, ticket, weight. A search picks its rarest words, so that every
match has at least one of them; reads the newest tickets of each; applies the filters; then looks up the other words of
each candidate. Only equality and order are used, because row-level security disables other index operators.
"""

from collections.abc import Sequence

from servicekit.schema import CursorKey
from servicekit.storage.where_clause import WhereClause
from ticketing_mcp.adapters.postgres.vocabulary import IndexedWord
from ticketing_mcp.models.search import COUNT_LIMIT, MAX_RANKED, rarest_words, required_matches
from ticketing_mcp.ports.search import TicketFilter

COLUMNS = "number, title, status, priority, queue_id, assignee_id, requester_id, created_at, updated_at"
RECORD = """
json_build_object(
    'id', 'T-' || t.number, 'title', t.title, 'status', t.status, 'priority', t.priority, 'queue_id', t.queue_id,
    'assignee_id', t.assignee_id, 'requester_id', t.requester_id, 'created_at', t.created_at,
    'updated_at', t.updated_at, 'score', {score})
"""
# OFFSET 0 keeps each subquery a look-up. As a join, the planner could read a table for the whole tenant.
CANDIDATES_BY_WORD = f"""
    SELECT DISTINCT p.number FROM unnest({{starts}}::integer[]) AS start (term_id)
    CROSS JOIN LATERAL (
        SELECT i.number FROM ticketing.ticket_terms AS i WHERE i.term_id = start.term_id
        ORDER BY i.number DESC LIMIT {MAX_RANKED} OFFSET 0
    ) AS p
    ORDER BY p.number DESC LIMIT {2 * MAX_RANKED}
"""
_CANDIDATES_BY_FILTER = (
    f"SELECT t.number FROM ticketing.tickets AS t {{where}} ORDER BY t.number DESC LIMIT {MAX_RANKED}"
)
# Filters apply before words are looked up; without filters the tickets need not be read.
_FILTERED_CANDIDATES = (
    "SELECT c.number FROM candidates AS c WHERE EXISTS (SELECT FROM ticketing.tickets AS t {where} OFFSET 0)"
)
_RANKED = f"""
WITH given AS MATERIALIZED (
    SELECT * FROM unnest({{words}}::integer[], {{terms}}::integer[], {{points}}::integer[]) AS g (word, term_id, points)
), candidates AS MATERIALIZED ({{candidates}}
), kept AS MATERIALIZED ({{kept}}
), found AS (
    SELECT c.number, g.word, max(g.points * {{weight}}) AS points
    FROM kept AS c
    CROSS JOIN LATERAL (
        SELECT i.term_id, i.weight FROM ticketing.ticket_terms AS i
        WHERE i.number = c.number AND i.term_id = ANY ({{terms}}::integer[]) OFFSET 0
    ) AS i
    JOIN given AS g ON g.term_id = i.term_id
    GROUP BY c.number, g.word
), scored AS (
    SELECT number, sum(points)::integer AS score FROM found
    GROUP BY number HAVING count(*) >= {{needed}} AND sum(points) >= {{least}}
)
SELECT {RECORD.format(score="s.score")}
FROM (SELECT number, score FROM scored {{after}} ORDER BY score DESC, number DESC LIMIT {{count}}) AS s
CROSS JOIN LATERAL (SELECT {COLUMNS} FROM ticketing.tickets AS t WHERE t.number = s.number OFFSET 0) AS t
ORDER BY s.score DESC, s.number DESC
"""
_NEWEST = f"""
SELECT {RECORD.format(score="NULL::integer")}
FROM (SELECT {COLUMNS} FROM ticketing.tickets AS t {{where}} ORDER BY number DESC LIMIT {{count}}) AS t
ORDER BY t.number DESC
"""
_COUNT_FILTERED = f"SELECT count(*) FROM (SELECT FROM ticketing.tickets AS t {{where}} LIMIT {COUNT_LIMIT + 1}) AS few"


def filter_clause(filters: TicketFilter, queues: list[str] | None) -> WhereClause:
    """Conditions on the ticket's own columns."""
    conditions = WhereClause()
    for column in ("status", "priority", "queue_id", "assignee_id"):
        if (value := getattr(filters, column)) is not None:
            conditions.add(f"t.{column} = {{}}", value)
    if queues is not None:
        conditions.add("t.queue_id = ANY ({}::text[])", queues)
    if filters.query.number is not None:
        # With words too, `TicketSearch` puts the ticket with this number first and the words find the others.
        conditions.add("t.number <> {}" if filters.query.words else "t.number = {}", filters.query.number)
    return conditions


def newest_statement(
    filters: TicketFilter, queues: list[str] | None, count: int, after: CursorKey | None
) -> tuple[str, list[object]]:
    """SQL and arguments of a search without words."""
    conditions = filter_clause(filters, queues)
    if after:
        conditions.add("t.number < {}", after[1])
    statement = _NEWEST.format(where=conditions.where(), count=conditions.bind(count))
    return statement, conditions.values


def count_statement(filters: TicketFilter, queues: list[str] | None) -> tuple[str, list[object]]:
    """SQL and arguments that count the tickets matching the filters, up to `COUNT_LIMIT` + 1."""
    conditions = filter_clause(filters, queues)
    return _COUNT_FILTERED.format(where=conditions.where()), conditions.values


def ranked_statement(
    words: Sequence[IndexedWord],
    filters: TicketFilter,
    queues: list[str] | None,
    count: int,
    after: CursorKey | None,
    *,
    by_filters: bool = False,
) -> tuple[str, list[object]]:
    """SQL and arguments of a search with words that tickets have.

    With `by_filters`, candidates are the few tickets that match the filters, instead of tickets of the rarest words.
    """
    conditions = filter_clause(filters, queues)
    needed = min(required_matches(len(filters.query.words)), len(words))
    starts = {one.found.word: one for one in words}
    rarest = rarest_words([one.found for one in words], needed)
    candidates = (
        _CANDIDATES_BY_FILTER.format(where=conditions.where())
        if by_filters
        else CANDIDATES_BY_WORD.format(
            starts=conditions.bind([term for one in rarest for term in starts[one.word].ids])
        )
    )
    points = [[factor * one.found.rarity for factor in one.factors] for one in words]
    return ranked_by(conditions, candidates, words, points, "i.weight", needed, 1, count, after)


def ranked_by(
    conditions: WhereClause,
    candidates: str,
    words: Sequence[IndexedWord],
    points: Sequence[Sequence[int]],
    weight: str,
    needed: int,
    least: int,
    count: int,
    after: CursorKey | None,
) -> tuple[str, list[object]]:
    filtered = bool(conditions.where())
    positions = [place for place, one in enumerate(words) for _ in one.ids]
    statement = _RANKED.format(
        words=conditions.bind(positions),
        terms=conditions.bind([term for one in words for term in one.ids]),
        points=conditions.bind([value for values in points for value in values]),
        candidates=candidates,
        kept=_FILTERED_CANDIDATES.format(where=conditions.where("t.number = c.number"))
        if filtered
        else "SELECT number FROM candidates",
        weight=weight,
        needed=conditions.bind(needed),
        least=conditions.bind(least),
        after=f"WHERE (score, number) < ({conditions.bind(after[0])}, {conditions.bind(after[1])})" if after else "",
        count=conditions.bind(count),
    )
    return statement, conditions.values
