"""Finding tickets."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

from servicekit.schema import CursorKey
from ticketing_mcp.models.identifiers import number_of
from ticketing_mcp.models.query import Query
from ticketing_mcp.models.tickets import Priority, Status, TicketSummary

SearchOrder = Literal["score", "newest", "oldest", "due"]
"""Best match first; by the time of creation, or of the change that a range limits; or next service-level time first.

Without words, `score` is `newest`. Only tickets with a service-level time ahead or behind have the order `due`.
"""
DueState = Literal["breached", "running", "paused"]
"""A service-level time has passed; the next one is ahead; or the clocks are paused before it."""


@dataclass(frozen=True, slots=True)
class TimeRange:
    """From `first` on and before `end`; None leaves that side open."""

    first: datetime | None = None
    end: datetime | None = None


@dataclass(frozen=True, slots=True)
class TicketFilter:
    """Conditions of a ticket search; all must hold.

    Attributes:
        statuses: one of these; empty for any.
        requester: the id or e-mail address of the person who asked.
        tags: all of these.
        merged_into: number of the ticket that stays open.
        sla: state of the clocks of tickets that are not closed.
        due_before: the next service-level time is earlier.
    """

    query: Query = field(default_factory=Query)
    statuses: tuple[Status, ...] = ()
    priority: Priority | None = None
    queue_id: str | None = None
    assignee_id: str | None = None
    unassigned: bool = False
    requester: str | None = None
    tags: tuple[str, ...] = ()
    merged_into: int | None = None
    created: TimeRange | None = None
    updated: TimeRange | None = None
    closed: TimeRange | None = None
    sla: DueState | None = None
    due_before: datetime | None = None

    @property
    def ranges(self) -> Mapping[str, TimeRange]:
        """The ranges of times, by the field of a ticket that each limits."""
        given = {"created_at": self.created, "updated_at": self.updated, "closed_at": self.closed}
        return {name: limits for name, limits in given.items() if limits is not None}

    def ordered_by(self, order: SearchOrder) -> str:
        """The field of a ticket that results are ordered by, before the number: ``number`` if by that alone."""
        if order == "due":
            return "due_at"
        if order == "score" and self.query.words:
            return "score"
        return next(iter(self.ranges), "number")

    def by_due(self, order: SearchOrder) -> bool:
        """Whether service-level times select or order the tickets."""
        return order == "due" or self.sla is not None or self.due_before is not None

    def place(self, ticket: TicketSummary, order: SearchOrder) -> CursorKey:
        """The `after` of the page behind a ticket."""
        number = number_of(ticket.id)
        value = getattr(ticket, self.ordered_by(order), number)
        return CursorKey((value.isoformat() if isinstance(value, datetime) else value or 0, number))


@dataclass(frozen=True, slots=True)
class Replaced:
    """A query word, and the words of tickets that were searched instead of it or beside it."""

    word: str
    used: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SearchResult:
    """Tickets of a search, and how the words of the query matched.

    Attributes:
        corrected: words that no ticket has, replaced by similar words.
        widened: words that few tickets have; matches of a likely correction follow.
        unknown: words that no ticket has, without a similar word.
        only_code: how many of the tickets have the code of the query and none of its other words.
        partial: too many tickets match, so only the newest were ranked.
        total: how many tickets match; None if it was not counted, as on later pages.
        more: there are more than `total`.
        all_words: every ticket has all words of the query, as written: the desk looks for no similar ones, so
            `unknown` is empty.
        may_lag: tickets were just written, and the desk's search shows that minutes later.
    """

    tickets: Sequence[TicketSummary]
    corrected: Sequence[Replaced] = ()
    widened: Sequence[Replaced] = ()
    unknown: Sequence[str] = ()
    only_code: int = 0
    partial: bool = False
    total: int | None = None
    more: bool = False
    all_words: bool = False
    may_lag: bool = False


class TicketFinder(Protocol):
    """Finds tickets by words and conditions."""

    async def search(
        self, filters: TicketFilter, count: int, after: CursorKey | None, order: SearchOrder = "score"
    ) -> SearchResult:
        """At most `count` tickets in this order.

        `after` is (value, number) of the previous page's last ticket. The value is that of `TicketFilter.ordered_by`: a
        score, a time in ISO 8601, or the number again.
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
