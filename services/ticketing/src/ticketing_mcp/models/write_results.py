"""What a change leaves behind, as its caller is told: ids, closed words and numbers, never a text.

A reply to a write holds nothing that somebody outside wrote, so a tool that writes never reads to a model.
"""

from servicekit.schema.record import Record
from ticketing_mcp.models.tickets import CommentKind, LinkKind, Priority, Status, Ticket


class ChangedTicket(Record):
    """A ticket after a change. get_ticket has the whole."""

    ticket_id: str
    status: Status
    priority: Priority
    queue_id: str
    assignee_id: str | None = None
    version: int

    @classmethod
    def of(cls, ticket: Ticket) -> "ChangedTicket":
        """The ticket as it is now."""
        return cls(
            ticket_id=ticket.id,
            status=ticket.status,
            priority=ticket.priority,
            queue_id=ticket.queue_id,
            assignee_id=ticket.assignee_id,
            version=ticket.version,
        )


class PossibleDuplicate(Record):
    """A recent ticket that says much the same; `similarity` is in percent."""

    ticket_id: str
    status: Status
    similarity: int


class CreatedTicket(Record):
    """A new ticket. Where it seems to be there already, look at the others, and merge_tickets if they are the same."""

    ticket_id: str
    status: Status
    priority: Priority
    queue_id: str
    version: int
    possible_duplicates: list[PossibleDuplicate]


class AddedComment(Record):
    """A comment that was added, and the ticket's status after it."""

    ticket_id: str
    kind: CommentKind
    sequence: int
    status: Status
    version: int


class LinkedTickets(Record):
    """Two tickets and what the first is to the second."""

    ticket_id: str
    kind: LinkKind
    other_id: str
    version: int


class MergedTicket(Record):
    """A ticket that was closed because another goes on with it."""

    ticket_id: str
    merged_into: str
    status: Status
    version: int
