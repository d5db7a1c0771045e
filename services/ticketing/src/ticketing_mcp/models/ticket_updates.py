"""Computes updates of a ticket: fields, status, assignee, comments, closing, merging and links.

Each function takes a locked ticket and returns the `TicketUpdate` to write, or raises `Refused`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from servicekit.core import Refused
from ticketing_mcp.models.attachments import NewAttachment
from ticketing_mcp.models.comments import CommentKind
from ticketing_mcp.models.custom_fields import NewValue
from ticketing_mcp.models.identifiers import QueueId
from ticketing_mcp.models.recipients import recipients_of_copies
from ticketing_mcp.models.tags import changed_tags
from ticketing_mcp.models.tickets import (
    INVERSE,
    NEXT_STATUSES,
    STATUS_MEANINGS,
    Actor,
    EventKind,
    LinkKind,
    Priority,
    Status,
    Ticket,
)


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An entry to add to the history."""

    kind: EventKind
    detail: str | None = None
    actor: Actor = "staff"
    resolution: str | None = None


@dataclass(frozen=True, slots=True)
class NewComment:
    """A comment to add: the staff that a note mentions, and the addresses that a reply is sent to."""

    kind: CommentKind
    body: str
    mentions: tuple[str, ...] = ()
    sent_to: tuple[str, ...] = ()
    attachments: tuple[NewAttachment, ...] = ()


@dataclass(frozen=True, slots=True)
class NewTicket:
    """A ticket to create, open and unassigned."""

    title: str
    body: str
    queue_id: QueueId
    priority: Priority
    requester_email: str
    requester_name: str
    cc: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    custom_fields: tuple[NewValue, ...] = ()


@dataclass(frozen=True, slots=True)
class TicketUpdate:
    """Everything to write to one ticket in one transaction.

    Attributes:
        title, status, priority, queue_id, assignee_id, resolution, merged_into, cc: the new values.
        events: history entries, in order; at least one.
        comment: a comment to add.
        add_tags, remove_tags: tags that the ticket gets and loses.
        custom_fields: new values of custom fields.
    """

    title: str
    status: Status
    priority: Priority
    queue_id: str
    assignee_id: str | None
    resolution: str | None
    merged_into: str | None
    cc: tuple[str, ...]
    events: tuple[NewEvent, ...] = ()
    comment: NewComment | None = None
    add_tags: tuple[str, ...] = ()
    remove_tags: tuple[str, ...] = ()
    custom_fields: tuple[NewValue, ...] = ()


def unchanged(ticket: Ticket) -> TicketUpdate:
    """An update that keeps every value, to start from."""
    return TicketUpdate(
        ticket.title,
        ticket.status,
        ticket.priority,
        ticket.queue_id,
        ticket.assignee_id,
        ticket.resolution,
        ticket.merged_into,
        tuple(ticket.cc or ()),
    )


def merged_already(ticket: Ticket) -> str:
    """Says into which ticket this one was merged, and when."""
    at = "" if ticket.merged_at is None else f" on {ticket.merged_at:%Y-%m-%d at %H:%M} UTC"
    return f"Ticket {ticket.id} was merged into {ticket.merged_into}{at}."


def require_not_merged(ticket: Ticket) -> None:
    """Refuse work on a merged ticket."""
    if ticket.merged_into is not None:
        undo = "" if ticket.is_final else ", or undo the merge within 24 hours with unmerge_tickets"
        raise Refused(f"{merged_already(ticket)} Work on {ticket.merged_into} instead{undo}.")
    if ticket.is_final:
        raise Refused(
            f"Ticket {ticket.id} is closed for good and cannot be reopened. Open a new one with create_ticket, and "
            f"name {ticket.id} in it."
        )


def require_not_closed(ticket: Ticket) -> None:
    """Refuse work on a closed or merged ticket."""
    require_not_merged(ticket)
    if ticket.status == "closed":
        raise Refused(f"Ticket {ticket.id} is closed. Reopen it first: transition_ticket with status=open.")


