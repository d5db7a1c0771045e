"""Merging tickets into one, and undoing it: what is allowed, and the updates of each ticket."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from servicekit.core import Refused
from ticketing_mcp.models.ticket_updates import NewEvent, TicketUpdate, merged_already, require_not_closed, unchanged
from ticketing_mcp.models.tickets import UNMERGE_WINDOW, Ticket

_HOW_ELSEWHERE = "To merge it elsewhere, call unmerge_tickets first."
_NOT_ELSEWHERE = "It cannot be merged elsewhere."


@dataclass(frozen=True, slots=True)
class MergeRules:
    """What a desk can do after a merge.

    Attributes:
        can_undo: merges can be undone for a day.
        can_answer: the requester of a merged ticket can be answered on it.
    """

    can_undo: bool
    can_answer: bool


def require_mergeable(tickets: Sequence[Ticket], into: Ticket) -> None:
    """Check that the tickets can be merged into `into`.

    Raises:
        Refused: the target is among them, closed or merged itself, or a ticket was merged before; it names all.
    """
    if into.id in {ticket.id for ticket in tickets}:
        raise Refused(f"{into.id} cannot be merged into itself. Leave it out of ticket_ids.")
    require_not_closed(into)
    problems = [
        f"{ticket.id} is already merged into {into.id}."
        if ticket.merged_into == into.id
        else f"{merged_already(ticket)} {_HOW_ELSEWHERE if not ticket.is_final else _NOT_ELSEWHERE}"
        for ticket in tickets
        if ticket.merged_into is not None
    ]
    _refuse(problems, "Nothing was merged.")


def merging(ticket: Ticket, into: Ticket) -> TicketUpdate:
    """Close the ticket as a duplicate. Its resolution, if it has one, stays."""
    return replace(unchanged(ticket), status="closed", merged_into=into.id, events=(NewEvent("merged", into.id),))


def taking_in(into: Ticket, tickets: Sequence[Ticket]) -> TicketUpdate:
    """The update of the target of a merge."""
    return replace(unchanged(into), events=tuple(NewEvent("merged_from", ticket.id) for ticket in tickets))


def require_unmergeable(tickets: Sequence[Ticket], now: datetime) -> None:
    """Check that the merges of these tickets can be undone at `now`.

    Raises:
        Refused: a ticket is not merged, or was merged too long ago; it names all.
    """
    problems = [problem for ticket in tickets if (problem := _not_unmergeable(ticket, now))]
    _refuse(problems, "Nothing was unmerged.")


def unmerging(ticket: Ticket) -> TicketUpdate:
    """Give the ticket its status from before the merge. Its assignee and its resolution stayed."""
    status = ticket.status_before_merge or "open"
    events = [NewEvent("unmerged", ticket.merged_into)]
    if status != "closed":
        events.append(NewEvent("status_changed", status))
    return replace(unchanged(ticket), status=status, merged_into=None, events=tuple(events))


def giving_back(into: Ticket, tickets: Sequence[Ticket]) -> TicketUpdate:
    """The update of a ticket that others were merged into."""
    return replace(unchanged(into), events=tuple(NewEvent("unmerged_from", ticket.id) for ticket in tickets))


def _not_unmergeable(ticket: Ticket, now: datetime) -> str | None:
    if ticket.merged_into is None or ticket.merged_at is None:
        into_it = [one.ticket_id for one in ticket.merged or () if one.merged_into == ticket.id]
        others = f" Merged into it: {', '.join(into_it)}." if into_it else ""
        return f"{ticket.id} is not merged into another ticket.{others}"
    if now - ticket.merged_at > UNMERGE_WINDOW:
        return (
            f"{merged_already(ticket)} A merge can be undone within 24 hours, so it stays. Answer its requester with "
            f"add_public_reply on {ticket.id}; to work on it separately, create_ticket for its requester and link both."
        )
    return None


def _refuse(problems: Sequence[str], outcome: str) -> None:
    if problems:
        raise Refused(" ".join((*problems, outcome) if len(problems) > 1 else problems))
