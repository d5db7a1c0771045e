"""Tickets, their comments and their audits."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from devkit.simulators.zendesk.records.attachments import Attachment

STATUSES: Final = ("new", "open", "pending", "hold", "solved", "closed")
PRIORITIES: Final = ("low", "normal", "high", "urgent")
TYPES: Final = ("question", "incident", "problem", "task")


@dataclass
class Comment:
    """A comment; `public` is False for an internal note."""

    id: int
    audit_id: int
    author_id: int
    body: str
    html_body: str
    plain_body: str
    public: bool
    created_at: datetime
    via: dict[str, Any]
    attachments: list[Attachment] = field(default_factory=list)


@dataclass
class Audit:
    """The events of one change of a ticket, and the metadata that its client sent along."""

    id: int
    ticket_id: int
    author_id: int
    created_at: datetime
    via: dict[str, Any]
    events: list[dict[str, Any]] = field(default_factory=list)
    custom: dict[str, Any] = field(default_factory=dict)


@dataclass
class Ticket:
    """A ticket.

    Attributes:
        status_changes: instants with the status that began then; the first is the creation.
        stations: ids of the assignees and of the groups that it had, in order, by ``assignee`` and ``group``.
    """

    id: int
    subject: str
    requester_id: int
    submitter_id: int
    created_at: datetime
    updated_at: datetime
    status: str = "new"
    priority: str | None = None
    type: str | None = None
    group_id: int | None = None
    assignee_id: int | None = None
    external_id: str | None = None
    recipient: str | None = None
    due_at: str | None = None
    problem_id: int | None = None
    ticket_form_id: int | None = None
    via: dict[str, Any] = field(default_factory=dict)
    tags: list[str] = field(default_factory=list)
    custom_fields: dict[int, Any] = field(default_factory=dict)
    email_cc_ids: list[int] = field(default_factory=list)
    follower_ids: list[int] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)
    audits: list[Audit] = field(default_factory=list)
    status_changes: list[tuple[datetime, str]] = field(default_factory=list)
    stations: dict[str, list[int]] = field(default_factory=lambda: {"assignee": [], "group": []})
    assigned_at: datetime | None = None
    deleted: bool = False

    @property
    def description(self) -> str:
        """The body of the first comment."""
        return self.comments[0].body if self.comments else ""

    @property
    def solved_at(self) -> datetime | None:
        """When it was last solved; None while it is not."""
        if self.status not in ("solved", "closed"):
            return None
        solved = [at for at, status in self.status_changes if status == "solved"]
        return solved[-1] if solved else self.status_changes[-1][0]
