"""Service-level clocks of tickets in lists: which target breaches next, when, and which are breached."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from servicekit.schema import Record
from ticketing_mcp.models.due_times import TicketTimes, due_times
from ticketing_mcp.models.identifiers import RequesterText, StaffText
from ticketing_mcp.models.sla import Clock, ClockState, SlaPolicy, SlaStatus, sla_status
from ticketing_mcp.models.tickets import Hold, Priority, Status


class TimedTicket(Record):
    """A ticket with everything that its clocks depend on, and its stored due times."""

    id: str
    title: RequesterText
    status: Status
    priority: Priority
    queue_id: str
    assignee_id: str | None = None
    assignee_name: StaffText | None = None
    created_at: datetime
    first_replied_at: datetime | None = None
    closed_at: datetime | None = None
    resolution: StaffText | None = None
    merged_into: str | None = None
    holds: list[Hold]
    reply_due_at: datetime | None = None
    resolution_due_at: datetime | None = None


class ListedClock(Record):
    """One service-level clock. The minutes are business minutes; a list of several tickets omits them."""

    state: ClockState
    due_at: datetime | None = None
    target_minutes: int | None = None
    elapsed_minutes: int | None = None
    remaining_minutes: int | None = None
    stopped_at: datetime | None = None


class TicketDeadlines(Record):
    """A ticket with its service-level clocks.

    `state` is that of the targets that are not reached yet: breached if one is late. `breaches_at` is when the next
    target will be breached, `minutes_left` the time until then, closed hours included; both are absent on hold.
    """

    ticket_id: str
    title: RequesterText
    status: Status
    priority: Priority
    queue_id: str
    assignee_id: str | None = None
    assignee_name: StaffText | None = None
    state: ClockState | None = None
    breaches_at: datetime | None = None
    minutes_left: int | None = None
    policy_id: str | None = None
    first_reply: ListedClock | None = None
    resolution: ListedClock | None = None


def ticket_deadlines(
    ticket: TimedTicket, policy_id: str, policy: SlaPolicy | None, now: datetime, *, whole: bool = False
) -> TicketDeadlines:
    """The clocks of a ticket at `now`; with `whole`, with their minutes. Without a policy, the clocks are unknown."""
    shown = {"ticket_id": ticket.id, "policy_id": policy_id, **_shared(ticket)}
    if policy is None or policy.find_target(ticket.priority) is None:
        return TicketDeadlines(**shown)
    status = sla_status(ticket, policy, now)
    running = [
        clock.due_at for clock in _open_clocks(ticket, status) if clock.state == "running" and clock.due_at is not None
    ]
    breaches_at = min(running, default=None)
    return TicketDeadlines(
        **shown,
        state=_state(ticket, status),
        breaches_at=breaches_at,
        minutes_left=None if breaches_at is None else int((breaches_at - now) / timedelta(minutes=1)),
        first_reply=_listed(status.first_reply, whole=whole),
        resolution=_listed(status.resolution, whole=whole),
    )


def is_stale(ticket: TimedTicket, policy: SlaPolicy | None) -> bool:
    """Whether the stored due times are not those of the policy, because it was changed since."""
    pauses = [(hold.started_at, hold.ended_at) for hold in ticket.holds]
    times = TicketTimes(ticket.priority, ticket.created_at, pauses, ticket.first_replied_at, ticket.closed_at)
    due = due_times(times, policy)
    return ticket.status != "closed" and (
        due.resolution != ticket.resolution_due_at
        or (ticket.first_replied_at is None and due.reply != ticket.reply_due_at)
    )


def _shared(ticket: TimedTicket) -> Mapping[str, str | None]:
    names = ("title", "status", "priority", "queue_id", "assignee_id", "assignee_name")
    return {name: getattr(ticket, name) for name in names}


def _open_clocks(ticket: TimedTicket, status: SlaStatus) -> list[Clock]:
    if ticket.status == "closed":
        return []
    return [status.resolution] if ticket.first_replied_at is not None else [status.first_reply, status.resolution]


def _state(ticket: TimedTicket, status: SlaStatus) -> ClockState:
    states = {clock.state for clock in _open_clocks(ticket, status)}
    if not states:
        return status.resolution.state
    worst: tuple[ClockState, ...] = ("breached", "paused", "running")
    return next(state for state in worst if state in states)


def _listed(clock: Clock, *, whole: bool) -> ListedClock:
    if whole:
        return ListedClock(**clock.model_dump())
    return ListedClock(state=clock.state, due_at=clock.due_at)
