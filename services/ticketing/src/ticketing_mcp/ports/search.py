"""Finding tickets."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from servicekit.schema import CursorKey
from ticketing_mcp.models.search import Query
from ticketing_mcp.models.tickets import Priority, Status, TicketSummary


@dataclass(frozen=True, slots=True)
class TicketFilter:
    """Conditions of a ticket search; all must hold."""

    query: Query = field(default_factory=Query)
    status: Status | None = None
    priority: Priority | None = None
    queue_id: str | None = None
    assignee_id: str | None = None


@dataclass(frozen=True, slots=True)
class SearchResult:
    """Tickets of a search, and how query words matched. Words are given by their position, from 1.

    Attributes:
        corrected: words that no ticket has, replaced by similar words.
        widened: words that few tickets have; matches of a likely correction follow.
        unknown: words that no ticket has, without a similar word.
        partial: too many tickets match, so only the newest were ranked.
    """

    tickets: Sequence[TicketSummary]
    corrected: Sequence[int] = ()
    widened: Sequence[int] = ()
    unknown: Sequence[int] = ()
    partial: bool = False


class TicketFinder(Protocol):
    """Finds tickets by words and conditions."""

    async def search(self, filters: TicketFilter, count: int, after: CursorKey | None) -> SearchResult:
        """At most `count` tickets: best match first with words, else newest first.

        `after` is (score, number) of the previous page's last ticket; the score is 0 without words.
        """
        ...


@dataclass(frozen=True, slots=True)
class Similar:
    """A similar ticket; `similarity` is in percent."""

    ticket: TicketSummary
    similarity: int


class SimilarTickets(Protocol):
    """Finds tickets that are about the same problem."""

    async def similar(self, text: str, count: int, other_than: int | None, since: datetime | None) -> Sequence[Similar]:
        """At most `count` tickets similar to `text`, most similar first."""
        ...
