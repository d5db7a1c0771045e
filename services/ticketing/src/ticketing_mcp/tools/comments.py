"""Adding to the conversation: for the desk alone, or for the requester to read. Two tools, under two scopes."""

from ticketing_mcp.models.identifiers import Body, TicketId
from ticketing_mcp.models.previews import ReplyPreview, reply_preview, require_visible_text
from ticketing_mcp.models.ticket_updates import TicketUpdate, note, reply
from ticketing_mcp.models.tickets import CommentKind, Ticket
from ticketing_mcp.models.write_results import AddedComment
from ticketing_mcp.ports import TicketWriter
from ticketing_mcp.tools.locking import lock_ticket


class CommentTools:
    """Comments. Each tool locks the ticket before it looks."""

    def __init__(self, changes: TicketWriter) -> None:
        self._changes = changes

    async def add_internal_note(self, ticket_id: TicketId, body: Body) -> AddedComment:
        """Write a note that only the desk sees, in any status. To answer the requester, add_public_reply."""
        ticket = await lock_ticket(self._changes, ticket_id)
        return await self._add(ticket, note(ticket, body), "internal_note")

    async def add_public_reply(self, ticket_id: TicketId, body: Body) -> AddedComment:
        """Answer the requester: the text leaves the company as it is, and the ticket becomes pending. Cannot be undone.

        Whoever agrees is shown the whole text. For the desk alone, add_internal_note.
        """
        require_visible_text(body, "reply")
        ticket = await lock_ticket(self._changes, ticket_id)
        return await self._add(ticket, reply(ticket, body), "public_reply")

    async def preview_reply(self, ticket_id: TicketId, body: Body) -> ReplyPreview:
        """What add_public_reply would send, and to whom."""
        require_visible_text(body, "reply")
        ticket = await lock_ticket(self._changes, ticket_id)
        reply(ticket, body)
        return reply_preview(ticket, body)

    async def _add(self, ticket: Ticket, change: TicketUpdate, kind: CommentKind) -> AddedComment:
        changed = await self._changes.apply(ticket, change)
        return AddedComment(
            ticket_id=changed.id,
            kind=kind,
            sequence=changed.comment_count,
            status=changed.status,
            version=changed.version,
        )