def update(
    ticket: Ticket,
    title: str | None,
    priority: Priority | None,
    queue_id: QueueId | None,
    add_tags: Iterable[str] = (),
    remove_tags: Iterable[str] = (),
    custom_fields: Sequence[NewValue] = (),
    add_cc: Iterable[str] = (),
    remove_cc: Iterable[str] = (),
) -> TicketUpdate:
    """Change title, priority, queue, tags, custom fields or who gets copies; None keeps a value. A new queue has other
    members, so it clears the assignee. Values of custom fields stay, also of those that only the previous queue has.

    Raises:
        Refused: no value differs, the tags are wrong, or the ticket is closed.
    """
    require_not_closed(ticket)
    changed = unchanged(ticket)
    events: list[NewEvent] = []
    if title is not None and title != ticket.title:
        changed = replace(changed, title=title)
        events.append(NewEvent("title_changed"))
    if priority is not None and priority != ticket.priority:
        changed = replace(changed, priority=priority)
        events.append(NewEvent("priority_changed", priority))
    if queue_id is not None and queue_id != ticket.queue_id:
        changed = replace(changed, queue_id=queue_id, assignee_id=None)
        events.append(NewEvent("queue_changed", queue_id))
        if ticket.assignee_id is not None:
            events.append(NewEvent("unassigned", ticket.assignee_id))
    added, removed = changed_tags(ticket.id, ticket.tags, add_tags, remove_tags)
    values = tuple(custom_fields)
    changed = replace(changed, add_tags=tuple(added), remove_tags=tuple(removed), custom_fields=values)
    events += [NewEvent("tag_added", tag) for tag in added] + [NewEvent("tag_removed", tag) for tag in removed]
    events += [NewEvent("field_changed", value.name) for value in values]
    changed, copied = with_copies(ticket, changed, add_cc, remove_cc)
    events += copied
    if not events:
        raise Refused(f"Ticket {ticket.id} already has these values. Give different ones.")
    return replace(changed, events=tuple(events))


def transition(ticket: Ticket, status: Status) -> TicketUpdate:
    """Change the status.

    Raises:
        Refused: `NEXT_STATUSES` does not allow it, or the ticket was merged.
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
    """Assign the ticket, or with None unassign it.

    Raises:
        Refused: the assignee would not change, or the ticket is closed.
    """
    require_not_closed(ticket)
    if assignee_id == ticket.assignee_id:
        raise Refused(f"Ticket {ticket.id} is already {f'assigned to {assignee_id}' if assignee_id else 'unassigned'}.")
    event = NewEvent("assigned", assignee_id) if assignee_id else NewEvent("unassigned", ticket.assignee_id)
    return replace(unchanged(ticket), assignee_id=assignee_id, events=(event,))


def closing(ticket: Ticket, resolution: str) -> TicketUpdate:
    """Close the ticket with a resolution.

    Raises:
        Refused: the ticket is closed or merged.
    """
    require_not_merged(ticket)
    _require_transition(ticket, "closed")
    return replace(
        unchanged(ticket), status="closed", resolution=resolution, events=(NewEvent("closed", resolution=resolution),)
    )


def linking(ticket: Ticket, other: Ticket, kind: LinkKind) -> tuple[TicketUpdate, TicketUpdate]:
    """The updates of two tickets that are linked.

    Raises:
        Refused: the tickets are the same, or already have this link in either direction.
    """
    if ticket.id == other.id:
        raise Refused(f"{ticket.id} cannot be linked to itself. Give another ticket.")
    if any((link.kind, link.ticket_id) == (kind, other.id) for link in ticket.links):
        raise Refused(f"{ticket.id} already has the link {kind} to {other.id}.")
    if any((link.kind, link.ticket_id) == (INVERSE[kind], other.id) for link in ticket.links):
        raise Refused(f"{other.id} already has the link {kind} to {ticket.id}; a link has one direction.")
    return (
        replace(unchanged(ticket), events=(NewEvent("linked", other.id),)),
        replace(unchanged(other), events=(NewEvent("linked", ticket.id),)),
    )


def with_copies(
    ticket: Ticket, changed: TicketUpdate, add: Iterable[str], remove: Iterable[str]
) -> tuple[TicketUpdate, list[NewEvent]]:
    """The update with those who get copies after it, and the events of that."""
    before, after = changed.cc, recipients_of_copies(changed.cc, ticket.requester_email, add, remove)
    added = [NewEvent("cc_added", address) for address in after if address not in before]
    removed = [NewEvent("cc_removed", address) for address in before if address not in after]
    return replace(changed, cc=after), added + removed


def _require_transition(ticket: Ticket, status: Status) -> None:
    following = NEXT_STATUSES[ticket.status]
    if status == ticket.status:
        raise Refused(f"Ticket {ticket.id} is {status} already. It can become {' or '.join(following)}.")
    if status not in following:
        raise Refused(
            f"Ticket {ticket.id} is {ticket.status} ({STATUS_MEANINGS[ticket.status]}), so it cannot become {status}. "
            f"It can become {' or '.join(following)}."
        )
