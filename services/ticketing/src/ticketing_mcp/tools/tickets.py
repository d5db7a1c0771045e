"""Finding tickets, and looking at one from each side."""

from collections.abc import Sequence

from servicekit.core.errors import Refused
from servicekit.schema.pagination import Limit, Page, Position
from ticketing_mcp.models.errors import unknown_ticket
from ticketing_mcp.models.fields import FIELDS
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
from ticketing_mcp.ports import SearchResult, TicketFilter, TicketReader


class TicketTools:
    """Tickets."""

    def __init__(self, tickets: TicketReader) -> None:
        self._tickets = tickets

    async def search_tickets(
        self,
        limit: Limit,
        query: SearchText | None = None,
        status: Status | None = None,
        queue_id: QueueId | None = None,
        assignee_id: UserId | None = None,
        priority: Priority | None = None,
        cursor: Position | None = None,
    ) -> Page[TicketSummary]:
        """Find tickets by words, status, queue, assignee and priority: the best match first; without words, the newest.

        Words are taken literally; beginnings and small slips count too. For one known ticket use get_ticket; for others
        like it, find_similar_tickets.
        """
        filters = TicketFilter(_parse(query), status, priority, queue_id, assignee_id)
        found = await self._tickets.search(filters, limit + 1, cursor)
        return Page(found.tickets, limit, key=_cursor_key, notice=_notice(found))

    async def get_ticket(self, ticket_id: TicketId) -> Ticket:
        """Look up one ticket: what was asked, by whom, where it stands, holds and links.

        Next: list_comments for the conversation, get_sla_status for its deadlines, get_transitions before changing it.
        """
        return await self._ticket(ticket_id)

    async def list_comments(
        self, ticket_id: TicketId, limit: Limit = 20, cursor: Position | None = None
    ) -> Page[Comment]:
        """The conversation on a ticket, oldest first: messages of the requester, public replies, internal notes.

        Never repeat an internal note to a requester. The first message itself is in get_ticket.
        """
        found = await self._tickets.comments(number_of(ticket_id), limit + 1, cursor[0] if cursor else 0)
        if found is None:
            raise unknown_ticket(ticket_id)
        return Page(found, limit, key=lambda comment: (comment.sequence,))

    async def get_history(self, ticket_id: TicketId, limit: Limit = 50, cursor: Position | None = None) -> Page[Event]:
        """What happened to a ticket, oldest first: created, assigned, moved, answered, closed, and by whom."""
        found = await self._tickets.history(number_of(ticket_id), limit + 1, cursor[0] if cursor else 0)
        if found is None:
            raise unknown_ticket(ticket_id)
        return Page(found, limit, key=lambda event: (event.sequence,))

    async def get_transitions(self, ticket_id: TicketId) -> Transitions:
        """Which statuses a ticket may be given now, what each means, and which tool gives it."""
        return transitions_of(await self._ticket(ticket_id))

    async def list_fields(self) -> Page[TicketField]:
        """The fields of a ticket: what each means, what it may hold, which tool sets it. Read it before writing."""
        return Page(FIELDS, len(FIELDS), key=lambda field: (field.name,))

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
    """How the words were taken, by their places: a word itself is never repeated."""
    said = []
    if found.corrected:
        said.append(f"No ticket has {_words(found.corrected)} of the query; the closest known words were taken.")
    if found.widened:
        said.append(f"Few tickets have {_words(found.widened)} of the query; those with a likelier word follow.")
    if found.unknown:
        said.append(f"No ticket has {_words(found.unknown)} of the query, nor one like it; left out.")
    if found.partial:
        said.append("So many tickets have these words that only the newest were ranked; add words or a filter.")
    return " ".join(said) or None


def _words(places: Sequence[int]) -> str:
    numbers = [str(place) for place in places]
    return f"word {numbers[0]}" if len(numbers) == 1 else f"words {', '.join(numbers)}"
