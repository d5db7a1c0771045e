"""The metrics of a ticket."""

from datetime import datetime
from typing import Any

from devkit.simulators.zendesk.api_request import Urls
from devkit.simulators.zendesk.business_hours import minutes_between
from devkit.simulators.zendesk.records.tickets import Ticket
from devkit.simulators.zendesk.service_levels import first_reply, policy_of
from devkit.simulators.zendesk.world import World


def metric_object(urls: Urls, world: World, ticket: Ticket) -> dict[str, Any]:
    """A ticket's metrics; times that have not come are null."""
    solved = [at for at, status in ticket.status_changes if status == "solved"]
    replies = [one for one in ticket.comments[1:] if one.public and world.users[one.author_id].is_staff]
    reply = first_reply(world, ticket)
    reopens = sum(
        before == "solved" and after not in ("solved", "closed")
        for (_, before), (_, after) in zip(ticket.status_changes, ticket.status_changes[1:], strict=False)
    )
    return {
        "url": urls.of("ticket_metrics", ticket.id),
        "id": ticket.id,
        "ticket_id": ticket.id,
        "created_at": ticket.created_at,
        "updated_at": ticket.updated_at,
        "group_stations": len(ticket.stations["group"]),
        "assignee_stations": len(ticket.stations["assignee"]),
        "reopens": reopens,
        "replies": len(replies),
        "assignee_updated_at": None,
        "requester_updated_at": ticket.created_at,
        "status_updated_at": ticket.status_changes[-1][0],
        "initially_assigned_at": ticket.assigned_at,
        "assigned_at": ticket.assigned_at,
        "solved_at": ticket.solved_at,
        "latest_comment_added_at": ticket.comments[-1].created_at if ticket.comments else None,
        "custom_status_updated_at": ticket.status_changes[-1][0],
        "reply_time_in_minutes": _minutes(world, ticket, reply),
        "first_resolution_time_in_minutes": _minutes(world, ticket, solved[0] if solved else None),
        "full_resolution_time_in_minutes": _minutes(world, ticket, solved[-1] if solved else None),
        "agent_wait_time_in_minutes": {"calendar": None, "business": None},
        "requester_wait_time_in_minutes": {"calendar": None, "business": None},
        "on_hold_time_in_minutes": {"calendar": 0, "business": 0},
    }


def _minutes(world: World, ticket: Ticket, end: datetime | None) -> dict[str, int | None]:
    if end is None:
        return {"calendar": None, "business": None}
    policy = policy_of(world, ticket)
    schedule = None if policy is None else world.schedules.get(policy.schedule_id or 0)
    business = int(minutes_between(ticket.created_at, end, schedule))
    return {"calendar": int(minutes_between(ticket.created_at, end, None)), "business": business}
