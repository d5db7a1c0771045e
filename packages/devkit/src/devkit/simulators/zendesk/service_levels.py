"""The state of a ticket's service levels, as `include=slas` shows it.

The first reply is due from the creation until a public comment of an agent. The requester's wait counts while the
ticket is new, open or on hold, pauses while it is pending, and ends when it is solved.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from devkit.simulators.zendesk.business_hours import add_minutes, minutes_between
from devkit.simulators.zendesk.records.settings import Schedule, SlaPolicy
from devkit.simulators.zendesk.records.tickets import Ticket
from devkit.simulators.zendesk.world import World

_HOUR, _DAY = 60, 24 * 60


@dataclass(frozen=True)
class Clock:
    """One metric: active, paused or achieved. `breach_at` is None unless it is active."""

    metric: str
    stage: str
    breach_at: datetime | None


def policy_of(world: World, ticket: Ticket) -> SlaPolicy | None:
    """The first policy that applies to a ticket."""
    policies = sorted(world.policies.values(), key=lambda one: one.position)
    return next((one for one in policies if ticket.group_id in one.group_ids), None)


def clocks(world: World, ticket: Ticket) -> list[Clock]:
    """The clocks of a ticket; none without a policy or a priority."""
    policy = policy_of(world, ticket)
    if policy is None or ticket.priority is None:
        return []
    schedule = world.schedules.get(policy.schedule_id or 0)
    found = []
    for metric in ("first_reply_time", "requester_wait_time"):
        target = policy.targets.get((metric, ticket.priority))
        if target is not None:
            is_reply = metric == "first_reply_time"
            found.append(_reply(world, ticket, target, schedule) if is_reply else _wait(ticket, target, schedule))
    return found


def slas_object(world: World, ticket: Ticket) -> dict[str, Any]:
    """The `slas` member of a ticket."""
    now = world.now()
    metrics = []
    for clock in clocks(world, ticket):
        shown: dict[str, Any] = {"breach_at": clock.breach_at, "stage": clock.stage, "metric": clock.metric}
        if clock.breach_at is not None:
            minutes = int((clock.breach_at - now).total_seconds() // 60)
            if abs(minutes) >= _DAY:
                shown["days"] = int(minutes / _DAY)
            elif abs(minutes) >= _HOUR:
                shown["hours"] = int(minutes / _HOUR)
            else:
                shown["minutes"] = minutes
        metrics.append(shown)
    return {"policy_metrics": metrics}


def first_reply(world: World, ticket: Ticket) -> datetime | None:
    """When an agent first replied to the requester; None if none did."""
    replies = (one for one in ticket.comments[1:] if one.public and world.users[one.author_id].is_staff)
    return next((one.created_at for one in replies), None)


def _reply(world: World, ticket: Ticket, target: int, schedule: Schedule | None) -> Clock:
    if first_reply(world, ticket) is not None or ticket.status in ("solved", "closed"):
        return Clock("first_reply_time", "achieved", None)
    return Clock("first_reply_time", "active", add_minutes(ticket.created_at, target, schedule))


def _wait(ticket: Ticket, target: int, schedule: Schedule | None) -> Clock:
    if ticket.status in ("solved", "closed"):
        return Clock("requester_wait_time", "achieved", None)
    if ticket.status == "pending":
        return Clock("requester_wait_time", "paused", None)
    ends = [at for at, _ in ticket.status_changes[1:]]
    used = sum(
        minutes_between(begin, end, schedule)
        for (begin, status), end in zip(ticket.status_changes, ends, strict=False)
        if status in ("new", "open", "hold")
    )
    since = ticket.status_changes[-1][0]
    if used >= target:
        return Clock("requester_wait_time", "active", _breached(ticket, target, schedule))
    return Clock("requester_wait_time", "active", add_minutes(since, target - used, schedule))


def _breached(ticket: Ticket, target: int, schedule: Schedule | None) -> datetime:
    """When a target was missed that earlier intervals used up."""
    left = float(target)
    for (begin, status), (end, _) in zip(ticket.status_changes, ticket.status_changes[1:], strict=False):
        if status not in ("new", "open", "hold"):
            continue
        part = minutes_between(begin, end, schedule)
        if part >= left:
            return add_minutes(begin, left, schedule)
        left -= part
    return ticket.updated_at
