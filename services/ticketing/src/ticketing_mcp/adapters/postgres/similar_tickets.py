"""Similar tickets, from the index that search uses."""

from collections.abc import Sequence
from datetime import datetime

from servicekit.storage.postgres.database import Database
from ticketing_mcp.adapters.postgres.grants import granted_queues
from ticketing_mcp.adapters.postgres.search_filters import filter_clause
from ticketing_mcp.adapters.postgres.search_statements import CANDIDATES_BY_WORD, Ranking, ranked_by
from ticketing_mcp.adapters.postgres.ticket_search import tickets_of
from ticketing_mcp.adapters.postgres.vocabulary import IndexedWord, Vocabulary
from ticketing_mcp.models.similarity import MAX_COMPARED, fingerprint
from ticketing_mcp.models.words import words_of
from ticketing_mcp.ports.search import Similar, TicketFilter


def similar_statement(
    words: Sequence[IndexedWord],
    least: int,
    queues: list[str] | None,
    count: int,
    other_than: int | None,
    since: datetime | None,
) -> tuple[str, list[object]]:
    """SQL and arguments for tickets that share at least `least` weight of `words`."""
    conditions = filter_clause(TicketFilter(), queues)
    if other_than is not None:
        conditions.add("t.number <> {}", other_than)
    if since is not None:
        conditions.add("t.created_at >= {}", since)
    half = words[: len(words) // 2 + 1]
    candidates = CANDIDATES_BY_WORD.format(
        starts=conditions.bind([term for one in half for term in one.ids]), bounds="", direction="DESC"
    )
    points = [[one.found.rarity] * len(one.ids) for one in words]
    return ranked_by(conditions, candidates, Ranking(words, points, min(2, len(words)), least, "1"), count, None)


class SimilarTicketQueries:
    """`SimilarTickets` on Postgres."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._vocabulary = Vocabulary(database)

    async def similar(self, text: str, count: int, other_than: int | None, since: datetime | None) -> list[Similar]:
        words_asked = list(dict.fromkeys(words_of(text)))[:MAX_COMPARED]
        known = {one.found.word: one for one in await self._vocabulary.exact(words_asked)}
        compared = fingerprint(words_asked, [one.found for one in known.values()], 0 if other_than is None else 1)
        if not compared.words:
            return []
        words = [known[one.word] for one in compared.words]
        statement, values = similar_statement(
            words, compared.least, await granted_queues(self._database), count, other_than, since
        )
        found = await tickets_of(self._database, statement, values)
        return [Similar(ticket, compared.similarity(ticket.score or 0)) for ticket in found.tickets]
