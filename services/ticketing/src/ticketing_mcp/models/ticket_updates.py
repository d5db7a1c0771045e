"""What is done to a ticket, decided from the ticket alone: which statuses allow it, and everything to be written.

Whoever decides holds the ticket under lock, so what is decided is what is written.
"""

from dataclasses import dataclass, replace

from servicekit.core.errors import Refused
from ticketing_mcp.models.identifiers import QueueId
from ticketing_mcp.models.tickets import (
    INVERSE,
    NEXT_STATUSES,
    STATUS_MEANINGS,
    Actor,
    CommentKind,
    EventKind,
    LinkKind,
    Priority,
    Status,
    Ticket,
)


@dataclass(frozen=True, slots=True)
class NewEvent:
    """Something for the history, by the caller unless said otherwise."""

    kind: EventKind
    detail: str | None = None
    actor: Actor = "staff"


@dataclass(frozen=True, slots=True)
class NewComment:
    """Something for the conversation."""

    kind: CommentKind
    body: str


@dataclass(frozen=True, slots=True)
class NewTicket:
    """A ticket to be made, open and nobody's."""

    title: str
    body: str
    queue_id: QueueId
    priority: Priority
    requester_email: str
    requester_name: str


@dataclass(frozen=True, slots=True)
class TicketUpdate:
    """Everything to be written to one ticket, at once.

    Attributes:
        title, status, priority, queue_id, assignee_id, resolution, merged_into: as they will be.
        events: what happened, in order; at least one.
        comment: what is added to the conversation.
    """

    title: str
    status: Status
    priority: Priority
    queue_id: str
    assignee_id: str | None
    resolution: str | None
    merged_into: str | None
    events: tuple[NewEvent, ...] = ()
    comment: NewComment | None = None


def unchanged(ticket: Ticket) -> TicketUpdate:
    """The ticket as it is: where every change begins."""
    return TicketUpdate(
        ticket.title,
        ticket.status,
        ticket.priority,
        ticket.queue_id,
        ticket.assignee_id,
        ticket.resolution,
        ticket.merged_into,
    )


def require_not_merged(ticket: Ticket) -> None:
    """Refuse to touch what lives on in another ticket."""
    if ticket.merged_into is not None:
        raise Refused(f"Ticket {ticket.id} was merged into {ticket.merged_into}. Work on {ticket.merged_into} instead.")


def require_not_closed(ticket: Ticket) -> None:
    """Refuse what makes no sense on a ticket that ended."""
    require_not_merged(ticket)
    if ticket.status == "closed":
        raise Refused(f"Ticket {ticket.id} is closed. To work on it again, transition_ticket to open first.")


def update(ticket: Ticket, title: str | None, priority: Priority | None, queue_id: QueueId | None) -> TicketUpdate:
    """Another title, priority or queue. Another queue has other members, so nobody is assigned there.

    Raises:
        Refused: nothing would change, or the ticket is closed.
    """
    require_not_closed(ticket)
    change = unchanged(ticket)
    events: list[NewEvent] = []
    if title is not None and title != ticket.title:
        change = replace(change, title=title)
        events.append(NewEvent("title_changed"))
    if priority is not None and priority != ticket.priority:
        change = replace(change, priority=priority)
        events.append(NewEvent("priority_changed", priority))
    if queue_id is not None and queue_id != ticket.queue_id:
        change = replace(change, queue_id=queue_id, assignee_id=None)
        events.append(NewEvent("queue_changed", queue_id))
        if ticket.assignee_id is not None:
            events.append(NewEvent("unassigned", ticket.assignee_id))
    if not events:
        raise Refused(
            f"Nothing would change on ticket {ticket.id}. Give a title, priority or queue_id that it has not."
        )
    return replace(change, events=tuple(events))


