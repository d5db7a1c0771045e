"""Previews that a person confirms before an irreversible write. Texts are deterministic: confirmation compares them."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from servicekit.registry import Preview
from ticketing_mcp.models.batch_changes import line
from ticketing_mcp.models.ticket_updates import TicketUpdate
from ticketing_mcp.models.tickets import MergedTicket, Ticket

_NAMED = 10


class ReplyPreview(Preview):
    """A public reply; its whole text is shown with it."""

    ticket_id: str
    recipient: str
    copies: list[str]
    merged_into: str | None = None


class CopiesPreview(Preview):
    """Addresses outside the desk that would get a copy of every later reply."""

    added: list[str]


class ClosingPreview(Preview):
    """The closing of a ticket; the whole resolution is shown with it."""

    ticket_id: str


class BatchPreview(Preview):
    """Changes of several tickets: `shown` has a line for each. `versions` are those of the tickets before."""

    in_own_words: ClassVar[frozenset[str]] = frozenset({"changes"})

    versions: dict[str, int]


def reply_preview(ticket: Ticket, copies: Sequence[str]) -> ReplyPreview:
    also = f" with copies (CC) to {', '.join(copies)}," if copies else ""
    if ticket.merged_into is None:
        after = f", and sets the ticket to pending.{_not_reached(ticket, copies)}"
    else:
        after = (
            f". {ticket.id} was merged into {ticket.merged_into} and stays closed. The requester of "
            f"{ticket.merged_into} does not get this reply, unless it is the same person."
        )
    return ReplyPreview(
        effect=(
            f"Permanently sends this public reply on ticket {ticket.id} to {ticket.requester_email},{also} outside the "
            f"company{after}"
        ),
        version=ticket.version,
        ticket_id=ticket.id,
        recipient=ticket.requester_email,
        copies=list(copies),
        merged_into=ticket.merged_into,
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
    unanswered = "" if ticket.first_replied_at else " No public reply was sent on it: its requester gets no answer."
    waiting = [one for one in ticket.merged or () if one.awaits_reply]
    merged = f" Merged into it, and waiting for a reply: {named(waiting)}." if waiting else ""
    return ClosingPreview(
        effect=(
            f"Closes ticket {ticket.id} (status {ticket.status}, priority {ticket.priority}, queue "
            f"{ticket.queue_id}) with this resolution, and stops its service-level clocks.{unanswered}{merged}"
        ),
        version=ticket.version,
        ticket_id=ticket.id,
    )


def named(merged: Sequence[MergedTicket]) -> str:
    """Merged tickets with the addresses of their requesters, at most ten."""
    shown = [f"{one.ticket_id} ({one.requester_email})" for one in merged[:_NAMED]]
    return ", ".join(shown) + (f" and {len(merged) - _NAMED} more" if len(merged) > _NAMED else "")


def _not_reached(ticket: Ticket, copies: Sequence[str]) -> str:
    """Says which requesters of merged tickets do not get a reply on this one."""
    reached = {ticket.requester_email, *copies}
    others = [one for one in ticket.merged or () if one.requester_email not in reached]
    if not others:
        return ""
    return (
        f" It does not reach the requesters of tickets merged into it: {named(others)}. To answer them, call "
        "add_public_reply on their tickets."
    )


def batch_preview(planned: Sequence[tuple[Ticket, TicketUpdate]], names: Mapping[str, str]) -> BatchPreview:
    count = f"{len(planned)} tickets" if len(planned) > 1 else "1 ticket"
    return BatchPreview(
        effect=f"Changes {count}, as shown line by line.",
        version=sum(ticket.version for ticket, _ in planned),
        shown={ticket.id: line(ticket, update, names) for ticket, update in planned},
        versions={ticket.id: ticket.version for ticket, _ in planned},
    )
