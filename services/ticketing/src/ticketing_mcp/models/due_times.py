"""When the first reply and the closing of a ticket are due: stored with the ticket, to filter and order by.

A due time changes only with a write: of priority, queue, a hold, or closing and reopening. States are never stored:
`sla_status` computes them at the time of the call.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from zoneinfo import ZoneInfo

from ticketing_mcp.models.business_hours import BusinessHours
from ticketing_mcp.models.sla import ClockRun, SlaPolicy, due
from ticketing_mcp.models.ticket_updates import TicketUpdate
from ticketing_mcp.models.tickets import Priority, Status, Ticket

Pause = tuple[datetime, datetime | None]


@dataclass(frozen=True, slots=True)
class TicketTimes:
    """What the clocks of a ticket depend on."""

    priority: Priority
    created_at: datetime
    pauses: Sequence[Pause] = ()
    first_replied_at: datetime | None = None
    closed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class DueTimes:
    """When both targets are reached, whether or not the clocks have stopped since.

    None while the ticket is on hold and its target is not reached yet, and where the service level has no open hours or
    cannot be read.
    """

    reply: datetime | None = None
    resolution: datetime | None = None


def parse_policy(definition: str) -> SlaPolicy | None:
    """A service level as the desk's administrators keep it; None for one that is not valid, which must not hinder a
    write."""
    try:
        policy = SlaPolicy.model_validate_json(definition)
        ZoneInfo(policy.time_zone)
    except (ValueError, LookupError):
        return None
    return policy


def due_times(times: TicketTimes, policy: SlaPolicy | None) -> DueTimes:
    """The due times of a ticket under a service level."""
    target = None if policy is None else policy.find_target(times.priority)
    if policy is None or target is None:
        return DueTimes()
    hours = policy.business_hours()
    return DueTimes(
        _due(hours, times, times.first_replied_at or times.closed_at, target.first_reply_minutes),
        _due(hours, times, times.closed_at, target.resolution_minutes),
    )


def moves_clock(ticket: Ticket, update: TicketUpdate) -> bool:
    """Whether an update changes the due times of the ticket."""
    paused = {"on-hold", "closed"} & {ticket.status, update.status}
    return (
        update.priority != ticket.priority
        or update.queue_id != ticket.queue_id
        or (update.status != ticket.status and bool(paused))
    )


def times_after(ticket: Ticket, update: TicketUpdate, at: datetime) -> TicketTimes:
    """What the clocks depend on once `update` is written at `at`."""
    replies = update.comment is not None and update.comment.kind == "public_reply"
    return TicketTimes(
        priority=update.priority,
        created_at=ticket.created_at,
        pauses=pauses_after(ticket, update.status, at),
        first_replied_at=ticket.first_replied_at or (at if replies else None),
        closed_at=(ticket.closed_at or at) if update.status == "closed" else None,
    )


def pauses_after(ticket: Ticket, status: Status, at: datetime) -> list[Pause]:
    """The pauses of a ticket whose status changes at `at`: clocks stop while it is on hold, and from its closing to its
    reopening. They ran while it was merged, and a hold that ended with the merge continues."""
    pauses = [(hold.started_at, hold.ended_at) for hold in ticket.holds]
    if status == ticket.status:
        return pauses
    if ticket.merged_into is not None:
        resumed = ticket.merged_at if status == "on-hold" else None
        return [(started, None if ended == resumed else ended) for started, ended in pauses]
    if ticket.status == "on-hold":
        pauses = [(started, at if ended is None else ended) for started, ended in pauses]
    if status == "on-hold":
        pauses.append((at, None))
    if ticket.status == "closed" and ticket.closed_at is not None:
        pauses.append((ticket.closed_at, at))
    return pauses


def _due(hours: BusinessHours, times: TicketTimes, stop: datetime | None, target_minutes: int) -> datetime | None:
    """When the target is reached by a clock that keeps running after `stop`."""
    pauses = [pause for pause in times.pauses if stop is None or pause[0] < stop]
    known = max(moment for moment in chain([times.created_at], *pauses) if moment is not None)
    return due(hours, ClockRun(times.created_at, pauses), timedelta(minutes=target_minutes), known)
