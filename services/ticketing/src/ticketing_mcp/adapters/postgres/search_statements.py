"""Ranked ticket search by words and filters, from an inverted index (docs/decisions/0008).

The table `ticket_terms` is the index: tenant, word, ticket, weight. A search picks its rarest words, so that every
match has at least one of them; reads the newest tickets of each; applies the filters; then looks up the other words of
each candidate. Only equality and order are used, because row-level security disables other index operators.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from servicekit.schema import CursorKey
from servicekit.storage.where_clause import WhereClause
from ticketing_mcp.adapters.postgres.search_filters import BY_NUMBER, Axis, axis_of, filter_clause, number_bounds
from ticketing_mcp.adapters.postgres.tags import TAGS_OF_TICKET
from ticketing_mcp.adapters.postgres.vocabulary import IndexedWord
from ticketing_mcp.models.search import COUNT_LIMIT, MAX_RANKED, rarest_words, required_matches
from ticketing_mcp.ports.search import SearchOrder, TicketFilter

COLUMNS = (
    "t.number, t.title, t.status, t.priority, t.queue_id, t.assignee_id, t.requester_id, t.created_at, t.updated_at, "
    "t.closed_at, t.due_at, t.merged_into"
)
RECORD = """
json_build_object(
    'id', 'T-' || t.number, 'title', t.title, 'status', t.status, 'priority', t.priority, 'queue_id', t.queue_id,
    'assignee_id', t.assignee_id, 'assignee_name', (SELECT name FROM ticketing.users WHERE id = t.assignee_id),
    'requester_id', t.requester_id, 'requester_name', (SELECT name FROM ticketing.users WHERE id = t.requester_id),
    'created_at', t.created_at, 'updated_at', t.updated_at, 'closed_at', t.closed_at,
    'due_at', t.due_at, 'merged_into', 'T-' || t.merged_into, 'tags', {tags}, 'score', {score})
"""
# OFFSET 0 keeps each subquery a look-up. As a join, the planner could read a table for the whole tenant.
CANDIDATES_BY_WORD = f"""
    SELECT DISTINCT p.number FROM unnest({{starts}}::integer[]) AS start (term_id)
    CROSS JOIN LATERAL (
        SELECT i.number FROM ticketing.ticket_terms AS i WHERE i.term_id = start.term_id{{bounds}}
        ORDER BY i.number {{direction}} LIMIT {MAX_RANKED} OFFSET 0
    ) AS p
    ORDER BY p.number {{direction}} LIMIT {2 * MAX_RANKED}
"""
_CANDIDATES_BY_FILTER = f"SELECT t.number FROM {{source}} LIMIT {MAX_RANKED}"
# Filters apply before words are looked up; without filters the tickets need not be read.
_FILTERED_CANDIDATES = (
    "SELECT c.number FROM candidates AS c WHERE EXISTS (SELECT FROM ticketing.tickets AS t {where} OFFSET 0)"
)
_TICKET_OF = (
    f"CROSS JOIN LATERAL (SELECT {COLUMNS} FROM ticketing.tickets AS t WHERE t.number = s.number OFFSET 0) AS t"
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
), scored AS MATERIALIZED (
    SELECT number, sum(points)::integer AS score, count(*) AS words FROM found
    GROUP BY number HAVING count(*) >= {{needed}} AND sum(points) >= {{least}}{{having}}
)
SELECT CASE WHEN t.number IS NOT NULL THEN {RECORD.format(tags=TAGS_OF_TICKET, score="s.score")} END, totals.*
FROM (
    SELECT count(*) AS total, count(*) FILTER (WHERE words = 1) AS with_one,
        (SELECT count(*) FROM candidates) AS candidates
    FROM scored
) AS totals
LEFT JOIN (SELECT s.number, s.score FROM scored AS s {{page}}) AS s ON true
LEFT JOIN LATERAL (SELECT {COLUMNS} FROM ticketing.tickets AS t WHERE t.number = s.number OFFSET 0) AS t ON true
ORDER BY {{order}}
"""
_LISTED = f"""
SELECT {RECORD.format(tags=TAGS_OF_TICKET, score="NULL::integer")}, {{total}} AS total, 0 AS with_one, 0 AS candidates
FROM (SELECT {COLUMNS} FROM {{source}} LIMIT {{count}}) AS t
ORDER BY {{order}}
"""
# From one index, status by status: a list of statuses in one condition would be read in the order of numbers.
_BY_STATUS = f"""unnest({{statuses}}::text[]) AS one (status) CROSS JOIN LATERAL (
    SELECT {COLUMNS} FROM ticketing.tickets AS t {{where}} ORDER BY {{order}} LIMIT {{count}} OFFSET 0) AS t
ORDER BY {{order}}"""
_BY_TAG = f"""(
    SELECT g.number FROM ticketing.ticket_tags AS g WHERE g.tag = {{tag}} ORDER BY g.number {{direction}} OFFSET 0
) AS g CROSS JOIN LATERAL (SELECT {COLUMNS} FROM ticketing.tickets AS t {{where}} OFFSET 0) AS t
ORDER BY g.number {{direction}}"""
# In the order of the page, so that both read the same index.
_COUNTED = f"SELECT count(*) FROM (SELECT FROM {{source}} LIMIT {COUNT_LIMIT + 1}) AS few"


