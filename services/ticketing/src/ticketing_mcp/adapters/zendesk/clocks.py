"""The service-level clocks of a ticket, as Zendesk counts them."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from ticketing_mcp.adapters.zendesk.groups import Directory
from ticketing_mcp.adapters.zendesk.records import summary_of
from ticketing_mcp.adapters.zendesk.wire import WireSlaMetric, WireTicket, WireUser
from ticketing_mcp.models.deadlines import ListedClock, TicketDeadlines
from ticketing_mcp.models.sla import ClockState

_REPLY: Final = "first_reply_time"
RESOLUTIONS: Final = ("total_resolution_time", "requester_wait_time", "agent_work_time")
"""Zendesk's targets for the whole ticket; the first one that a policy has counts."""
_WORST: Final[tuple[ClockState, ...]] = ("breached", "paused", "running")


def deadlines_of(
    ticket: WireTicket, users: Mapping[int, WireUser], directory: Directory, now: datetime
) -> TicketDeadlines:
    """The clocks of a ticket at `now`. A ticket without a service level has none."""
    summary = summary_of(ticket, users, directory)
    metrics = {one.metric: one for one in (ticket.slas.policy_metrics if ticket.slas is not None else [])}
    reply = _clock(metrics.get(_REPLY), now)
    resolution = _clock(next((metrics[name] for name in RESOLUTIONS if name in metrics), None), now)
    clocks = [clock for clock in (reply, resolution) if clock is not None]
    running = [clock.due_at for clock in clocks if clock.state == "running" and clock.due_at is not None]
    breaches_at = min(running, default=None) if summary.status != "closed" else None
    states = {clock.state for clock in clocks}
    return TicketDeadlines(
        ticket_id=summary.id,
        title=summary.title,
        status=summary.status,
        priority=summary.priority,
        queue_id=summary.queue_id,
        assignee_id=summary.assignee_id,
        assignee_name=summary.assignee_name,
        state=next((state for state in _WORST if state in states), "met") if clocks else None,
        breaches_at=breaches_at,
        minutes_left=None if breaches_at is None else int((breaches_at - now) / timedelta(minutes=1)),
        first_reply=reply,
        resolution=resolution,
    )


def _clock(metric: WireSlaMetric | None, now: datetime) -> ListedClock | None:
    if metric is None:
        return None
    state: ClockState = "running"
    if metric.stage in ("fulfilled", "achieved"):
        state = "met"
    elif metric.breach_at is not None and metric.breach_at <= now:
        state = "breached"
    elif metric.stage == "paused" or metric.breach_at is None:
        state = "paused"
    return ListedClock(state=state, due_at=metric.breach_at if state in ("running", "breached") else None)
