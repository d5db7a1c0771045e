"""Finding similar tickets with Zendesk's search.

Zendesk compares no texts. Its search finds tickets with some words of the text, and these are compared with it here,
by their subject and description. How rare a word is, is judged among the tickets found.
"""

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ticketing_mcp.adapters.zendesk.records import summary_of
from ticketing_mcp.adapters.zendesk.search import ZendeskSearch
from ticketing_mcp.adapters.zendesk.search_query import TICKETS, NothingVisible, groups_of, instant
from ticketing_mcp.adapters.zendesk.search_words import spellings, term
from ticketing_mcp.adapters.zendesk.wire import WireTicket
from ticketing_mcp.models.compared_text import ComparedText, compared_text
from ticketing_mcp.models.similarity import REASON_WORDS, Comparison, SharedWord, compare_by
from ticketing_mcp.models.word_forms import forms_of
from ticketing_mcp.models.words import indexed_words
from ticketing_mcp.ports.search import Similar, SimilarResult

_TELLING: Final = 8
"""Words of the text that tickets are found by: codes, then the longest."""
_SEARCHES: Final = 8
_DIGIT: Final = re.compile(r"[0-9]")
_CODE_WEIGHT: Final = 4


@dataclass(frozen=True, slots=True)
class _Found:
    ticket: WireTicket
    words: frozenset[str]


class ZendeskSimilarTickets(ZendeskSearch):
    """`SimilarTickets` on Zendesk."""

    async def similar(self, text: str, count: int, other_than: int | None, since: datetime | None) -> SimilarResult:
        """Tickets found by pairs of telling words, and by each code, that share enough words of the text."""
        directory = await self.directory()
        asked = compared_text(text)
        telling = telling_words(asked)
        try:
            within = groups_of(None, directory)
        except NothingVisible:
            return SimilarResult((), len(asked.words), len(asked.words))
        if not telling:
            return SimilarResult((), len(asked.words), len(asked.words))
        begin = [TICKETS, *within, *([f"created>={instant(since)}"] if since is not None else [])]
        searches = [" ".join([*begin, *chosen]) for chosen in _choices(telling)]
        pages = await asyncio.gather(*(self.results(query, 1, {}) for query in searches))
        users = {key: user for page in pages for key, user in page.users.items()}
        tickets = {ticket.id: ticket for page in pages for ticket in page.tickets if directory.sees(ticket.group_id)}
        found = [_Found(one, _words_of(one)) for number, one in tickets.items() if number != other_than]
        compared, words = compare(asked, [one.words for one in found])
        alike = [
            Similar(
                summary_of(one.ticket, users, directory),
                compared.similarity(weight),
                tuple(word.word for word in shared[:REASON_WORDS]),
                any(word.suffices for word in shared),
            )
            for one in sorted(found, key=lambda one: -one.ticket.id)
            if (shared := [word for word in compared.words if not one.words.isdisjoint(forms_of(word.word))])
            if compared.is_similar(shared, weight := sum(word.weight for word in shared))
        ]
        alike.sort(key=lambda similar: -similar.similarity)
        return SimilarResult(alike[:count], words, words - len(compared.words))


def compare(asked: ComparedText, tickets: Sequence[frozenset[str]]) -> tuple[Comparison, int]:
    """The words of a text that tickets have, with their weights among these tickets; and how many were compared."""
    having = {
        word: sum(not words.isdisjoint(forms_of(word)) for words in tickets) for word in (*asked.codes, *asked.words)
    }
    words = asked.with_codes([word for word, count in having.items() if count])
    shared = [SharedWord(word, (), having[word], len(tickets)) for word in words if having[word]]
    return compare_by(shared, len(words) - len(shared)), len(words)


def telling_words(asked: ComparedText) -> Mapping[str, int]:
    """The words of a text that say most of it, with their weights: codes, then the longest words."""
    words = (*asked.codes, *asked.words)
    weights = {word: _CODE_WEIGHT if _DIGIT.search(word) else 1 for word in words if len(word) > 2}
    ranked = sorted(weights, key=lambda word: (-weights[word], -len(word), words.index(word)))
    return {word: weights[word] for word in ranked[:_TELLING]}


def _words_of(ticket: WireTicket) -> frozenset[str]:
    return frozenset(indexed_words(f"{ticket.subject or ''}\n{ticket.description or ''}"))


def _choices(words: Mapping[str, int]) -> Sequence[tuple[str, ...]]:
    """The terms of each search: a spelling of a code alone, or a pair of other words."""
    codes = [word for word, weight in words.items() if weight > 1]
    spelled = [(spelling,) for code in codes[:3] for spelling in spellings(code)]
    others = [word for word, weight in words.items() if weight == 1]
    pairs = [tuple(map(term, others[start : start + 2])) for start in range(0, len(others), 2)]
    return [*spelled, *pairs][:_SEARCHES]
