"""Comment tools: internal notes and public replies, under different scopes."""

from servicekit.core import Refused
from ticketing_mcp.models.comment_updates import note, reply
from ticketing_mcp.models.comments import CommentKind
from ticketing_mcp.models.identifiers import Body, TicketId
from ticketing_mcp.models.mentions import Mentions, mentions_in, resolved
from ticketing_mcp.models.previews import ReplyPreview, reply_preview
from ticketing_mcp.models.recipients import Copies
from ticketing_mcp.models.ticket_updates import TicketUpdate, merged_already
from ticketing_mcp.models.tickets import Ticket
from ticketing_mcp.models.write_results import AddedComment, UnknownMention
from ticketing_mcp.ports.people import People
from ticketing_mcp.ports.writing import TicketWriter
from ticketing_mcp.tools.locking import lock_ticket

_MOST_STAFF = 2000


class CommentTools:
    """Comments, added under a lock on the ticket."""

    def __init__(self, people: People, writer: TicketWriter) -> None:
        self._people = people
        self._writer = writer

    async def add_internal_note(self, ticket_id: TicketId, body: Body) -> AddedComment:
        """Write an internal note (private comment, remark) on a ticket, for the team and colleagues only, not the
        customer; @name mentions one."""
        mentions = await self._mentions(body)
        ticket = await lock_ticket(self._writer, ticket_id)
        added = await self._add(ticket, note(ticket, body, mentions.user_ids), "internal_note")
        unknown = [UnknownMention(mention=name, nearest=list(near)) for name, near in mentions.unknown]
        return added.model_copy(
            update={"mentions": list(mentions.user_ids) or None, "unknown_mentions": unknown or None}
        )

    async def add_public_reply(self, ticket_id: TicketId, body: Body, cc: Copies | None = None) -> AddedComment:
        """Reply (respond) to the customer of a ticket: answer, tell or ask the person something (write, send, e-mail
        back). It leaves the company and sets the ticket to pending.

        Cannot be undone; a person confirms the text.
        """
        ticket = await self._answerable(ticket_id)
        change = reply(ticket, body, cc or ())
        added = await self._add(ticket, change, "public_reply")
        return added.model_copy(update={"sent_to": [ticket.requester_email, *change.cc]})

    async def preview_reply(self, ticket_id: TicketId, body: Body, cc: Copies | None = None) -> ReplyPreview:
        """Preview of add_public_reply."""
        ticket = await self._answerable(ticket_id)
        return reply_preview(ticket, reply(ticket, body, cc or ()).cc)

    async def _mentions(self, body: str) -> Mentions:
        names = mentions_in(body)
        return resolved(names, await self._people.users((), "staff", _MOST_STAFF, None)) if names else Mentions()

    async def _answerable(self, ticket_id: TicketId) -> Ticket:
        """The locked ticket.

        Raises:
            Refused: it was merged, and this desk sends no replies on merged tickets.
        """
        ticket = await lock_ticket(self._writer, ticket_id)
        if ticket.merged_into is not None and not self._writer.merge_rules.can_answer:
            raise Refused(
                f"{merged_already(ticket)} This desk sends no replies on merged tickets. Reply on "
                f"{ticket.merged_into}, or open a new ticket for {ticket.requester_email} with create_ticket."
            )
        return ticket

    async def _add(self, ticket: Ticket, change: TicketUpdate, kind: CommentKind) -> AddedComment:
        changed = await self._writer.apply(ticket, change)
        return AddedComment(
            ticket_id=changed.id,
            kind=kind,
            sequence=changed.comment_count,
            status=changed.status,
            version=changed.version,
        )
