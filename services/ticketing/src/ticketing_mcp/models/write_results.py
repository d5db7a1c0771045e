"""Results of write tools: ids, enumerated values and numbers, without free text.

A result without outsiders' text cannot carry a prompt injection from a write to the model.
"""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from servicekit.schema import OneLine, Record
from ticketing_mcp.models.comments import CommentKind
from ticketing_mcp.models.tickets import LinkKind, Priority, Status, Ticket


class ChangedTicket(Record):
    """A ticket after a change. get_ticket returns the whole ticket."""

    ticket_id: str
    status: Status
    priority: Priority
    queue_id: str
    assignee_id: str | None = None
    missing_fields: Annotated[list[str] | None, Field(description="Required custom fields without a value.")] = None
    version: int

    @classmethod
    def of(cls, ticket: Ticket) -> "ChangedTicket":
        return cls(
            ticket_id=ticket.id,
            status=ticket.status,
            priority=ticket.priority,
            queue_id=ticket.queue_id,
            assignee_id=ticket.assignee_id,
            missing_fields=ticket.missing_fields,
            version=ticket.version,
        )


class ChangedTickets(Record):
    """Tickets after one change of them all, in the order of the changes."""

    tickets: list[ChangedTicket]


class PossibleDuplicate(Record):
    """A recent similar ticket; `similarity` is in percent. With `same_code`, both have a code that few tickets have."""

    ticket_id: str
    status: Status
    similarity: int
    same_code: bool


class CreatedTicket(Record):
    """A new ticket. Check `possible_duplicates`, and use merge_tickets if one is the same case."""

    ticket_id: str
    status: Status
    priority: Priority
    queue_id: str
    version: int
    possible_duplicates: list[PossibleDuplicate]


class UnknownMention(Record):
    """A mention that means no member of staff, or several, and the nearest user ids."""

    mention: Annotated[str, OneLine()]
    nearest: list[str]


class AddedComment(Record):
    """An added comment, and the ticket's status after it.

    `mentions` are staff of this desk; `unknown_mentions` name no member of staff, or several.
    """

    ticket_id: str
    kind: CommentKind
    sequence: int
    status: Status
    version: int
    mentions: list[str] | None = None
    unknown_mentions: list[UnknownMention] | None = None
    sent_to: list[str] | None = None


class LinkedTickets(Record):
    """Two linked tickets: ticket_id `kind` other_id."""

    ticket_id: str
    kind: LinkKind
    other_id: str
    version: int


class MergedTickets(Record):
    """Tickets that were closed as duplicates of `merged_into`; `version` is that ticket's.

    `unmerge_until`: unmerge_tickets works before; absent if this desk cannot undo a merge.
    """

    merged_into: str
    version: int
    tickets: list[ChangedTicket]
    unmerge_until: datetime | None = None


class UnmergedTickets(Record):
    """Tickets that are separate again, with the status from before their merge."""

    tickets: list[ChangedTicket]


class AttachedFile(Record):
    """A file that was attached with an internal note. `size` is in bytes."""

    ticket_id: str
    attachment_id: str | None = None
    type: str
    size: int
    sha256: str
    version: int
