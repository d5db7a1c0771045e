"""Changing tickets: their fields, status, assignee and links; closing and merging them."""

from typing import Annotated, Literal

from pydantic import Field

from ticketing_mcp.models.errors import not_a_member, unknown_queue
from ticketing_mcp.models.identifiers import QueueId, Resolution, TicketId, Title, UserId
from ticketing_mcp.models.previews import (
    ClosingPreview,
    MergePreview,
    closing_preview,
    merge_preview,
    require_visible_text,
)
from ticketing_mcp.models.ticket_updates import assignment, closing, linking, merging, transition, update
from ticketing_mcp.models.tickets import LinkKind, Priority
from ticketing_mcp.models.write_results import ChangedTicket, LinkedTickets, MergedTicket
from ticketing_mcp.ports import DeskReader, TicketWriter
from ticketing_mcp.tools.locking import lock_pair, lock_ticket

NewStatus = Annotated[
    Literal["open", "pending", "on-hold"],
    Field(description="open: the desk acts; pending: waiting for the requester; on-hold: for somebody else."),
]
OtherTicket = Annotated[TicketId, Field(description="The other ticket, as in T-123.")]
Kind = Annotated[LinkKind, Field(description="What ticket_id is to other_id.")]


class TicketUpdateTools:
    """Changes. Each locks the ticket before it looks, and each preview decides as its tool does."""

    def __init__(self, desk: DeskReader, changes: TicketWriter) -> None:
        self._desk = desk
        self._changes = changes

    async def update_ticket(
        self,
        ticket_id: TicketId,
        title: Title | None = None,
        priority: Priority | None = None,
        queue_id: QueueId | None = None,
    ) -> ChangedTicket:
        """Change a ticket's title, priority or queue; what is left out stays. Another queue leaves it unassigned.

        A status is changed with transition_ticket, an assignee with assign_ticket.
        """
        if queue_id is not None and await self._desk.queue(queue_id) is None:
            raise unknown_queue(queue_id)
        ticket = await lock_ticket(self._changes, ticket_id)
        return ChangedTicket.of(await self._changes.apply(ticket, update(ticket, title, priority, queue_id)))

    async def transition_ticket(self, ticket_id: TicketId, status: NewStatus) -> ChangedTicket:
        """Set a ticket to open, pending or on-hold; open also reopens a closed one. To close it, close_ticket.

        get_transitions tells what is possible. Clocks stop on hold.
        """
        ticket = await lock_ticket(self._changes, ticket_id)
        return ChangedTicket.of(await self._changes.apply(ticket, transition(ticket, status)))

    async def assign_ticket(self, ticket_id: TicketId, assignee_id: UserId | None = None) -> ChangedTicket:
        """Give a ticket to a member of its queue (get_queue lists them); to nobody, where assignee_id is left out."""
        ticket = await lock_ticket(self._changes, ticket_id)
        change = assignment(ticket, assignee_id)
        queue = await self._desk.queue(ticket.queue_id)
        members = queue.members if queue else []
        if assignee_id is not None and assignee_id not in members:
            raise not_a_member(assignee_id, ticket.queue_id, members)
        return ChangedTicket.of(await self._changes.apply(ticket, change))

    async def link_tickets(self, ticket_id: TicketId, other_id: OtherTicket, kind: Kind) -> LinkedTickets:
        """Record what one ticket is to another. Tickets that are one case are merged instead, with merge_tickets."""
        ticket, other = await lock_pair(self._changes, ticket_id, other_id)
        own, theirs = linking(ticket, other, kind)
        await self._changes.link(ticket, other, kind)
        changed = await self._changes.apply(ticket, own)
        await self._changes.apply(other, theirs)
        return LinkedTickets(ticket_id=ticket.id, kind=kind, other_id=other.id, version=changed.version)

    async def close_ticket(self, ticket_id: TicketId, resolution: Resolution) -> ChangedTicket:
        """End a ticket, with what came of it. The requester is not told: add_public_reply does that, before.

        Closed by mistake: transition_ticket to open. The same case as another: merge_tickets.
        """
        require_visible_text(resolution, "resolution")
        ticket = await lock_ticket(self._changes, ticket_id)
        return ChangedTicket.of(await self._changes.apply(ticket, closing(ticket, resolution)))

    async def preview_closing(self, ticket_id: TicketId, resolution: Resolution) -> ClosingPreview:
        """What close_ticket would do."""
        require_visible_text(resolution, "resolution")
        ticket = await lock_ticket(self._changes, ticket_id)
        closing(ticket, resolution)
        return closing_preview(ticket, resolution)

    async def merge_tickets(self, ticket_id: TicketId, into_id: OtherTicket) -> MergedTicket:
        """Close ticket_id for good because into_id is the same case and goes on. Cannot be undone.

        See both with get_ticket first. For tickets that only belong together, link_tickets.
        """
        ticket, into = await lock_pair(self._changes, ticket_id, into_id)
        gone, goes_on = merging(ticket, into)
        merged = await self._changes.apply(ticket, gone)
        await self._changes.apply(into, goes_on)
        return MergedTicket(ticket_id=merged.id, merged_into=into.id, status=merged.status, version=merged.version)

    async def preview_merge(self, ticket_id: TicketId, into_id: OtherTicket) -> MergePreview:
        """What merge_tickets would do."""
        ticket, into = await lock_pair(self._changes, ticket_id, into_id)
        merging(ticket, into)
        return merge_preview(ticket, into)