def listed_statement(
    filters: TicketFilter, queues: list[str] | None, count: int, after: CursorKey | None, order: SearchOrder = "score"
) -> tuple[str, list[object]]:
    """SQL and arguments of a search without words. The first page has the total, up to `COUNT_LIMIT` + 1."""
    axis = axis_of(filters, order)
    conditions = filter_clause(filters, queues, order)
    total = "NULL::integer" if after else f"({_counted(conditions, filters, axis)})"
    axis.add_after(conditions, after)
    limit = conditions.bind(count)
    source = _source(conditions, filters, axis, limit)
    return _LISTED.format(source=source, total=total, order=axis.order, count=limit), conditions.values


def count_statement(
    filters: TicketFilter, queues: list[str] | None, order: SearchOrder = "score"
) -> tuple[str, list[object]]:
    """SQL and arguments that count the tickets matching the filters, up to `COUNT_LIMIT` + 1."""
    conditions = filter_clause(filters, queues, order)
    return _counted(conditions, filters, axis_of(filters, order)), conditions.values


def _counted(conditions: WhereClause, filters: TicketFilter, axis: Axis) -> str:
    return _COUNTED.format(source=_source(conditions, filters, axis, str(COUNT_LIMIT + 1)))


def _source(conditions: WhereClause, filters: TicketFilter, axis: Axis, limit: str) -> str:
    """What the tickets `t` of a search without words are read from, and in which order."""
    if axis.column == BY_NUMBER and filters.tags and not _few_by_columns(filters):
        where = conditions.where("t.number = g.number")
        return _BY_TAG.format(tag=conditions.bind(filters.tags[0]), direction=axis.direction, where=where)
    if axis.column == BY_NUMBER and len(filters.statuses) > 1:
        where = conditions.where("t.status = one.status")
        statuses = conditions.bind(list(filters.statuses))
        return _BY_STATUS.format(statuses=statuses, where=where, order=axis.order, count=limit)
    return f"ticketing.tickets AS t {conditions.where()} ORDER BY {axis.order}"


def _few_by_columns(filters: TicketFilter) -> bool:
    """Whether the ticket's own columns leave fewer tickets than a tag: those of a queue or colleague that are open."""
    is_unresolved = bool(filters.statuses) and "closed" not in filters.statuses
    return is_unresolved and (filters.queue_id is not None or filters.assignee_id is not None)


