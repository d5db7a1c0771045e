"""Tools for files that come with messages."""

from typing import Annotated, Literal

from pydantic import Field

from servicekit.core import Refused, off_loop
from servicekit.schema import Author, Excerpt, FreeText, Image, TypedContents, Untrusted, WithAttachments
from ticketing_mcp.models.attachments import (
    Attachment,
    AttachmentId,
    FileBase64,
    FileKind,
    FileName,
    FileText,
    is_text,
    new_attachment,
)
from ticketing_mcp.models.comment_updates import attaching
from ticketing_mcp.models.comments import PART, beginning
from ticketing_mcp.models.errors import unknown_ticket
from ticketing_mcp.models.identifiers import MAX_TEXT, TicketId, number_of
from ticketing_mcp.models.write_results import AttachedFile
from ticketing_mcp.ports.attachments import StoredFile
from ticketing_mcp.ports.desk import Desk
from ticketing_mcp.ports.writing import TicketWriter
from ticketing_mcp.tools.locking import lock_ticket

Note = Annotated[str, FreeText(MAX_TEXT, "Internal note with it.")]
Start = Annotated[int, Field(ge=0, description="Character to begin at.")]


def _author_of(shown: "ShownAttachment") -> Author:
    return shown.by


class ShownAttachment(Excerpt):
    """An attachment: `text` of a text file, from `start`; an image follows as such."""

    id: str
    name: Annotated[str, Untrusted(_author_of)]
    type: str
    size: int
    by: Literal["requester", "staff"]
    text: Annotated[str, Untrusted(_author_of, verbatim=True)] | None = None
    next_start: Annotated[int | None, Field(description="`start` of the next part.")] = None


async def stored_file(desk: Desk, ticket_id: TicketId, attachment_id: AttachmentId) -> StoredFile:
    """An attachment with its content.

    Raises:
        Refused: the ticket or the attachment does not exist.
    """
    found = await desk.attachment(number_of(ticket_id), attachment_id)
    if found is not None:
        return found
    ticket = await desk.get(number_of(ticket_id))
    if ticket is None:
        raise unknown_ticket(ticket_id)
    if ticket.attachments is None:
        has = "list_comments lists those of each message."
    else:
        known = ", ".join(one.id for one in ticket.attachments)
        has = f"It has: {known}." if known else "It has no attachments."
    raise Refused(f"There is no attachment {attachment_id} of {ticket_id} (attachment_id). {has}")


class AttachmentTools:
    """Reads and adds attachments. `kinds` are the accepted file types."""

    def __init__(self, desk: Desk, writer: TicketWriter, kinds: tuple[FileKind, ...]) -> None:
        self._desk = desk
        self._writer = writer
        self._kinds = kinds

    async def get_attachment(
        self, ticket_id: TicketId, attachment_id: AttachmentId, start: Start = 0
    ) -> WithAttachments[ShownAttachment]:
        """Open (see, read) an attachment of a ticket: screenshot, image, PDF, log."""
        file = await stored_file(self._desk, ticket_id, attachment_id)
        return await off_loop(len(file.content), _shown, file, ticket_id, start)

    async def whole_attachment(self, ticket_id: TicketId, attachment_id: AttachmentId) -> TypedContents:
        """A file that came with a message of a ticket."""
        file = await stored_file(self._desk, ticket_id, attachment_id)
        one = file.attachment
        if not is_text(one.type):
            return TypedContents(file.content, one.type, one.by)
        text = await off_loop(len(file.content), file.content.decode, "utf-8-sig", "replace")
        return TypedContents(text, one.type, one.by)

    async def attach_file(
        self,
        ticket_id: TicketId,
        name: FileName,
        text: FileText | None = None,
        base64: FileBase64 | None = None,
        note: Note | None = None,
    ) -> AttachedFile:
        """Attach (add, upload) a file to a ticket, internally: the customer does not see it."""
        size = len(text or "") + len(base64 or "")
        file = await off_loop(size, new_attachment, name, text, base64, self._kinds)
        ticket = await lock_ticket(self._writer, ticket_id)
        changed = await self._writer.apply(ticket, attaching(ticket, note or "Attached a file.", file))
        return AttachedFile(
            ticket_id=changed.id,
            attachment_id=changed.attachments[-1].id if changed.attachments else None,
            type=file.type,
            size=len(file.content),
            sha256=file.sha256,
            version=changed.version,
        )


def _shown(file: StoredFile, ticket_id: TicketId, start: int) -> WithAttachments[ShownAttachment]:
    one, uri = file.attachment, attachment_uri(ticket_id, file.attachment)
    shown = ShownAttachment(id=one.id, name=one.name, type=one.type, size=one.size, by=one.by)
    if is_text(one.type):
        whole = file.content.decode("utf-8-sig", errors="replace")
        part = beginning(whole[start:], PART)
        end = start + len(part)
        is_cut = end < len(whole)
        update = {"text": part, "next_start": end if is_cut else None, "whole": uri if is_cut or start else None}
        return WithAttachments(shown.model_copy(update=update))
    if one.type.startswith("image/"):
        image = Image(file.content, f"Attachment {one.id} of {ticket_id}, sent by {one.by}.", one.type)
        return WithAttachments(shown.model_copy(update={"whole": uri}), (image,))
    return WithAttachments(shown.model_copy(update={"whole": uri}))


def attachment_uri(ticket_id: TicketId, attachment: Attachment) -> str:
    """The resource with the whole content."""
    return f"attachment://{ticket_id}/{attachment.id}"
