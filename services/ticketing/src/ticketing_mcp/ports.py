"""What this service needs from outside: enough for a database of its own, and for a desk that is somewhere else.

Everything is of the current caller's tenant, and of the queues that it is granted: a port never sees another's. A
ticket in a queue that is not granted is a ticket that is not there.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from servicekit.schema.pagination import Position
from ticketing_mcp.models.macros import Macro
from ticketing_mcp.models.queues import Queue, QueueState
from ticketing_mcp.models.search import Query
from ticketing_mcp.models.sla import SlaPolicy
from ticketing_mcp.models.ticket_updates import NewTicket, TicketUpdate
from ticketing_mcp.models.tickets import Comment, Event, LinkKind, Priority, Status, Ticket, TicketSummary
from ticketing_mcp.models.users import User, UserKind


@dataclass(frozen=True, slots=True)
class TicketFilter:
    """Which tickets are looked for: all that meet every given condition."""

    query: Query = field(default_factory=Query)
    status: Status | None = None
    priority: Priority | None = None
    queue_id: str | None = None
    assignee_id: str | None = None


@dataclass(frozen=True, slots=True)
class SearchResult:
    """Tickets of a search, at most as many as were asked for, and how the words were taken.

    Attributes:
        corrected: words that no ticket has, for which others of the vocabulary were taken, by their place from 1.
        widened: words that few tickets have, which may be slips for others; those follow.
        unknown: words that no ticket has, and that are like no other, by their place.
        partial: more tickets have these words than one search ranks, so only the newest were.
    """

    tickets: Sequence[TicketSummary]
    corrected: Sequence[int] = ()
    widened: Sequence[int] = ()
    unknown: Sequence[int] = ()
    partial: bool = False


@dataclass(frozen=True, slots=True)
class Similar:
    """A ticket like a text; `similarity` is in percent."""

    ticket: TicketSummary
    similarity: int


class TicketReader(Protocol):
    """Tickets, by their numbers."""

    async def search(self, filters: TicketFilter, count: int, after: Position | None) -> SearchResult:
        """At most `count` tickets: with words, the best match first, else the newest first.

        `after` is (score, number) of the last ticket seen; the score is 0 without words.
        """
        ...

    async def similar(self, text: str, count: int, other_than: int | None, since: datetime | None) -> Sequence[Similar]:
        """At most `count` tickets that say much the same as `text`, the most similar first."""
        ...

    async def get(self, number: int) -> Ticket | None:
        """One ticket."""
        ...

    async def comments(self, number: int, count: int, after: int) -> Sequence[Comment] | None:
        """At most `count` comments with a sequence above `after`, oldest first; None where there is no such ticket."""
        ...

    async def history(self, number: int, count: int, after: int) -> Sequence[Event] | None:
        """The same of events."""
        ...

    async def numbers(self, prefix: int | None, count: int) -> Sequence[int]:
        """At most `count` ticket numbers that begin with these digits, the newest first."""
        ...


class DeskReader(Protocol):
    """Queues, macros, service levels and people: some hundreds, but for the requesters."""

    async def queues(self) -> Sequence[Queue]:
        """Every queue, by id."""
        ...

    async def queue(self, queue_id: str) -> QueueState | None:
        """One queue with its members and its load."""
        ...

    async def policies(self) -> Sequence[SlaPolicy]:
        """Every service level, by id."""
        ...

    async def macros(self) -> Sequence[Macro]:
        """Every macro, by id."""
        ...

    async def users(
        self, words: Sequence[str], kind: UserKind | None, count: int, after: Position | None
    ) -> Sequence[User]:
        """At most `count` people with a name or e-mail that has words beginning so, by id; `after` is (id,)."""
        ...


class Desk(TicketReader, DeskReader, Protocol):
    """All of it, as one adapter provides it."""


class TicketWriter(Protocol):
    """Changes of tickets, each part of the transaction of the call it is made in."""

    async def lock(self, number: int) -> Ticket | None:
        """The ticket as it is now; nobody else changes it before the transaction ends."""
        ...

    async def create(self, new: NewTicket) -> Ticket:
        """Make a ticket, under the tenant's next number; the requester too, where nobody has the e-mail address."""
        ...

    async def apply(self, ticket: Ticket, change: TicketUpdate) -> Ticket:
        """Write a change of a ticket that is locked, and give the ticket as it is then."""
        ...

    async def link(self, ticket: Ticket, other: Ticket, kind: LinkKind) -> None:
        """Write a link between two tickets that are locked."""
        ...


class Announcer(Protocol):
    """Tells whoever watches a resource that it is another now. Called when the change is there for all to read."""

    async def announce(self, tenant: str, uri: str) -> None:
        """What `uri` names has changed, for everybody of that tenant."""
        ...
