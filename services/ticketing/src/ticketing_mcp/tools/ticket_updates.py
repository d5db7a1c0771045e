"""Tools that change tickets: fields, status, assignee, links and closing."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from servicekit.core import Refused
from ticketing_mcp.models.custom_fields import NewValue, NewValues, new_values
from ticketing_mcp.models.errors import not_a_member
from ticketing_mcp.models.identifiers import Assignee, QueueId, Resolution, TicketId, Title
from ticketing_mcp.models.previews import ClosingPreview, CopiesPreview, closing_preview, copies_preview
from ticketing_mcp.models.recipients import Copies
from ticketing_mcp.models.tags import NewTags, TagsToRemove
from ticketing_mcp.models.ticket_updates import assignment, closing, linking, transition, update
from ticketing_mcp.models.tickets import LinkKind, Priority, Ticket
from ticketing_mcp.models.write_results import ChangedTicket, LinkedTickets
from ticketing_mcp.ports.desk import DeskReader
from ticketing_mcp.ports.writing import TicketWriter
from ticketing_mcp.tools.locking import lock_pair, lock_ticket
from ticketing_mcp.tools.lookups import existing_queue
from ticketing_mcp.tools.recipients import outside_addresses
from ticketing_mcp.tools.staff import is_no_one, staff_member

NewStatus = Annotated[
    Literal["open", "pending", "on-hold"],
    Field(description="open: the desk acts; pending: waiting for the requester; on-hold: waiting for a third party."),
]
OtherTicket = Annotated[TicketId, Field(description="The other ticket, such as T-1042.")]
Unassign = Annotated[bool, Field(description="Take the ticket from its assignee instead.")]
Kind = Annotated[LinkKind, Field(description="Relation of ticket_id to other_id; the one that blocks comes first.")]


class TicketUpdateTools:
    """Ticket updates, computed under a row lock. Previews apply the same rules as their tools."""

    def __init__(self, desk: DeskReader, writer: TicketWriter) -> None:
        self._desk = desk
        self._writer = writer

    async def update_ticket(
        self,
        ticket_id: TicketId,
        title: Title | None = None,
        priority: Priority | None = None,
        queue_id: QueueId | None = None,
        add_tags: NewTags | None = None,
        remove_tags: TagsToRemove | None = None,
        custom_fields: NewValues | None = None,
        add_cc: Copies | None = None,
        remove_cc: Copies | None = None,
    ) -> ChangedTicket:
        """Change a ticket's priority (escalate, raise, set to urgent, lower), queue (wrong team, move it), title
        (rename), tags (labels), custom fields or CC.

        A new queue clears the assignee.
        """
        if not (title or priority or queue_id or add_tags or remove_tags or custom_fields or add_cc or remove_cc):
            raise Refused("No change given. Give title, priority, queue_id, custom_fields, or tags or e-mails (CC).")
        if queue_id is not None:
            await existing_queue(self._desk, queue_id)
        ticket = await lock_ticket(self._writer, ticket_id)
        values = await self._values(ticket, queue_id, custom_fields)
        tags, copies = (add_tags or (), remove_tags or ()), (add_cc or (), remove_cc or ())
        change = update(ticket, title, priority, queue_id, *tags, values, *copies)
        return ChangedTicket.of(await self._writer.apply(ticket, change))

    async def preview_update(
        self,
        ticket_id: TicketId,
        title: Title | None = None,
        priority: Priority | None = None,
        queue_id: QueueId | None = None,
        add_tags: NewTags | None = None,
        remove_tags: TagsToRemove | None = None,
        custom_fields: NewValues | None = None,
        add_cc: Copies | None = None,
        remove_cc: Copies | None = None,
    ) -> CopiesPreview | None:
        """Preview of update_ticket, where others than staff are added to those who get copies."""
        if not add_cc:
            return None
        ticket = await lock_ticket(self._writer, ticket_id)
        values = await self._values(ticket, queue_id, custom_fields)
        tags, copies = (add_tags or (), remove_tags or ()), (add_cc or (), remove_cc or ())
        after = update(ticket, title, priority, queue_id, *tags, values, *copies).cc
        added = await outside_addresses(self._desk, [one for one in after if one not in (ticket.cc or ())])
        return copies_preview(f"ticket {ticket.id}", ticket.version, added) if added else None

    async def _values(
        self, ticket: Ticket, queue_id: QueueId | None, sent: Mapping[str, Any] | None
    ) -> tuple[NewValue, ...]:
        """New values of custom fields, by the definitions of the queue that the ticket is in after the change."""
        if not sent:
            return ()
        target = queue_id or ticket.queue_id
        return new_values(target, await self._desk.custom_fields(target), sent, ticket.custom_fields or ())

    async def transition_ticket(self, ticket_id: TicketId, status: NewStatus) -> ChangedTicket:
        """Change a ticket's status: reopen it, put it on hold (pause, park, snooze) or set it to pending while we wait
        for the customer.

        To close it use close_ticket.
        """
        ticket = await lock_ticket(self._writer, ticket_id)
        return ChangedTicket.of(await self._writer.apply(ticket, transition(ticket, status)))

    async def assign_ticket(
        self, ticket_id: TicketId, assignee_id: Assignee | None = None, unassign: Unassign = False
    ) -> ChangedTicket:
        """Assign (give, hand over, pass) a ticket to a colleague who takes it over, a member of its queue; or unassign
        it."""
        if assignee_id is not None and is_no_one(assignee_id):
            assignee_id, unassign = None, True
        if (assignee_id is not None) == unassign:
            raise Refused("Give either assignee_id, a member of the ticket's queue, or unassign=true.")
        ticket = await lock_ticket(self._writer, ticket_id)
        assignee = None
        if assignee_id is not None:
            members = (await self._desk.queue_members([ticket.queue_id])).get(ticket.queue_id, ())
            assignee = await staff_member(self._desk, assignee_id, members)
            if assignee not in members:
                raise not_a_member(assignee, ticket.queue_id, members)
        change = assignment(ticket, assignee)
        return ChangedTicket.of(await self._writer.apply(ticket, change))

    async def link_tickets(self, ticket_id: TicketId, other_id: OtherTicket, kind: Kind) -> LinkedTickets:
        """Link two tickets that both go on: they are related, one depends on the other (blocks it, must be fixed
        before), or duplicates it."""
        ticket, other = await lock_pair(self._writer, ticket_id, other_id)
        own, theirs = linking(ticket, other, kind)
        await self._writer.link(ticket, other, kind)
        changed = await self._writer.apply(ticket, own)
        await self._writer.apply(other, theirs)
        return LinkedTickets(ticket_id=ticket.id, kind=kind, other_id=other.id, version=changed.version)

    async def close_ticket(self, ticket_id: TicketId, resolution: Resolution) -> ChangedTicket:
        """Close a ticket: mark it as done (finished, solved, fixed, resolved), or as spam. The customer is not
        notified."""
        ticket = await lock_ticket(self._writer, ticket_id)
        return ChangedTicket.of(await self._writer.apply(ticket, closing(ticket, resolution)))

    async def preview_closing(self, ticket_id: TicketId, resolution: Resolution) -> ClosingPreview:
        """Preview of close_ticket."""
        ticket = await lock_ticket(self._writer, ticket_id)
        closing(ticket, resolution)
        return closing_preview(ticket)
