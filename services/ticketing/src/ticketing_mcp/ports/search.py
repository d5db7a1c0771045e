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
    """A similar ticket.

    Attributes:
        similarity: shared weight in percent.
        shared: the heaviest words of the text that the ticket has.
        same_code: they share a code that few tickets have.
        resolution: how a closed ticket was solved.
    """

    ticket: TicketSummary
    similarity: int
    shared: tuple[str, ...]
    same_code: bool
    resolution: str | None = None


@dataclass(frozen=True, slots=True)
class SimilarResult:
    """Similar tickets, most similar first.

    Attributes:
        compared: words of the text that may say what its problem is; 0 if it has only common words.
        unknown: those of them that no other ticket has.
    """

    tickets: Sequence[Similar]
    compared: int = 0
    unknown: int = 0


class SimilarTickets(Protocol):
    """Finds tickets that are about the same problem."""

    async def similar(self, text: str, count: int, other_than: int | None, since: datetime | None) -> SimilarResult:
        """At most `count` tickets similar to `text`, other than this one, created since then."""
        ...
