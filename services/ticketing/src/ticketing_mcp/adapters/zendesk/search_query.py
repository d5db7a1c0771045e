"""The conditions of a ticket search in Zendesk's syntax
(https://support.zendesk.com/hc/en-us/articles/4408886879258-Zendesk-Support-search-reference).

Conditions on different properties must all hold; several values of one property mean any of them.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Final

from ticketing_mcp.adapters.zendesk.groups import Directory, Group, is_limited
from ticketing_mcp.adapters.zendesk.records import PRIORITIES, WIRE_STATUSES
from ticketing_mcp.models.tickets import Status, TicketSummary
from ticketing_mcp.ports.search import TicketFilter

TICKETS: Final = "type:ticket"
_MOST_GROUPS: Final = 100
"""Groups in one query. With more, the tickets are filtered after the search alone."""
_FIELDS: Final = {"created_at": "created", "updated_at": "updated", "closed_at": "solved"}


class NothingVisible(Exception):
    """No ticket can match: the caller may see none of the queues."""


def conditions_of(filters: TicketFilter, directory: Directory) -> list[str]:
    """The conditions besides words, within the caller's queues.

    Raises:
        NothingVisible: the caller may see none of them.
    """
    return [TICKETS, *groups_of(filters.queue_id, directory), *_own(filters), *_times(filters)]


def groups_of(queue_id: str | None, directory: Directory) -> Iterable[str]:
    """The conditions on groups: the wanted one, or those that the caller may see.

    Raises:
        NothingVisible: the caller may see none of them.
    """
    if queue_id is not None:
        group = directory.find(queue_id)
        if group is None:
            raise NothingVisible
        return [in_group(group)]
    if not is_limited():
        return []
    granted: Sequence[Group] = directory.granted()
    if not granted:
        raise NothingVisible
    return [in_group(group) for group in granted] if len(granted) <= _MOST_GROUPS else []


def in_group(group: Group) -> str:
    return f"group:{'none' if group.number is None else group.number}"


def statuses(wanted: Iterable[Status]) -> list[str]:
    return [f"status:{name}" for status in wanted for name in WIRE_STATUSES[status]]


def fits(ticket: TicketSummary, filters: TicketFilter, directory: Directory) -> bool:
    """Whether a ticket meets the conditions on its own fields. Zendesk's index may be minutes behind."""
    group = directory.find(filters.queue_id) if filters.queue_id is not None else None
    return all(
        (
            not filters.statuses or ticket.status in filters.statuses,
            filters.priority in (None, ticket.priority),
            filters.queue_id is None or (group is not None and group.id == ticket.queue_id),
            filters.assignee_id in (None, ticket.assignee_id),
            not filters.unassigned or ticket.assignee_id is None,
            set(filters.tags) <= set(ticket.tags),
        )
    )


def instant(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _own(filters: TicketFilter) -> Iterator[str]:
    yield from statuses(filters.statuses)
    if filters.priority is not None:
        unset = PRIORITIES[None]  # tickets without a priority count as this one
        others = (name for name in PRIORITIES if name not in (None, unset))
        yield from (
            (f"-priority:{name}" for name in others) if filters.priority == unset else [f"priority:{filters.priority}"]
        )
    if filters.assignee_id is not None:
        yield f"assignee:{filters.assignee_id}"
    if filters.unassigned:
        yield "assignee:none"
    if filters.requester is not None:
        yield f'requester:"{filters.requester}"' if "@" in filters.requester else f"requester:{filters.requester}"
    if filters.tags:
        yield f'tags:"{" ".join(filters.tags)}"'


def _times(filters: TicketFilter) -> Iterator[str]:
    for field, limits in filters.ranges.items():
        if limits.first is not None:
            yield f"{_FIELDS[field]}>={instant(limits.first)}"
        if limits.end is not None:
            yield f"{_FIELDS[field]}<{instant(limits.end)}"
