"""A ticket's past, from its audits: history, holds, replies, merges, and what this server wrote.

Each audit is one update with its events (https://developer.zendesk.com/api-reference/ticketing/tickets/ticket_audits/).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from ticketing_mcp.adapters.zendesk.custom_fields import FieldDirectory
from ticketing_mcp.adapters.zendesk.groups import Directory
from ticketing_mcp.adapters.zendesk.wire import WireAudit, WireEvent, WireUser
from ticketing_mcp.models.identifiers import ticket_id
from ticketing_mcp.models.tickets import Actor, Event, EventKind, Hold

EFFECT: Final = "fleet_write"
"""The member of an update's metadata with the effect id of the write."""
CALLER: Final = "fleet_caller"
"""The member with the person for whom this server wrote; Zendesk itself only knows the server's agent."""
KIND: Final = "fleet_kind"
"""The member that says what a comment is for: `RESOLUTION`."""
RESOLUTION: Final = "resolution"

_CLOSED: Final = ("solved", "closed")
_STATUSES: Final = {"new": "open", "hold": "on-hold", "solved": "closed"}
_MERGED_INTO: Final = re.compile(r"merged into (?:request|ticket) #([1-9][0-9]{0,8})\b", re.IGNORECASE)
_COMMENTS: Final = ("Comment", "VoiceComment")


@dataclass
class TicketPast:
    """What a ticket's audits say of it.

    Attributes:
        resolution: of the last closing by this server.
        merged_from: numbers of the tickets that were merged into it.
    """

    holds: list[Hold] = field(default_factory=list[Hold])
    first_reply: datetime | None = None
    closed_at: datetime | None = None
    resolution: str | None = None
    merged_into: int | None = None
    merged_at: datetime | None = None
    merged_from: list[int] = field(default_factory=list[int])


def past_of(audits: Sequence[WireAudit], users: Mapping[int, WireUser]) -> TicketPast:
    """Read all audits of a ticket, oldest first."""
    past = TicketPast()
    for place, audit in enumerate(audits):
        if audit.rel == "merge":
            _take_merge(past, audit)
        for event in audit.events:
            if event.field_name == "status":
                _take_status(past, audit, str(event.value))
            elif event.type in _COMMENTS and place and event.public and past.first_reply is None:
                author = users.get(audit.author_id)
                past.first_reply = audit.created_at if author is not None and author.is_staff else None
        if audit.custom(KIND) == RESOLUTION:
            past.resolution = next((event.body for event in audit.events if event.type in _COMMENTS), None)
    return past


def history_of(
    audits: Sequence[WireAudit], users: Mapping[int, WireUser], directory: Directory, fields: FieldDirectory
) -> list[Event]:
    """The history of a ticket, oldest first."""
    found: list[Event] = []
    for place, audit in enumerate(audits):
        for kind, detail in _events(audit, users, directory, fields, first=not place):
            found.append(
                Event(
                    sequence=len(found) + 1,
                    at=audit.created_at,
                    kind=kind,
                    actor=_actor(audit, users),
                    actor_id=audit.custom(CALLER) or str(audit.author_id),
                    detail=detail,
                )
            )
    return found


def _take_merge(past: TicketPast, audit: WireAudit) -> None:
    source = audit.via.source if audit.via is not None else None
    came_from = (source.from_ if source is not None else None) or {}
    went_to = (source.to if source is not None else None) or {}
    numbers = came_from.get("ticket_ids") or [went_to.get("ticket_id") or came_from.get("ticket_id")]
    others = [number for number in numbers if isinstance(number, int)] if isinstance(numbers, list) else []
    if _closes(audit):
        past.merged_into = others[0] if others else _target_in_words(audit)
        past.merged_at = audit.created_at
    else:
        past.merged_from += others


def _closes(audit: WireAudit) -> bool:
    """Whether a merge closed this ticket, which is then no target."""
    return any(event.field_name == "status" and event.value in _CLOSED for event in audit.events)


def _target_in_words(audit: WireAudit) -> int | None:
    """The target's number in the comment that Zendesk or this server left on a merged ticket."""
    for event in audit.events:
        match = _MERGED_INTO.search((event.body or "")[:2000]) if event.type in _COMMENTS else None
        if match is not None:
            return int(match[1])
    return None


