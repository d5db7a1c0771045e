"""What a person reads before something is done that cannot be undone. The same record always gives the same words."""

from servicekit.core.errors import Refused
from servicekit.registry.preview import Preview
from servicekit.schema.untrusted import without_invisible
from ticketing_mcp.models.tickets import Ticket


class ReplyPreview(Preview):
    """A public reply, to the letter."""

    ticket_id: str
    recipient: str
    text: str


class ClosingPreview(Preview):
    """The closing of a ticket, with the resolution to the letter."""

    ticket_id: str
    resolution: str


class MergePreview(Preview):
    """A merge. The ticket is closed; the other goes on."""

    ticket_id: str
    into: str
    into_version: int


def require_visible_text(text: str, what: str) -> None:
    """Refuse a text that says something else than a person sees.

    Raises:
        Refused: it has invisible characters, or such that turn the direction of writing.
    """
    if without_invisible(text) != text:
        raise Refused(
            f"The {what} has characters that nobody can see (zero-width, control, direction or tag characters), so "
            "what is agreed to would not be what is sent. Write it without them."
        )


def reply_preview(ticket: Ticket, body: str) -> ReplyPreview:
    """What the requester will read."""
    return ReplyPreview(
        effect=(
            f"Sends this public reply on ticket {ticket.id} to {ticket.requester_email}, outside the company, for "
            f"good, and sets the ticket to pending. The whole text, between the lines:\n---\n{body}\n---"
        ),
        version=ticket.version,
        ticket_id=ticket.id,
        recipient=ticket.requester_email,
        text=body,
    )


def closing_preview(ticket: Ticket, resolution: str) -> ClosingPreview:
    """The end of a ticket."""
    return ClosingPreview(
        effect=(
            f"Closes ticket {ticket.id}, which is {ticket.status} and {ticket.priority}, in the queue "
            f"{ticket.queue_id}, and stops its service-level clocks. The resolution, between the lines:\n---\n"
            f"{resolution}\n---"
        ),
        version=ticket.version,
        ticket_id=ticket.id,
        resolution=resolution,
    )


def merge_preview(ticket: Ticket, into: Ticket) -> MergePreview:
    """What becomes of both."""
    other = "" if ticket.requester_id == into.requester_id else " They are of different requesters."
    return MergePreview(
        effect=(
            f"Merges ticket {ticket.id} ({ticket.status}, {ticket.comment_count} comments) into {into.id} "
            f"({into.status}, {into.comment_count} comments): {ticket.id} is closed for good and points to {into.id}, "
            f"which goes on; comments stay where they are.{other}"
        ),
        version=ticket.version,
        ticket_id=ticket.id,
        into=into.id,
        into_version=into.version,
    )
