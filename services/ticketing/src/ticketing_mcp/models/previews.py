"""Previews that a person confirms before an irreversible write. Texts are deterministic: confirmation compares them."""

from servicekit.registry import Preview
from servicekit.schema import show
from ticketing_mcp.models.tickets import Ticket


class ReplyPreview(Preview):
    """The whole text of a public reply, with invisible characters made visible."""

    ticket_id: str
    recipient: str
    text: str


class ClosingPreview(Preview):
    """The closing of a ticket, with the whole resolution, invisible characters made visible."""

    ticket_id: str
    resolution: str


class MergePreview(Preview):
    """A merge: the ticket is closed as a duplicate of `into`."""

    ticket_id: str
    into: str
    into_version: int


def reply_preview(ticket: Ticket, body: str) -> ReplyPreview:
    return ReplyPreview(
        effect=(
            f"Permanently sends this public reply on ticket {ticket.id} to {ticket.requester_email}, outside the "
            f"company, and sets the ticket to pending. The full text, between the lines:\n---\n{show(body)}\n---"
        ),
        version=ticket.version,
        ticket_id=ticket.id,
        recipient=ticket.requester_email,
        text=show(body),
    )


def closing_preview(ticket: Ticket, resolution: str) -> ClosingPreview:
    return ClosingPreview(
        effect=(
            f"Closes ticket {ticket.id} (status {ticket.status}, priority {ticket.priority}, queue "
            f"{ticket.queue_id}) and stops its service-level clocks. The resolution, between the lines:\n---\n"
            f"{show(resolution)}\n---"
        ),
        version=ticket.version,
        ticket_id=ticket.id,
        resolution=show(resolution),
    )


def merge_preview(ticket: Ticket, into: Ticket) -> MergePreview:
    other = "" if ticket.requester_id == into.requester_id else " The tickets have different requesters."
    return MergePreview(
        effect=(
            f"Merges ticket {ticket.id} ({ticket.status}, {ticket.comment_count} comments) into {into.id} "
            f"({into.status}, {into.comment_count} comments): permanently closes {ticket.id}, points it to {into.id}, "
            f"which keeps its status. Comments stay on their ticket.{other}"
        ),
        version=ticket.version,
        ticket_id=ticket.id,
        into=into.id,
        into_version=into.version,
    )
