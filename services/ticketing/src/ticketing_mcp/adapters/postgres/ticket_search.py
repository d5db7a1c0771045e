"""Ticket search by words and filters."""

from dataclasses import replace

from servicekit.schema import CursorKey
from servicekit.storage.postgres.database import Database
from ticketing_mcp.adapters.postgres.grants import granted_queues
from ticketing_mcp.adapters.postgres.search_statements import count_statement, newest_statement, ranked_statement
from ticketing_mcp.adapters.postgres.vocabulary import Vocabulary
from ticketing_mcp.models.search import COUNT_LIMIT, ID_MATCH_SCORE, Query
from ticketing_mcp.models.tickets import TicketSummary
from ticketing_mcp.ports.search import SearchResult, TicketFilter


async def tickets_of(database: Database, statement: str, values: list[object]) -> list[TicketSummary]:
    """The tickets that a statement finds, in its order."""
    return [TicketSummary.model_validate_json(row[0]) for row in await database.fetch(statement, *values)]


class TicketSearch:
    """`TicketFinder` on Postgres."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._vocabulary = Vocabulary(database)

    async def search(self, filters: TicketFilter, count: int, after: CursorKey | None) -> SearchResult:
        queues = await granted_queues(self._database)
        if not filters.query.words:
            return SearchResult(await tickets_of(self._database, *newest_statement(filters, queues, count, after)))
        named = await self._by_number(filters, queues) if after is None else []
        resolved = await self._vocabulary.resolve(filters.query.words)
        words, unknown = resolved.words, () if named else resolved.unknown
        result = SearchResult(named, resolved.corrected, resolved.widened, unknown)
        if not words:
            return result
        frequent = min(one.found.count for one in words) > COUNT_LIMIT
        by_filters = frequent and await self._is_selective(filters, queues)
        found = await tickets_of(
            self._database, *ranked_statement(words, filters, queues, count, after, by_filters=by_filters)
        )
        return replace(result, tickets=[*named, *found][:count], partial=frequent and not by_filters)

    async def _by_number(self, filters: TicketFilter, queues: list[str] | None) -> list[TicketSummary]:
        if filters.query.number is None:
            return []
        by_number = replace(filters, query=Query(filters.query.number))
        found = await tickets_of(self._database, *newest_statement(by_number, queues, 1, None))
        return [ticket.model_copy(update={"score": ID_MATCH_SCORE}) for ticket in found]

    async def _is_selective(self, filters: TicketFilter, queues: list[str] | None) -> bool:
        if not any((filters.status, filters.priority, filters.queue_id, filters.assignee_id, queues)):
            return False
        statement, values = count_statement(filters, queues)
        return bool(await self._database.fetchval(statement, *values) <= COUNT_LIMIT)
