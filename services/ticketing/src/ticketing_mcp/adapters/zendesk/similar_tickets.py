"""Finding similar tickets with Zendesk's search.

Zendesk compares no texts. Its search finds tickets with some words of the text, and these are compared with it here,
by their subject and description.
"""

import asyncio
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from ticketing_mcp.adapters.zendesk.records import summary_of
from ticketing_mcp.adapters.zendesk.search import ZendeskSearch
from ticketing_mcp.adapters.zendesk.search_query import TICKETS, NothingVisible, groups_of, instant
from ticketing_mcp.adapters.zendesk.search_words import term
from ticketing_mcp.adapters.zendesk.wire import WireTicket
from ticketing_mcp.models.similarity import MAX_COMPARED, MIN_SIMILARITY
from ticketing_mcp.models.words import words_of
from ticketing_mcp.ports.search import Similar

_TELLING: Final = 8
"""Words of the text that tickets are compared by: codes, then the longest."""
_SEARCHES: Final = 6
_DIGIT: Final = re.compile(r"[0-9]")
_CODE_WEIGHT: Final = 4


class ZendeskSimilarTickets(ZendeskSearch):
    """`SimilarTickets` on Zendesk."""

    async def similar(self, text: str, count: int, other_than: int | None, since: datetime | None) -> list[Similar]:
        """Tickets found by pairs of telling words, and by each code, that share enough of those words."""
        directory = await self.directory()
        words = telling_words(text)
        try:
            within = groups_of(None, directory)
        except NothingVisible:
            return []
        if not words:
            return []
        begin = [TICKETS, *within, *([f"created>={instant(since)}"] if since is not None else [])]
        searches = [" ".join([*begin, *map(term, chosen)]) for chosen in _choices(words)]
        pages = await asyncio.gather(*(self.results(query, 1, {}) for query in searches))
        users = {key: user for page in pages for key, user in page.users.items()}
        found = {ticket.id: ticket for page in pages for ticket in page.tickets if directory.sees(ticket.group_id)}
        alike = [(shared(words, ticket), ticket) for number, ticket in found.items() if number != other_than]
        best = sorted((-similarity, -one.id, one) for similarity, one in alike if similarity >= MIN_SIMILARITY)
        return [Similar(summary_of(ticket, users, directory), -less) for less, _, ticket in best[:count]]


def telling_words(text: str) -> Mapping[str, int]:
    """The words of a text that say most of it, with their weights: codes, then the longest words."""
    words = list(dict.fromkeys(words_of(text)))[:MAX_COMPARED]
    weights = {word: _CODE_WEIGHT if _DIGIT.search(word) else 1 for word in words if len(word) > 2}
    ranked = sorted(weights, key=lambda word: (-weights[word], -len(word), words.index(word)))
    return {word: weights[word] for word in ranked[:_TELLING]}


def shared(words: Mapping[str, int], ticket: WireTicket) -> int:
    """The share of telling words that a ticket's subject and description have, by weight, in percent."""
    own = set(words_of(f"{ticket.subject or ''}\n{ticket.description or ''}"))
    return sum(weight for word, weight in words.items() if word in own) * 100 // sum(words.values())


def _choices(words: Mapping[str, int]) -> Sequence[tuple[str, ...]]:
    """Which words to search for together: each code alone, and pairs of other words."""
    codes = [(word,) for word, weight in words.items() if weight > 1]
    others = [word for word, weight in words.items() if weight == 1]
    pairs = [tuple(others[start : start + 2]) for start in range(0, len(others), 2)]
    return [*codes[:3], *pairs][:_SEARCHES]
