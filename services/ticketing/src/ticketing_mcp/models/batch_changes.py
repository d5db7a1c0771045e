"""Changes of several tickets at once: what each ticket is changed to, and how a person is shown it."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from servicekit.core import Refused
from ticketing_mcp.models.identifiers import Assignee, QueueId, Resolution, TicketId
from ticketing_mcp.models.quoted_text import quoted
from ticketing_mcp.models.tags import MAX_TAGS, Tag
from ticketing_mcp.models.ticket_updates import TicketUpdate, assignment, closing, transition, unchanged, update
from ticketing_mcp.models.tickets import Priority, Status, Ticket

MAX_CHANGES: Final = 50


def _omit_description(schema: JsonDict) -> None:
    schema.pop("description", None)


_PLAIN: Final = Field(json_schema_extra=_omit_description)
"""Without the description that a single ticket's tools have."""
_AT_MOST: Final = Field(max_length=MAX_TAGS)
_Step = Callable[[Ticket], TicketUpdate]


class TicketChange(BaseModel):
    """The new values of one ticket; omitted ones stay."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    ticket_id: Annotated[TicketId, _PLAIN]
    assignee_id: Assignee | None = None
    unassign: bool = False
    status: Status | None = None
    resolution: Annotated[Resolution | None, Field(description="Only to close.")] = None
    priority: Priority | None = None
    queue_id: Annotated[QueueId, _PLAIN] | None = None
    add_tags: Annotated[list[Tag], _AT_MOST] | None = None
    remove_tags: Annotated[list[Tag], _AT_MOST] | None = None


def combined(ticket: Ticket, change: TicketChange, assignee_id: str | None) -> TicketUpdate:
    """One update with every value of `change` that differs. A closed ticket is reopened first; closing comes last.

    Args:
        assignee_id: the staff member that the change names.

    Raises:
        Refused: no value differs, or the rules of a ticket do not allow a step.
    """
    _require_sense(change)
    reopens = ticket.status == "closed" and change.status not in (None, "closed")
    steps: list[_Step] = []
    if reopens:
        steps.append(_status_step(change))
    if _differs(ticket, change):
        steps.append(
            lambda now: update(
                now, None, change.priority, change.queue_id, change.add_tags or (), change.remove_tags or ()
            )
        )
    if change.unassign or assignee_id is not None:
        steps.append(lambda now: _assigned(now, assignee_id))
    if change.status is not None and not reopens and change.status != ticket.status:
        steps.append(_status_step(change))
    whole, now = unchanged(ticket), ticket
    for step in steps:
        done = step(now)
        whole = replace(
            done,
            events=(*whole.events, *done.events),
            add_tags=(*whole.add_tags, *done.add_tags),
            remove_tags=(*whole.remove_tags, *done.remove_tags),
        )
        now = now.model_copy(update={name: getattr(done, name) for name in _VALUES})
    if not whole.events:
        raise Refused("it already has these values.")
    return whole


_VALUES: Final = ("status", "priority", "queue_id", "assignee_id", "resolution")


def line(ticket: Ticket, after: TicketUpdate, names: Mapping[str, str]) -> str:
    """What changes in a ticket, in one line: ``"Printer is on fire": priority normal → high; …``.

    Args:
        names: of the assignees before and after, by id. An id alone may say nothing to the person who confirms.
    """
    changes = [
        f"{name.removesuffix('_id')} {_shown(ticket, name, names)} → {_shown(after, name, names)}"
        for name in ("assignee_id", "queue_id", "priority", "status")
        if getattr(ticket, name) != getattr(after, name)
    ]
    changes += [f"new tag {tag}" for tag in after.add_tags] + [f"without the tag {tag}" for tag in after.remove_tags]
    if after.resolution is not None and after.resolution != ticket.resolution:
        changes.append(f"resolution: {after.resolution}")
    return f"{quoted(ticket.title)}: {'; '.join(changes)}"


def _shown(state: Ticket | TicketUpdate, field: str, names: Mapping[str, str]) -> str:
    value: str = getattr(state, field) or "none"
    return f"{value} {quoted(names[value])}" if field == "assignee_id" and value in names else value


def _require_sense(change: TicketChange) -> None:
    if change.unassign and change.assignee_id is not None:
        raise Refused("assignee_id and unassign exclude each other.")
    if change.status == "closed" and change.resolution is None:
        raise Refused("closing needs a resolution: what solved it, or why it is closed unsolved.")
    if change.resolution is not None and change.status != "closed":
        raise Refused("a resolution is only for status=closed.")


def _differs(ticket: Ticket, change: TicketChange) -> bool:
    return (
        change.priority not in (None, ticket.priority)
        or change.queue_id not in (None, ticket.queue_id)
        or bool(set(change.add_tags or ()) - set(ticket.tags))
        or bool(change.remove_tags)
    )


def _assigned(ticket: Ticket, assignee_id: str | None) -> TicketUpdate:
    return unchanged(ticket) if ticket.assignee_id == assignee_id else assignment(ticket, assignee_id)


def _status_step(change: TicketChange) -> _Step:
    if change.status == "closed":
        return lambda now: closing(now, change.resolution or "")
    return lambda now: transition(now, change.status or now.status)