def transition(ticket: Ticket, status: Status) -> TicketUpdate:
    """Another status.

    Raises:
        Refused: the status does not lead there.
    """
    require_not_merged(ticket)
    _require_transition(ticket, status)
    reopened = ticket.status == "closed"
    return replace(
        unchanged(ticket),
        status=status,
        resolution=None if reopened else ticket.resolution,
        events=(NewEvent("reopened" if reopened else "status_changed", status),),
    )


def assignment(ticket: Ticket, assignee_id: str | None) -> TicketUpdate:
    """Somebody else's, or nobody's.

    Raises:
        Refused: it is so already, or the ticket is closed.
    """
    require_not_closed(ticket)
    if assignee_id == ticket.assignee_id:
        raise Refused(f"Ticket {ticket.id} is {f'assigned to {assignee_id}' if assignee_id else 'unassigned'} already.")
    event = NewEvent("assigned", assignee_id) if assignee_id else NewEvent("unassigned", ticket.assignee_id)
    return replace(unchanged(ticket), assignee_id=assignee_id, events=(event,))


def note(ticket: Ticket, body: str) -> TicketUpdate:
    """A note that only the desk sees. Allowed in every status."""
    return replace(unchanged(ticket), comment=NewComment("internal_note", body), events=(NewEvent("note_added"),))


def reply(ticket: Ticket, body: str) -> TicketUpdate:
    """An answer that the requester reads; the ticket then waits for them.

    Raises:
        Refused: the ticket is closed.
    """
    require_not_closed(ticket)
    events = [NewEvent("reply_added")]
    if ticket.status != "pending":
        events.append(NewEvent("status_changed", "pending"))
    return replace(unchanged(ticket), status="pending", comment=NewComment("public_reply", body), events=tuple(events))


def closing(ticket: Ticket, resolution: str) -> TicketUpdate:
    """The end, with what came of it.

    Raises:
        Refused: it ended already.
    """
    require_not_merged(ticket)
    _require_transition(ticket, "closed")
    return replace(unchanged(ticket), status="closed", resolution=resolution, events=(NewEvent("closed"),))


def merging(ticket: Ticket, into: Ticket) -> tuple[TicketUpdate, TicketUpdate]:
    """The changes of a ticket that goes on as another, and of that other.

    Raises:
        Refused: they are the same, the other one ended, or either was merged before.
    """
    if ticket.id == into.id:
        raise Refused(f"{ticket.id} cannot be merged into itself. Give another ticket.")
    require_not_merged(ticket)
    require_not_closed(into)
    gone = replace(unchanged(ticket), status="closed", merged_into=into.id, events=(NewEvent("merged", into.id),))
    return gone, replace(unchanged(into), events=(NewEvent("merged", ticket.id),))


def linking(ticket: Ticket, other: Ticket, kind: LinkKind) -> tuple[TicketUpdate, TicketUpdate]:
    """The changes of two tickets that get a link.

    Raises:
        Refused: they are the same, linked so already, or the other way round.
    """
    if ticket.id == other.id:
        raise Refused(f"{ticket.id} cannot be linked to itself. Give another ticket.")
    if any((link.kind, link.ticket_id) == (kind, other.id) for link in ticket.links):
        raise Refused(f"{ticket.id} has the link {kind} to {other.id} already.")
    if any((link.kind, link.ticket_id) == (INVERSE[kind], other.id) for link in ticket.links):
        raise Refused(f"{other.id} has the link {kind} to {ticket.id}, and it cannot hold both ways.")
    return (
        replace(unchanged(ticket), events=(NewEvent("linked", other.id),)),
        replace(unchanged(other), events=(NewEvent("linked", ticket.id),)),
    )


def _require_transition(ticket: Ticket, status: Status) -> None:
    following = NEXT_STATUSES[ticket.status]
    if status not in following:
        raise Refused(
            f"Ticket {ticket.id} is {ticket.status} ({STATUS_MEANINGS[ticket.status]}), so it cannot become {status}. "
            f"It can become {' or '.join(following)}."
        )
