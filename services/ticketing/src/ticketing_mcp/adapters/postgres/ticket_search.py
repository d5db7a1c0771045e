"""Ticket search by words and filters."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from servicekit.schema import CursorKey
from servicekit.storage.postgres.database import Database
from ticketing_mcp.adapters.postgres.grants import granted_queues
from ticketing_mcp.adapters.postgres.phrases import CHECKED_AT_ONCE, with_phrases
from ticketing_mcp.adapters.postgres.search_statements import (
    Ranking,
    count_statement,
    listed_statement,
    ranked_statement,
    ranking_of,
)
from ticketing_mcp.adapters.postgres.vocabulary import IndexedWord, Vocabulary
from ticketing_mcp.models.identifiers import number_of
from ticketing_mcp.models.query import Query
from ticketing_mcp.models.search import COUNT_LIMIT, ID_MATCH_SCORE, MAX_RANKED
from ticketing_mcp.models.tickets import TicketSummary
from ticketing_mcp.models.words import decides
from ticketing_mcp.ports.search import SearchOrder, SearchResult, TicketFilter


@dataclass(frozen=True, slots=True)
class Found:
    """Tickets that a statement found, how many there are in all, and how many of them have one word only.

    `candidates` is the number of tickets whose words were compared. With `cut`, further tickets may match.
    """

    tickets: list[TicketSummary]
    total: int | None = 0
    with_one: int = 0
    candidates: int = 0
    cut: bool = False


async def tickets_of(database: Database, statement: str, values: list[object]) -> Found:
    """The tickets that a statement finds, in its order."""
    rows = await database.fetch(statement, *values)
    tickets = [TicketSummary.model_validate_json(row[0]) for row in rows if row[0] is not None]
    return Found(tickets, rows[0]["total"], rows[0]["with_one"], rows[0]["candidates"]) if rows else Found(tickets)


class TicketSearch:
    """`TicketFinder` on Postgres."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._vocabulary = Vocabulary(database)

    async def search(
        self, filters: TicketFilter, count: int, after: CursorKey | None, order: SearchOrder = "score"
    ) -> SearchResult:
        queues = await granted_queues(self._database)
        if not filters.query.words:
            found = await tickets_of(self._database, *listed_statement(filters, queues, count, after, order))
            return _counted(SearchResult(found.tickets), found.total, after)
        named = await self._by_number(filters, queues) if after is None else []
        resolved = await self._vocabulary.resolve(filters.query)
        unknown = () if named else resolved.unknown
        result = SearchResult(named, resolved.corrected, resolved.widened, unknown)
        if not resolved.words or not filters.query.required.isdisjoint(resolved.unknown):
            return _counted(result, len(named), after)
        return await self._ranked(result, filters, resolved.words, queues, count, after, order)

    async def _ranked(
        self,
        result: SearchResult,
        filters: TicketFilter,
        words: Sequence[IndexedWord],
        queues: list[str] | None,
        count: int,
        after: CursorKey | None,
        order: SearchOrder,
    ) -> SearchResult:
        ranking, named = _ranking(filters.query, words), len(result.tickets)
        is_frequent = max(one.found.count for one in ranking.starts) > COUNT_LIMIT
        by_filters = is_frequent and await self._is_selective(filters, queues, order)
        search = _Search(self._database, filters, ranking, queues, order, by_filters)
        found = await (search.phrases(count, after) if filters.query.phrases else search.page(count, after))
        is_cut = found.cut or (found.candidates >= MAX_RANKED and not by_filters)
        result = replace(
            result,
            tickets=[*result.tickets, *found.tickets][:count],
            partial=is_cut,
            only_code=found.with_one if ranking.deciding and len(words) > 1 else 0,
        )
        result = _counted(result, None if found.total is None else found.total + named, after)
        return replace(result, more=result.more or (is_cut and result.total is not None))

    async def _by_number(self, filters: TicketFilter, queues: list[str] | None) -> list[TicketSummary]:
        if filters.query.number is None:
            return []
        by_number = replace(filters, query=Query(filters.query.number))
        found = await tickets_of(self._database, *listed_statement(by_number, queues, 1, None))
        return [ticket.model_copy(update={"score": ID_MATCH_SCORE}) for ticket in found.tickets]

    async def _is_selective(self, filters: TicketFilter, queues: list[str] | None, order: SearchOrder) -> bool:
        if replace(filters, query=Query()) == TicketFilter() and queues is None and order != "due":
            return False
        statement, values = count_statement(filters, queues, order)
        return bool(await self._database.fetchval(statement, *values) <= COUNT_LIMIT)


@dataclass(frozen=True, slots=True)
class _Search:
    """A search with words whose matches are known."""

    database: Database
    filters: TicketFilter
    ranking: Ranking
    queues: list[str] | None
    order: SearchOrder
    by_filters: bool

    async def page(self, count: int, after: CursorKey | None) -> Found:
        statement, values = ranked_statement(
            self.ranking, self.filters, self.queues, count, after, self.order, by_filters=self.by_filters
        )
        return await tickets_of(self.database, statement, values)

    async def phrases(self, count: int, after: CursorKey | None) -> Found:
        """Only tickets that have the phrases. The total is known if all that have the words were checked."""
        kept: list[TicketSummary] = []
        for most in CHECKED_AT_ONCE:
            found = await self.page(most, after)
            numbers = [number_of(ticket.id) for ticket in found.tickets]
            having = await with_phrases(self.database, numbers, self.filters.query.phrases)
            kept += [ticket for ticket in found.tickets if number_of(ticket.id) in having]
            if len(numbers) < most:
                return Found(kept, len(kept), candidates=found.candidates)
            if len(kept) >= count:
                break
            after = self.filters.place(found.tickets[-1], self.order)
        return Found(kept, None, candidates=found.candidates, cut=len(kept) < count)


def _ranking(query: Query, words: Sequence[IndexedWord]) -> Ranking:
    """Words of phrases and names are all required; else a code that some tickets have decides, and others only rank."""
    required = [place for place, one in enumerate(words) if one.found.word in query.required]
    codes = [place for place, one in enumerate(words) if decides(one.found.word) and one.found.count <= COUNT_LIMIT]
    return ranking_of(words, len(query.words), required, () if required else codes)


def _counted(result: SearchResult, total: int | None, after: CursorKey | None) -> SearchResult:
    if after is not None or total is None:
        return result
    return replace(result, total=min(total, COUNT_LIMIT), more=total > COUNT_LIMIT)
