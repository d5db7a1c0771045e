"""Zendesk's JSON, as far as this server reads it (https://developer.zendesk.com/api-reference/ticketing/)."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Wire(BaseModel):
    """An object of Zendesk's. Unknown members are left out; known ones may be null."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class WireGroup(Wire):
    """A group of agents: a queue here."""

    id: int
    name: str
    description: str | None = None
    deleted: bool = False


class WireUser(Wire):
    """An agent, an administrator or an end user. `email` is null for users without one, such as callers."""

    id: int
    name: str = ""
    email: str | None = None
    role: str = "end-user"
    external_id: str | None = None
    active: bool = True
    suspended: bool | None = None

    @property
    def is_staff(self) -> bool:
        return self.role in ("agent", "admin")


class WireMembership(Wire):
    """An agent in a group."""

    user_id: int
    group_id: int


class WireSource(Wire):
    """Where something came from: ``rel`` is ``merge``, ``follow_up``, ``trigger`` …"""

    rel: str | None = None
    from_: dict[str, Any] | None = Field(None, alias="from")
    to: dict[str, Any] | None = None


class WireVia(Wire):
    """How something was made."""

    channel: str | int | None = None
    source: WireSource | None = None


class WireMinutes(Wire):
    """A duration in minutes: of the calendar, and of business hours."""

    calendar: int | None = None
    business: int | None = None


class WireMetrics(Wire):
    """A ticket's metric set."""

    solved_at: datetime | None = None
    reply_time_in_minutes: WireMinutes | None = None


class WireSlaMetric(Wire):
    """One service-level clock. `stage` is active, paused, fulfilled or achieved; `breach_at` is null while paused."""

    metric: str
    stage: str | None = None
    breach_at: datetime | None = None


class WireSlas(Wire):
    """The service-level clocks of a ticket."""

    policy_metrics: list[WireSlaMetric] = []


class WireFieldValue(Wire):
    """The value of a custom field."""

    id: int
    value: Any = None


class WireTicket(Wire):
    """A ticket, with what was side-loaded into it."""

    id: int
    subject: str | None = None
    raw_subject: str | None = None
    description: str | None = None
    status: str
    priority: str | None = None
    group_id: int | None = None
    assignee_id: int | None = None
    requester_id: int | None = None
    created_at: datetime
    updated_at: datetime
    external_id: str | None = None
    tags: list[str] = []
    email_cc_ids: list[int] = []
    follower_ids: list[int] = []
    collaborator_ids: list[int] = []
    custom_fields: list[WireFieldValue] = []
    ticket_form_id: int | None = None
    problem_id: int | None = None
    has_incidents: bool = False
    followup_ids: list[int] = []
    via: WireVia | None = None
    comment_count: int | None = None
    slas: WireSlas | None = None
    metric_set: WireMetrics | None = None

    @property
    def stamp(self) -> str:
        """`updated_at` as `updated_stamp` wants it."""
        return f"{self.updated_at:%Y-%m-%dT%H:%M:%SZ}"


class WireOption(Wire):
    """A choice of a drop-down list; its value is a tag."""

    name: str = ""
    value: str


class WireField(Wire):
    """A ticket field. System fields cannot be removed."""

    id: int
    type: str
    title: str
    active: bool = True
    removable: bool = True
    custom_field_options: list[WireOption] = []


class WireAttachment(Wire):
    """A file of a comment. `malware_scan_result` is malware_found, malware_not_found, failed_to_scan or not_scanned."""

    id: int
    file_name: str = ""
    content_type: str | None = None
    size: int | None = None
    content_url: str | None = None
    deleted: bool = False
    inline: bool = False
    malware_scan_result: str | None = None


class WireComment(Wire):
    """A comment of a ticket. The first one is the ticket's description."""

    id: int
    author_id: int | None = None
    body: str | None = None
    plain_body: str | None = None
    html_body: str | None = None
    public: bool = True
    created_at: datetime
    attachments: list[WireAttachment] = []
    via: WireVia | None = None


class WireEvent(Wire):
    """A part of an audit: Create, Change, Comment, Notification …"""

    id: int | None = None
    type: str
    field_name: str | None = None
    value: Any = None
    previous_value: Any = None
    body: str | None = None
    public: bool | None = None


class WireMetadata(Wire):
    """What an update carried: `custom` is what its client sent."""

    custom: dict[str, Any] | None = None


class WireAudit(Wire):
    """One update of a ticket."""

    id: int
    created_at: datetime
    author_id: int
    via: WireVia | None = None
    metadata: WireMetadata | None = None
    events: list[WireEvent] = []

    @property
    def rel(self) -> str | None:
        return self.via.source.rel if self.via is not None and self.via.source is not None else None

    def custom(self, name: str) -> str | None:
        """What the update's client sent along under a name."""
        value = (self.metadata.custom or {}).get(name) if self.metadata is not None else None
        return value if isinstance(value, str) else None


class WireMacro(Wire):
    """A macro: actions on a ticket, such as a comment."""

    id: int
    title: str
    description: str | None = None
    active: bool = True
    actions: list[dict[str, Any]] = []


class WirePolicyMetric(Wire):
    """A target of a service level, in minutes."""

    priority: str
    metric: str
    target: int | None = None
    business_hours: bool = False


class WirePolicy(Wire):
    """A service level."""

    id: int
    title: str
    policy_metrics: list[WirePolicyMetric] = []


class WireJob(Wire):
    """A background job: queued, working, completed, failed or killed."""

    id: str
    status: str
    message: str | None = None
    results: Any = None