@dataclass(frozen=True, slots=True)
class Ranking:
    """How the words of a search select and rank tickets.

    Attributes:
        points: of each match of each word.
        needed: how many of the words a ticket must have.
        least: the smallest sum of points.
        weight: what the points of a match are multiplied by, as SQL.
        required: positions of words that every ticket must have.
        deciding: positions of words of which every ticket must have one.
    """

    words: Sequence[IndexedWord]
    points: Sequence[Sequence[int]]
    needed: int
    least: int = 1
    weight: str = "i.weight"
    required: Sequence[int] = ()
    deciding: Sequence[int] = ()

    @property
    def starts(self) -> Sequence[IndexedWord]:
        """Words of which every match has at least one."""
        if self.required:
            return [min((self.words[place] for place in self.required), key=lambda one: one.found.count)]
        if self.deciding:
            return [self.words[place] for place in self.deciding]
        indexed = {one.found.word: one for one in self.words}
        return [indexed[one.word] for one in rarest_words([one.found for one in self.words], self.needed)]

    def having(self, conditions: WhereClause) -> str:
        """Further conditions of a group of words."""
        clause = ""
        if self.required:
            clause += f" AND count(*) FILTER (WHERE word = ANY ({conditions.bind(list(self.required))}::integer[])) >= "
            clause += conditions.bind(len(self.required))
        if self.deciding:
            clause += f" AND bool_or(word = ANY ({conditions.bind(list(self.deciding))}::integer[]))"
        return clause


def ranked_statement(
    ranking: Ranking,
    filters: TicketFilter,
    queues: list[str] | None,
    count: int,
    after: CursorKey | None,
    order: SearchOrder = "score",
    *,
    by_filters: bool = False,
) -> tuple[str, list[object]]:
    """SQL and arguments of a search with words that tickets have.

    With `by_filters`, candidates are the few tickets that match the filters, instead of tickets of the rarest words.
    """
    conditions = filter_clause(filters, queues, order)
    axis = axis_of(filters, order)
    candidates = (
        _CANDIDATES_BY_FILTER.format(source=_source(conditions, filters, axis, str(MAX_RANKED)), order=axis.order)
        if by_filters
        else CANDIDATES_BY_WORD.format(
            starts=conditions.bind([term for one in ranking.starts for term in one.ids]),
            bounds=number_bounds(conditions, filters),
            direction=axis.direction,
        )
    )
    return ranked_by(conditions, candidates, ranking, count, after, None if order == "score" else axis)


def ranked_by(
    conditions: WhereClause,
    candidates: str,
    ranking: Ranking,
    count: int,
    after: CursorKey | None,
    axis: Axis | None = None,
) -> tuple[str, list[object]]:
    """SQL and arguments that rank candidates, in the order of their scores or of an axis."""
    words = ranking.words
    kept = "SELECT number FROM candidates"
    if conditions.where():
        kept = _FILTERED_CANDIDATES.format(where=conditions.where("t.number = c.number"))
    statement = _RANKED.format(
        words=conditions.bind([place for place, one in enumerate(words) for _ in one.ids]),
        terms=conditions.bind([term for one in words for term in one.ids]),
        points=conditions.bind([value for values in ranking.points for value in values]),
        candidates=candidates,
        kept=kept,
        weight=ranking.weight,
        needed=conditions.bind(ranking.needed),
        least=conditions.bind(ranking.least),
        having=ranking.having(conditions),
        page=_page(conditions, axis, count, after),
        order="s.score DESC, s.number DESC" if axis is None else axis.order,
    )
    return statement, conditions.values


def _page(conditions: WhereClause, axis: Axis | None, count: int, after: CursorKey | None) -> str:
    if axis is None:
        last = (
            f"WHERE (s.score, s.number) < ({conditions.bind(after[0])}, {conditions.bind(after[1])})" if after else ""
        )
        return f"{last} ORDER BY s.score DESC, s.number DESC LIMIT {conditions.bind(count)}"
    behind = WhereClause(*conditions.values)
    axis.add_after(behind, after)
    conditions.values[:] = behind.values
    page = f"{behind.where()} ORDER BY {axis.order} LIMIT {conditions.bind(count)}"
    # The numbers are at hand; for another column, each ticket is looked up.
    return page.replace("t.number", "s.number") if axis.column == BY_NUMBER else f"{_TICKET_OF} {page}"


def ranking_of(words: Sequence[IndexedWord], asked: int, required: Sequence[int], deciding: Sequence[int]) -> Ranking:
    """The ranking of a search for `asked` words, of which tickets have `words`."""
    needed = 1 if deciding else min(required_matches(asked), len(words))
    points = [[factor * one.found.rarity for factor in one.factors] for one in words]
    return Ranking(words, points, needed, required=required, deciding=deciding)