def _take_status(past: TicketPast, audit: WireAudit, status: str) -> None:
    at, holds = audit.created_at, past.holds
    if holds and holds[-1].ended_at is None:
        holds[-1] = Hold(started_at=holds[-1].started_at, ended_at=at)
    if status == "hold":
        holds.append(Hold(started_at=at))
    if status in _CLOSED:
        past.closed_at = past.closed_at or at
    elif past.closed_at is not None:
        holds.append(Hold(started_at=past.closed_at, ended_at=at))
        past.closed_at, past.resolution = None, None


def _events(
    audit: WireAudit, users: Mapping[int, WireUser], directory: Directory, fields: FieldDirectory, *, first: bool
) -> Iterator[tuple[EventKind, str | None]]:
    if first:
        yield "created", None
        return
    changes = {event.field_name: event for event in audit.events if event.type == "Change" and event.field_name}
    yield from _field_events(changes, directory)
    yield from _copy_events(changes, users)
    yield from (("field_changed", name) for number in changes if (name := fields.name_of(number)) is not None)
    if audit.rel == "merge":
        past = TicketPast()
        _take_merge(past, audit)
        for number in past.merged_from:
            yield "merged_from", ticket_id(number)
        if past.merged_into is not None:
            yield "merged", ticket_id(past.merged_into)
            return
    yield from _comment_events(audit, users)
    if (status := changes.get("status")) is not None:
        yield from _status_event(status)


def _field_events(changes: Mapping[str, WireEvent], directory: Directory) -> Iterator[tuple[EventKind, str | None]]:
    if "subject" in changes:
        yield "title_changed", None
    if (priority := changes.get("priority")) is not None:
        yield "priority_changed", _text(priority.value)
    if (group := changes.get("group_id")) is not None:
        yield "queue_changed", directory.queue_id(_number(group.value))
    if (assignee := changes.get("assignee_id")) is not None:
        given = _text(assignee.value)
        yield ("assigned", given) if given else ("unassigned", _text(assignee.previous_value))
    if (tags := changes.get("tags")) is not None:
        before, after = _words(tags.previous_value), _words(tags.value)
        yield from (("tag_added", tag) for tag in after if tag not in before)
        yield from (("tag_removed", tag) for tag in before if tag not in after)


def _copy_events(
    changes: Mapping[str, WireEvent], users: Mapping[int, WireUser]
) -> Iterator[tuple[EventKind, str | None]]:
    """Who got copies from then on, or no longer: by address where Zendesk sent the person, else by number."""
    change = changes.get("email_ccs") or changes.get("cc")
    if change is None:
        return
    before, after = (_people(value, users) for value in (change.previous_value, change.value))
    yield from (("cc_added", one) for one in after if one not in before)
    yield from (("cc_removed", one) for one in before if one not in after)


def _people(value: Any, users: Mapping[int, WireUser]) -> list[str]:
    numbers = [number for item in (value if isinstance(value, list) else []) if (number := _number(item)) is not None]
    return [
        (user.email or str(number)) if (user := users.get(number)) is not None else str(number) for number in numbers
    ]


def _comment_events(audit: WireAudit, users: Mapping[int, WireUser]) -> Iterator[tuple[EventKind, str | None]]:
    if audit.custom(KIND) == RESOLUTION:
        return
    for event in audit.events:
        if event.type in _COMMENTS:
            by_staff = _actor(audit, users) != "requester"
            yield ("note_added" if not event.public else "reply_added" if by_staff else "message_received"), None


def _status_event(change: WireEvent) -> Iterator[tuple[EventKind, str | None]]:
    before, after = _text(change.previous_value), _text(change.value)
    if after in _CLOSED:
        if before not in _CLOSED:
            yield "closed", None
        return
    shown = _STATUSES.get(after or "", after)
    if before in _CLOSED:
        yield "reopened", shown
    elif shown != _STATUSES.get(before or "", before):
        yield "status_changed", shown


def _actor(audit: WireAudit, users: Mapping[int, WireUser]) -> Actor:
    author = users.get(audit.author_id)
    if author is None:
        return "system"
    return "staff" if author.is_staff else "requester"


def _text(value: Any) -> str | None:
    return None if value in (None, "") else str(value)


def _words(value: Any) -> list[str]:
    """Tags: a list, or one text with spaces between them."""
    items = value if isinstance(value, list) else str(value or "").split()
    return [item for item in items if isinstance(item, str)]


def _number(value: Any) -> int | None:
    text = _text(value)
    return int(text) if text is not None and text.isascii() and text.isdigit() else None
