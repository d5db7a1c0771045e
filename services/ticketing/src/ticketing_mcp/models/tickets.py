"""Ticket records: comments, links, holds, history; and the ticket state machine."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal, get_args

from pydantic import Field, model_validator

from servicekit.schema import OneLine, OnRequest, Record
from ticketing_mcp.models.attachments import Attachment
from ticketing_mcp.models.custom_fields import FieldType, FieldValue
from ticketing_mcp.models.identifiers import RequesterText, StaffText
from ticketing_mcp.models.mail.view import BodyFormat
from ticketing_mcp.models.order_numbers import order_numbers_in
from ticketing_mcp.models.tags import TagName

Status = Literal["open", "pending", "on-hold", "closed"]
STATUSES: tuple[Status, ...] = get_args(Status)
STATUS_MEANINGS: dict[Status, str] = {
    "open": "the desk has to act",
    "pending": "waiting for the requester",
    "on-hold": "waiting for a third party; service-level clocks are paused",
    "closed": "solved, or closed without a solution",
}
NEXT_STATUSES: dict[Status, tuple[Status, ...]] = {
    "open": ("pending", "on-hold", "closed"),
    "pending": ("open", "on-hold", "closed"),
    "on-hold": ("open", "pending", "closed"),
    "closed": ("open",),
}
"""The ticket state machine: allowed next statuses. A merged ticket stays closed."""

UNMERGE_WINDOW = timedelta(hours=24)
"""How long after a merge it can be undone."""

Priority = Literal["low", "normal", "high", "urgent"]
PRIORITIES: tuple[Priority, ...] = get_args(Priority)
LinkKind = Literal["relates_to", "blocks", "duplicates"]
# The link kind as shown on the other ticket.
INVERSE: dict[LinkKind, str] = {"relates_to": "relates_to", "blocks": "blocked_by", "duplicates": "duplicated_by"}
LinkView = Literal["relates_to", "blocks", "blocked_by", "duplicates", "duplicated_by", "merged_from"]
EventKind = Literal[
    "created",
    "status_changed",
    "priority_changed",
    "queue_changed",
    "title_changed",
    "assigned",
    "unassigned",
    "note_added",
    "reply_added",
    "message_received",
    "cc_added",
    "cc_removed",
    "linked",
    "merged",
    "merged_from",
    "unmerged",
    "unmerged_from",
    "closed",
    "reopened",
    "tag_added",
    "tag_removed",
    "field_changed",
    "attachment_added",
]
Actor = Literal["requester", "staff", "system"]


class TicketSummary(Record):
    """A ticket in a list. `score` is the relevance in a text search; higher is better. `due_at` is the next
    service-level time, only in a search by these."""

    id: str
    title: RequesterText
    status: Status
    priority: Priority
    queue_id: str
    assignee_id: str | None = None
    assignee_name: Annotated[str, OneLine()] | None = None
    requester_id: Annotated[str, OnRequest()]
    requester_name: RequesterText
    merged_into: str | None = None
    tags: list[TagName]
    created_at: datetime
    updated_at: datetime
    closed_at: Annotated[datetime | None, OnRequest()] = None
    due_at: datetime | None = None
    score: int | None = None


class Hold(Record):
    """A period on hold; without `ended_at` it is still on hold."""

    started_at: datetime
    ended_at: datetime | None = None


class Link(Record):
    """A linked ticket, and the kind of link."""

    kind: LinkView
    ticket_id: str


class MergedTicket(Record):
    """A ticket merged into another, directly or through a third one. It keeps its comments and its requester.

    `awaits_reply`: the latest message of its requester has no public reply yet, on this ticket or, if both have one
    requester, on the ticket that stays.
    """

    ticket_id: str
    merged_into: str
    merged_at: datetime
    requester_id: str
    requester_email: str
    requester_name: RequesterText
    awaits_reply: bool


class Ticket(Record):
    """A ticket without its comments. `version` increases with every change.

    `order_numbers` are recognised in title, body and comments; tools of an orders server take them.
    `merged` lists up to 50 tickets merged into it, newest merge first; absent if this desk cannot list them. Public
    replies on this ticket do not reach their requesters: reply on their own tickets.
    """

    id: str
    title: RequesterText
    body: RequesterText
    format: Annotated[BodyFormat, Field(exclude=True)] = "text"
    body_length: Annotated[
        int | None,
        Field(description="Characters of the first message; if set, list_comments with sequence=0 reads on."),
    ] = None
    hidden_characters: Annotated[int | None, Field(description="Of the first message, hidden by its mail.")] = None
    status: Status
    priority: Priority
    queue_id: str
    assignee_id: str | None = None
    requester_id: str
    requester_email: str
    requester_name: RequesterText
    cc: Annotated[list[str] | None, Field(description="Get a copy of every public reply.")] = None
    version: int
    created_at: datetime
    updated_at: datetime
    first_replied_at: datetime | None = None
    closed_at: datetime | None = None
    resolution: StaffText | None = None
    merged_into: str | None = None
    merged_at: datetime | None = None
    status_before_merge: Status | None = None
    is_final: Annotated[Literal[True] | None, Field(description="Closed for good: cannot be reopened.")] = None
    tags: list[TagName]
    custom_fields: Annotated[
        list[FieldValue] | None, Field(description="Absent where this server does not read them.")
    ] = None
    missing_fields: Annotated[list[str] | None, Field(description="Required custom fields without a value.")] = None
    attachments: Annotated[list[Attachment] | None, Field(description="Absent where only messages list them.")] = None
    comment_count: int
    order_numbers: list[str] = Field(default_factory=list)
    holds: list[Hold]
    links: list[Link]
    merged: list[MergedTicket] | None = None

    @model_validator(mode="before")
    @classmethod
    def _with_order_numbers(cls, values: dict[str, Any]) -> dict[str, Any]:
        """Add the order numbers of the title, the body, and the excerpts of comments in `mentions`."""
        texts = (values["title"], values["body"], *(values.get("mentions") or ()))
        return {"order_numbers": order_numbers_in(*texts), **values}


class Event(Record):
    """An entry of the ticket history. `detail` is an id, an enumerated value, a tag or an address: no free text.
    `resolution` is of a closing.
    """

    sequence: int
    at: datetime
    kind: EventKind
    actor: Actor
    actor_id: str
    detail: Annotated[str, OneLine()] | None = None
    resolution: StaffText | None = None


class Transition(Record):
    """An allowed next status, and the tool that sets it."""

    status: Status
    meaning: str
    tool: Literal["transition_ticket", "close_ticket"]


class Transitions(Record):
    """The current status of a ticket and its allowed next statuses. A merged ticket has none until it is unmerged."""

    ticket_id: str
    status: Status
    version: int
    merged_into: str | None = None
    unmerge_until: datetime | None = None
    next: list[Transition]


class TicketField(Record):
    """A ticket field: its meaning, allowed values, and the tools that set it. Those with a `type` are custom fields of
    the queue: they go into `custom_fields`.
    """

    name: str
    meaning: str
    values: Annotated[list[TagName] | None, Field(description="Allowed values, for enumerated fields.")] = None
    bound: str | None = None
    type: FieldType | None = None
    required: bool | None = None
    set_by: list[str]


def transitions_of(ticket: Ticket) -> Transitions:
    following = () if ticket.merged_into or ticket.is_final else NEXT_STATUSES[ticket.status]
    return Transitions(
        ticket_id=ticket.id,
        status=ticket.status,
        version=ticket.version,
        merged_into=ticket.merged_into,
        unmerge_until=None if ticket.merged_at is None else ticket.merged_at + UNMERGE_WINDOW,
        next=[
            Transition(
                status=status,
                meaning=STATUS_MEANINGS[status],
                tool="close_ticket" if status == "closed" else "transition_ticket",
            )
            for status in following
        ],
    )
