"""Previews that a person confirms before an irreversible write. Texts are deterministic: confirmation compares them."""

from collections.abc import Sequence
from typing import ClassVar

from servicekit.registry import Preview
from ticketing_mcp.models.batch_changes import line
from ticketing_mcp.models.ticket_updates import TicketUpdate
from ticketing_mcp.models.tickets import Ticket


class ReplyPreview(Preview):
    """A public reply; its whole text is shown with it."""

    ticket_id: str
    recipient: str
    copies: list[str]


class CopiesPreview(Preview):
    """Addresses outside the desk that would get a copy of every later reply."""

    added: list[str]


class ClosingPreview(Preview):
    """The closing of a ticket; the whole resolution is shown with it."""

    ticket_id: str


class MergePreview(Preview):
    """A merge: the ticket is closed as a duplicate of `into`."""

    ticket_id: str
    into: str
    into_version: int


class BatchPreview(Preview):
    """Changes of several tickets: `shown` has a line for each. `versions` are those of the tickets before."""

    in_own_words: ClassVar[frozenset[str]] = frozenset({"changes"})

    versions: dict[str, int]


def reply_preview(ticket: Ticket, copies: Sequence[str]) -> ReplyPreview:
    also = f" with copies (CC) to {', '.join(copies)}," if copies else ""
    return ReplyPreview(
        effect=(
            f"Permanently sends this public reply on ticket {ticket.id} to {ticket.requester_email},{also} outside the "
            "company, and sets the ticket to pending."
        ),
        version=ticket.version,
        ticket_id=ticket.id,
        recipient=ticket.requester_email,
        copies=list(copies),
    )


def copies_preview(of: str, version: int, added: Sequence[str]) -> CopiesPreview:
    """Args:
    of: the ticket, in words.
    """
    return CopiesPreview(
        effect=f"From now on, every public reply on {of} also goes to {', '.join(added)}, outside the desk.",
        version=version,
        added=list(added),
    )


def closing_preview(ticket: Ticket) -> ClosingPreview:
    return ClosingPreview(
        effect=(
            f"Closes ticket {ticket.id} (status {ticket.status}, priority {ticket.priority}, queue "
            f"{ticket.queue_id}) with this resolution, and stops its service-level clocks."
        ),
        version=ticket.version,
        ticket_id=ticket.id,
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


def batch_preview(planned: Sequence[tuple[Ticket, TicketUpdate]]) -> BatchPreview:
    count = f"{len(planned)} tickets" if len(planned) > 1 else "1 ticket"
    return BatchPreview(
        effect=f"Changes {count}, as shown line by line.",
        version=sum(ticket.version for ticket, _ in planned),
        shown={ticket.id: line(ticket, update) for ticket, update in planned},
        versions={ticket.id: ticket.version for ticket, _ in planned},
    )
