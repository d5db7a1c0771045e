"""Reading service-level clocks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from servicekit.schema import CursorKey
from ticketing_mcp.models.deadlines import TicketDeadlines


@dataclass(frozen=True, slots=True)
class DueFilter:
    """Conditions of a list of due tickets; all must hold.

    Attributes:
        within: only targets that will be breached within this time, and those that are breached.
    """

    queue_id: str | None = None
    assignee_id: str | None = None
    within: timedelta | None = None


@dataclass(frozen=True, slots=True)
class DueTotals:
    """Numbers of tickets that are not closed, by the state of their targets.

    Attributes:
        due: with a target that will be breached within the time of the filter, or some day without that.
        running: with no breached target, and one that will be.
    """

    due: int
    running: int
    breached: int
    paused: int


@dataclass(frozen=True, slots=True)
class DueTickets:
    """A page of tickets, and totals of the whole list.

    Attributes:
        keys: the cursor key of each ticket.
        is_cut: the desk could not look at all tickets; the oldest thousand were.
        is_stale: a service level changed since due times were stored, so the order may be wrong. States are right.
    """

    tickets: Sequence[TicketDeadlines]
    keys: Sequence[tuple[str | int, ...]]
    totals: DueTotals
    is_stale: bool = False
    is_cut: bool = False


class ServiceLevels(Protocol):
    """Reads the service-level clocks of tickets."""

    async def clocks(self, numbers: Sequence[int], now: datetime) -> Sequence[TicketDeadlines]:
        """The clocks of these tickets at `now`, in this order; tickets that do not exist are left out. The clocks of a
        single ticket have their minutes."""
        ...

    async def due(self, filters: DueFilter, now: datetime, count: int, after: CursorKey | None) -> DueTickets:
        """At most `count` tickets that are not closed: those that breach next, then breached ones, the latest first,
        then those on hold. With `within`, those on hold are left out.

        `after` is the key of the previous page's last ticket.
        """
        ...
