"""Computes the updates of a ticket that add a comment: a note, a file, a public reply."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from ticketing_mcp.models.attachments import NewAttachment
from ticketing_mcp.models.ticket_updates import (
    NewComment,
    NewEvent,
    TicketUpdate,
    require_not_closed,
    unchanged,
    with_copies,
)
from ticketing_mcp.models.tickets import Status, Ticket


def note(ticket: Ticket, body: str, mentions: Sequence[str] = ()) -> TicketUpdate:
    """Add an internal note, in any status. It goes to staff alone."""
    comment = NewComment("internal_note", body, tuple(mentions))
    return replace(unchanged(ticket), comment=comment, events=(NewEvent("note_added"),))


def attaching(ticket: Ticket, body: str, file: NewAttachment) -> TicketUpdate:
    """Add an internal note with a file, in any status."""
    comment = NewComment("internal_note", body, attachments=(file,))
    number = str(max((int(one.id) for one in ticket.attachments or ()), default=0) + 1)
    return replace(
        unchanged(ticket), comment=comment, events=(NewEvent("note_added"), NewEvent("attachment_added", number))
    )


def reply(ticket: Ticket, body: str, cc: Iterable[str] = ()) -> TicketUpdate:
    """Add a public reply and set the ticket to pending. Those in `cc` get a copy too, from now on. A merged ticket
    stays closed, and its requester is answered.

    Raises:
        Refused: the ticket is closed, and not by a merge.
    """
    merged = ticket.merged_into is not None
    if not merged:
        require_not_closed(ticket)
    changed, copied = with_copies(ticket, unchanged(ticket), cc, ())
    status: Status = "closed" if merged else "pending"
    events = [*copied, NewEvent("reply_added")]
    if status != ticket.status:
        events.append(NewEvent("status_changed", status))
    comment = NewComment("public_reply", body, sent_to=(ticket.requester_email, *changed.cc))
    return replace(changed, status=status, comment=comment, events=tuple(events))
