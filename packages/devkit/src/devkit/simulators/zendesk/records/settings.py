"""What administrators configure: macros, ticket fields and forms, schedules and service levels."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any


@dataclass
class Macro:
    """A macro: actions on a ticket, such as ``{"field": "comment_value", "value": "Hello"}``."""

    id: int
    title: str
    description: str | None
    actions: list[dict[str, Any]]
    created_at: datetime
    active: bool = True
    position: int = 0


@dataclass
class TicketField:
    """A system or custom field. `options` are (id, name, value) of a drop-down list (``tagger``, ``multiselect``)."""

    id: int
    type: str
    title: str
    created_at: datetime
    options: list[tuple[int, str, str]] = field(default_factory=list)
    removable: bool = True
    required: bool = False
    active: bool = True
    regexp: str | None = None
    description: str = ""


@dataclass
class TicketForm:
    """A form: the fields that a ticket of its kind has."""

    id: int
    name: str
    field_ids: list[int]
    created_at: datetime
    default: bool = False


@dataclass
class Schedule:
    """Business hours: intervals in minutes since Sunday 00:00, local time of `iana_time_zone`."""

    id: int
    name: str
    iana_time_zone: str
    time_zone: str
    intervals: list[tuple[int, int]]
    created_at: datetime
    holidays: list[tuple[int, str, date, date]] = field(default_factory=list)


@dataclass
class SlaPolicy:
    """A service level: targets in minutes by metric and priority, for tickets of some groups.

    Attributes:
        targets: (metric, priority) to minutes.
        schedule_id: the schedule that counts; None for calendar hours.
    """

    id: int
    title: str
    description: str
    group_ids: list[int]
    targets: dict[tuple[str, str], int]
    schedule_id: int | None
    created_at: datetime
    position: int = 1
