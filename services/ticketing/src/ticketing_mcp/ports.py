"""Ports: the operations that tools use, small enough for Postgres and for an external help desk.

Every operation is limited to the caller's tenant and granted queues. Tickets of other queues do not exist for the
caller.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from servicekit.schema import CursorKey
from ticketing_mcp.models.macros import Macro
from ticketing_mcp.models.queues import Queue, QueueState
from ticketing_mcp.models.search import Query
from ticketing_mcp.models.sla import SlaPolicy
from ticketing_mcp.models.ticket_updates import NewTicket, TicketUpdate
from ticketing_mcp.models.tickets import Comment, Event, LinkKind, Priority, Status, Ticket, TicketSummary
from ticketing_mcp.models.users import User, UserKind


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


@dataclass(frozen=True, slots=True)
class Similar:
    """A similar ticket; `similarity` is in percent."""

    ticket: TicketSummary
    similarity: int


class TicketReader(Protocol):
    """Reads tickets by number."""

    async def search(self, filters: TicketFilter, count: int, after: CursorKey | None) -> SearchResult:
        """At most `count` tickets: best match first with words, else newest first.

        `after` is (score, number) of the previous page's last ticket; the score is 0 without words.
        """
        ...

    async def similar(self, text: str, count: int, other_than: int | None, since: datetime | None) -> Sequence[Similar]:
        """At most `count` tickets similar to `text`, most similar first."""
        ...

    async def get(self, number: int) -> Ticket | None:
        """One ticket; None if it does not exist."""
        ...

    async def comments(self, number: int, count: int, after: int) -> Sequence[Comment] | None:
        """At most `count` comments with a sequence above `after`, oldest first; None for an unknown ticket."""
        ...

    async def history(self, number: int, count: int, after: int) -> Sequence[Event] | None:
        """Like `comments`, for events."""
        ...

    async def numbers(self, prefix: int | None, count: int) -> Sequence[int]:
        """At most `count` ticket numbers that start with these digits, newest first."""
        ...


class DeskReader(Protocol):
    """Reads queues, macros, service levels and users."""

    async def queues(self) -> Sequence[Queue]:
        """All queues, by id."""
        ...

    async def queue(self, queue_id: str) -> QueueState | None:
        """One queue with members and load."""
        ...

    async def policies(self) -> Sequence[SlaPolicy]:
        """All service levels, by id."""
        ...

    async def macros(self) -> Sequence[Macro]:
        """All macros, by id."""
        ...

    async def users(
        self, words: Sequence[str], kind: UserKind | None, count: int, after: CursorKey | None
    ) -> Sequence[User]:
        """At most `count` users whose name or e-mail has words with these prefixes, by id; `after` is (id,)."""
        ...


class Desk(TicketReader, DeskReader, Protocol):
    """All reads, as one adapter provides them."""


class TicketWriter(Protocol):
    """Writes tickets, in the transaction of the call."""

    async def lock(self, number: int) -> Ticket | None:
        """Lock the ticket until the transaction ends, and return its current state."""
        ...

    async def create(self, new: NewTicket) -> Ticket:
        """Create a ticket with the tenant's next number, and its requester if the e-mail is new."""
        ...

    async def apply(self, ticket: Ticket, update: TicketUpdate) -> Ticket:
        """Write an update of a locked ticket, and return the new state."""
        ...

    async def link(self, ticket: Ticket, other: Ticket, kind: LinkKind) -> None:
        """Write a link between two locked tickets."""
        ...


class Announcer(Protocol):
    """Announces changed resources to subscribed clients, after the commit."""

    async def announce(self, tenant: str, uri: str) -> None:
        """Announce a change of `uri` to the tenant's subscribers."""
        ...
