"""Tools that search and read tickets."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from servicekit.core import Refused
from servicekit.schema import Columns, CursorKey, Limit, Page
from ticketing_mcp.models.errors import unknown_ticket
from ticketing_mcp.models.fields import FIELDS, custom_field
from ticketing_mcp.models.identifiers import QueueId, SearchText, TicketId, UserId, number_of
from ticketing_mcp.models.search import InvalidQuery, Query, parse_query
from ticketing_mcp.models.tickets import (
    Comment,
    Event,
    Priority,
    Status,
    Ticket,
    TicketField,
    TicketSummary,
    Transitions,
    transitions_of,
)
from ticketing_mcp.ports.desk import Desk
from ticketing_mcp.ports.search import SearchResult, TicketFilter
from ticketing_mcp.tools.lookups import existing_queue, require_existing

_SHOWN_TAGS = 50
FieldsOf = Annotated[QueueId, Field(description="Adds its custom fields.")]


class TicketTools:
    def __init__(self, tickets: Desk) -> None:
        self._tickets = tickets

    async def search_tickets(
        self,
        query: SearchText | None = None,
        status: Status | None = None,
        queue_id: QueueId | None = None,
        assignee_id: UserId | None = None,
        priority: Priority | None = None,
        limit: Limit = 10,
        cursor: CursorKey | None = None,
    ) -> Annotated[Page[TicketSummary], Columns()]:
        """Find or list tickets (cases, requests, complaints) by words they mention, status, queue, priority, or the
        colleague who works on them: all open, unresolved, urgent ones.

        Best match first; without words, newest first.
        """
        filters = TicketFilter(_parse(query), status, priority, queue_id, assignee_id)
        found = await self._tickets.search(filters, limit + 1, cursor)
        if not found.tickets and cursor is None:
            await require_existing(self._tickets, queue_id, assignee_id)
        return Page(found.tickets, limit, key=_cursor_key, notice=_notice(found))

    async def get_ticket(self, ticket_id: TicketId) -> Ticket:
        """Details of one ticket: what it is about, what the customer wants, who handles it, its status, subject, first
        message and links."""
        return await self._ticket(ticket_id)

    async def list_comments(
        self, ticket_id: TicketId, limit: Limit = 20, cursor: CursorKey | None = None
    ) -> Page[Comment]:
        """Conversation (thread, messages) of a ticket, oldest first: what was said, our replies, and internal notes,
        which no customer may see."""
        found = await self._tickets.comments(number_of(ticket_id), limit + 1, cursor[0] if cursor else 0)
        if found is None:
            raise unknown_ticket(ticket_id)
        return Page(found, limit, key=lambda comment: (comment.sequence,))

    async def get_history(self, ticket_id: TicketId, limit: Limit = 50, cursor: CursorKey | None = None) -> Page[Event]:
        """History (audit log, activity, timeline) of a ticket, oldest first: who closed, reassigned, moved or changed
        it, when, and what it was before."""
        found = await self._tickets.history(number_of(ticket_id), limit + 1, cursor[0] if cursor else 0)
        if found is None:
            raise unknown_ticket(ticket_id)
        return Page(found, limit, key=lambda event: (event.sequence,))

    async def get_transitions(self, ticket_id: TicketId) -> Transitions:
        """Which statuses a ticket can go to next (whether it can be reopened, closed, put on hold), and the tool for
        each."""
        return transitions_of(await self._ticket(ticket_id))

    async def list_fields(self, queue_id: FieldsOf | None = None) -> Page[TicketField]:
        """Which fields a ticket has, such as priority and status, with their meaning and the values (options) that are
        allowed."""
        used = [use.tag for use in await self._tickets.tags(_SHOWN_TAGS)]
        custom = []
        if queue_id is not None:
            queue = await existing_queue(self._tickets, queue_id)
            custom = [custom_field(field) for field in await self._tickets.custom_fields(queue.id)]
        fields = [field.model_copy(update={"values": used}) if field.name == "tags" else field for field in FIELDS]
        fields += custom
        return Page(fields, len(fields), key=lambda field: (field.name,))

    async def _ticket(self, ticket_id: TicketId) -> Ticket:
        ticket = await self._tickets.get(number_of(ticket_id))
        if ticket is None:
            raise unknown_ticket(ticket_id)
        return ticket


def _cursor_key(ticket: TicketSummary) -> tuple[int, int]:
    return ticket.score or 0, number_of(ticket.id)


def _parse(query: str | None) -> Query:
    if query is None:
        return Query()
    try:
        return parse_query(query)
    except InvalidQuery as problem:
        raise Refused(str(problem)) from None


def _notice(found: SearchResult) -> str | None:
    """How the words matched, by position; the words themselves are never repeated."""
    notices = []
    if found.corrected:
        notices.append(
            f"No ticket has {_words(found.corrected)} of the query; the most similar words were used instead."
        )
    if found.widened:
        notices.append(f"Few tickets have {_words(found.widened)} of the query; matches of a likely correction follow.")
    if found.unknown:
        left_out = " The search left it out." if found.tickets else ""
        notices.append(f"No ticket has {_words(found.unknown)} of the query or a similar word.{left_out}")
    if found.partial:
        notices.append("Too many tickets match, so only the newest were ranked. Add words or a filter.")
    return " ".join(notices) or None


def _words(positions: Sequence[int]) -> str:
    numbers = [str(position) for position in positions]
    return f"word {numbers[0]}" if len(numbers) == 1 else f"words {', '.join(numbers)}"
