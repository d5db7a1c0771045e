"""Side-loaded records of tickets.

https://developer.zendesk.com/documentation/ticketing/using-the-zendesk-api/side_loading/
"""

from collections.abc import Iterable, Sequence
from typing import Any

from devkit.simulators.zendesk.api_request import ApiRequest
from devkit.simulators.zendesk.metrics import metric_object
from devkit.simulators.zendesk.records.tickets import Ticket
from devkit.simulators.zendesk.serializers.people import group_object, user_object
from devkit.simulators.zendesk.serializers.tickets import ticket_object
from devkit.simulators.zendesk.service_levels import slas_object


def ticket_with_members(request: ApiRequest, ticket: Ticket, included: set[str]) -> dict[str, Any]:
    """A ticket with the members that `include` adds to it: slas, metric_sets, comment_count."""
    shown = ticket_object(request.urls, request.world, ticket)
    if "slas" in included:
        shown["slas"] = slas_object(request.world, ticket)
    if "metric_sets" in included:
        shown["metric_set"] = metric_object(request.urls, request.world, ticket)
    if "comment_count" in included:
        shown["comment_count"] = len(ticket.comments)
    return shown


def beside(request: ApiRequest, tickets: Sequence[Ticket], included: set[str]) -> dict[str, Any]:
    """The lists that `include` adds beside the tickets: users, groups."""
    found: dict[str, Any] = {}
    if "users" in included:
        ids = [one for ticket in tickets for one in _people(ticket)]
        found["users"] = users(request, ids)
    if "groups" in included:
        groups = dict.fromkeys(ticket.group_id for ticket in tickets)
        found["groups"] = [
            group_object(request.urls, request.world.groups[one]) for one in groups if one in request.world.groups
        ]
    if "organizations" in included:
        found["organizations"] = []
    return found


def users(request: ApiRequest, ids: Iterable[int | None]) -> list[dict[str, Any]]:
    """The users with these ids, each once."""
    known = request.world.users
    return [user_object(request.urls, known[one]) for one in dict.fromkeys(ids) if one is not None and one in known]


def _people(ticket: Ticket) -> list[int | None]:
    return [
        ticket.requester_id, ticket.submitter_id, ticket.assignee_id, *ticket.email_cc_ids, *ticket.follower_ids,
    ]  # fmt: skip
