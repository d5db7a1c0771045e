"""Tools that read tickets."""

from typing import Annotated

from pydantic import Field

from servicekit.schema import CursorKey, Limit, Page
from ticketing_mcp.models.errors import unknown_ticket
from ticketing_mcp.models.fields import FIELDS, custom_field
from ticketing_mcp.models.identifiers import QueueId, TicketId, number_of
from ticketing_mcp.models.tickets import (
    Event,
    Ticket,
    TicketField,
    Transitions,
    transitions_of,
)
from ticketing_mcp.ports.desk import Desk
from ticketing_mcp.tools.lookups import existing_queue

_SHOWN_TAGS = 50
FieldsOf = Annotated[QueueId, Field(description="Adds its custom fields.")]


class TicketTools:
    def __init__(self, tickets: Desk) -> None:
        self._tickets = tickets

    async def get_ticket(self, ticket_id: TicketId) -> Ticket:
        """Details of one ticket: what it is about, what the customer wants, who handles it, its status, subject, first
        message and links."""
        return await self._ticket(ticket_id)

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
        custom: list[TicketField] = []
        notice = None
        if queue_id is not None:
            queue = await existing_queue(self._tickets, queue_id)
            found = await self._tickets.custom_fields(queue.id)
            custom = [custom_field(field) for field in found or ()]
            notice = "This server does not read the custom fields of this desk." if found is None else None
        fields = [field.model_copy(update={"values": used}) if field.name == "tags" else field for field in FIELDS]
        fields += custom
        return Page(fields, len(fields), key=lambda field: (field.name,), notice=notice)

    async def _ticket(self, ticket_id: TicketId) -> Ticket:
        ticket = await self._tickets.get(number_of(ticket_id))
        if ticket is None:
            raise unknown_ticket(ticket_id)
        return ticket
