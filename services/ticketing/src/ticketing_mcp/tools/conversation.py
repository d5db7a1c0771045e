"""The tool that reads conversations."""

from typing import Annotated, Literal

from pydantic import Field

from servicekit.core import Refused
from servicekit.schema import CursorKey, Limit, Page, unknown_value
from ticketing_mcp.models.comments import LISTED, PART, Audience, Comment, beginning, may_quote
from ticketing_mcp.models.errors import unknown_ticket
from ticketing_mcp.models.identifiers import TicketId, UserId, number_of
from ticketing_mcp.models.mail.view import shown_body
from ticketing_mcp.ports.conversations import MOST_READ, Message, Wanted
from ticketing_mcp.ports.desk import Desk

Mentioned = Annotated[UserId, Field(description="User id.")]
Sequence = Annotated[int, Field(ge=0, description="One message, whole.")]
_MOST_STAFF = 2000


class ConversationTools:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def list_comments(
        self,
        ticket_id: TicketId,
        kind: Audience | None = None,
        mentions: Mentioned | None = None,
        order: Literal["newest", "oldest"] = "newest",
        sequence: Sequence | None = None,
        limit: Limit = 20,
        cursor: CursorKey | None = None,
    ) -> Page[Comment]:
        """Conversation (thread, last messages) of a ticket: what was said, our replies, and internal notes, which no
        customer may see."""
        beyond = cursor[0] if cursor else None
        if sequence is not None:
            return await self._part(ticket_id, sequence, beyond or 0)
        wanted = Wanted(kind, mentions, order, beyond)
        found = await self._desk.messages(number_of(ticket_id), wanted, limit + 1)
        if found is None:
            raise unknown_ticket(ticket_id)
        if not found and mentions is not None and beyond is None:
            await self._require_staff(mentions)
        comments = [await _listed(message) for message in found[:limit]]
        is_shortened = any(one.length or one.quoted_lines for one in comments)
        notice = (
            "Messages with length or quoted_lines are shortened; `sequence` shows one whole." if is_shortened else None
        )
        more = len(found) > limit
        return Page(comments, limit, key=lambda comment: (comment.sequence,), notice=notice, more=more)

    async def _part(self, ticket_id: TicketId, sequence: int, start: int) -> Page[Comment]:
        """A message with everything that it quotes, in parts."""
        message = await self._desk.message(number_of(ticket_id), sequence)
        if message is None:
            raise await self._no_message(ticket_id, sequence)
        body = await shown_body(message.body, message.format, folded=False)
        part = beginning(body.text[start:], PART)
        end = start + len(part)
        is_part = len(part) < len(body.text)
        comment = _comment(message, part, hidden_characters=body.hidden or None)
        notice = f"Characters {start + 1} to {end} of {len(body.text)}." if is_part else None
        return Page([comment], 1, key=lambda _: (end,), notice=notice, more=end < len(body.text))

    async def _no_message(self, ticket_id: TicketId, sequence: int) -> Refused:
        ticket = await self._desk.get(number_of(ticket_id))
        if ticket is None:
            return unknown_ticket(ticket_id)
        return Refused(f"{ticket_id} has no message {sequence}. list_comments without sequence lists them.")

    async def _require_staff(self, user_id: UserId) -> None:
        staff = {user.id: user.name for user in await self._desk.users((), "staff", _MOST_STAFF, None)}
        if user_id not in staff:
            raise unknown_value("mentions", "staff member", user_id, staff, "search_users with kind=staff finds them.")


async def _listed(message: Message) -> Comment:
    """A message in a list: without quoted history, and cut if it is long."""
    folded = may_quote(message.kind, message.format, message.sequence)
    body = await shown_body(message.body, message.format, folded=folded)
    text = beginning(body.text, LISTED)
    is_cut = len(text) < len(body.text) or message.length > MOST_READ
    return _comment(
        message,
        text,
        length=max(len(body.text), message.length if message.length > MOST_READ else 0) if is_cut else None,
        quoted_lines=body.quoted_lines or None,
        hidden_characters=body.hidden or None,
    )


def _comment(message: Message, body: str, **more: int | None) -> Comment:
    return Comment(
        sequence=message.sequence,
        kind=message.kind,
        author_id=message.author_id,
        author_name=message.author_name,
        at=message.at,
        body=body,
        mentions=list(message.mentions) or None,
        attachments=list(message.attachments) or None,
        sent_to=list(message.sent_to) if message.sent_to and len(message.sent_to) > 1 else None,
        **more,
    )
