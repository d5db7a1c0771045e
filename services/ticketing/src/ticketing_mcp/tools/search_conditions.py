"""Conditions of a ticket search that no ticket can meet together, refused in words."""

from collections.abc import Sequence
from typing import Final, Literal

from servicekit.core import Refused
from ticketing_mcp.models.identifiers import TicketId, number_of
from ticketing_mcp.models.tickets import Status
from ticketing_mcp.ports.search import SearchOrder, TicketFilter

StatusName = Literal["open", "pending", "on-hold", "closed", "unresolved"]
_UNRESOLVED: Final[tuple[Status, ...]] = ("open", "pending", "on-hold")


def statuses_in(names: Sequence[StatusName]) -> tuple[Status, ...]:
    """The statuses that `names` stand for, each once."""
    found: list[Status] = []
    for name in names:
        found += _UNRESOLVED if name == "unresolved" else (name,)
    return tuple(dict.fromkeys(found))


def number_in(ticket_id: TicketId | None) -> int | None:
    return None if ticket_id is None else number_of(ticket_id)


def require_possible(filters: TicketFilter, order: SearchOrder) -> None:
    """Check that the conditions do not exclude one another.

    Raises:
        Refused: no ticket can meet them.
    """
    if filters.unassigned and filters.assignee_id is not None:
        raise Refused("assignee_id and unassigned exclude each other. Send one of them.")
    statuses = frozenset(filters.statuses)
    if statuses and "closed" not in statuses:
        if filters.closed is not None:
            raise Refused("closed_from and closed_to find closed tickets only, and status leaves them out. Drop one.")
        if filters.merged_into is not None:
            raise Refused("merged_into finds merged tickets, which are closed, and status leaves them out. Drop one.")
    if filters.by_due(order) and (
        statuses == {"closed"} or filters.closed is not None or filters.merged_into is not None
    ):
        raise Refused(
            "sla, due_before and sort=due find tickets that are not closed; the other conditions only closed."
        )
    if filters.sla == "paused" and (order == "due" or filters.due_before is not None):
        raise Refused("Paused tickets have no due time. Drop sla=paused, or due_before and sort=due.")
    for name, limits in filters.ranges.items():
        if limits.first is not None and limits.end is not None and limits.end <= limits.first:
            field = name.removesuffix("_at")
            raise Refused(f"{field}_to is before {field}_from. Swap them.")
