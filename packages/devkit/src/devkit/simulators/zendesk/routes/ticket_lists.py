"""Lists of tickets. Their paths come before those of one ticket."""

from collections.abc import Sequence
from typing import Any

from devkit.simulators.zendesk.api_request import ApiRequest
from devkit.simulators.zendesk.metrics import metric_object
from devkit.simulators.zendesk.records.tickets import Ticket
from devkit.simulators.zendesk.responses import invalid_parameter, not_found
from devkit.simulators.zendesk.routes import Table
from devkit.simulators.zendesk.serializers.times import time_of
from devkit.simulators.zendesk.side_loads import beside, ticket_with_members

_SORTS = {"id": "id", "updated_at": "updated_at", "created_at": "created_at", "status": "status"}


def list_tickets(request: ApiRequest) -> dict[str, Any]:
    """GET /tickets, also by external_id."""
    request.require_agent()
    found = _present(request)
    if (external_id := request.query.get("external_id")) is not None:
        found = [one for one in found if one.external_id == external_id]
    sort = request.query.get("sort") or request.query.get("sort_by", "id")
    name, down = sort.removeprefix("-"), sort.startswith("-") or request.query.get("sort_order") == "desc"
    if name not in _SORTS:
        raise invalid_parameter("sort", "is not a sortable field", f"api/v2{request.path}")
    found.sort(key=lambda one: (getattr(one, name), one.id), reverse=down)
    return _page(request, found)


def show_many(request: ApiRequest) -> dict[str, Any]:
    """GET /tickets/show_many: at most 100; missing ones are left out."""
    request.require_agent()
    tickets = request.world.tickets
    ids = dict.fromkeys(request.ids())
    return _page(request, [tickets[one] for one in ids if one in tickets and not tickets[one].deleted])


def count(request: ApiRequest) -> dict[str, Any]:
    """GET /tickets/count."""
    request.require_agent()
    return {"count": {"value": len(_present(request)), "refreshed_at": time_of(request.now)}}


def of_user(request: ApiRequest) -> dict[str, Any]:
    """GET /users/{id}/tickets/{role}: requested, ccd or assigned."""
    user = request.found(request.world.users)
    match request.values["role"]:
        case "requested":
            found = [one for one in _present(request) if one.requester_id == user.id]
        case "assigned":
            found = [one for one in _present(request) if one.assignee_id == user.id]
        case "ccd":
            found = [one for one in _present(request) if user.id in one.email_cc_ids]
        case _:
            raise not_found()
    return _page(request, found)


def list_metrics(request: ApiRequest) -> dict[str, Any]:
    """GET /ticket_metrics."""
    request.require_agent()
    return request.page(
        "ticket_metrics", _present(request), lambda one: metric_object(request.urls, request.world, one)
    )


def _present(request: ApiRequest) -> list[Ticket]:
    return [one for one in request.world.tickets.values() if not one.deleted]


def _page(request: ApiRequest, found: Sequence[Ticket]) -> dict[str, Any]:
    included = request.included
    return request.page(
        "tickets",
        found,
        lambda one: ticket_with_members(request, one, included),
        lambda shown: beside(request, shown, included),
    )


TABLE: Table = (
    ("GET", "/tickets", list_tickets),
    ("GET", "/tickets/show_many", show_many),
    ("GET", "/tickets/count", count),
    ("GET", "/users/{id}/tickets/{role}", of_user),
    ("GET", "/ticket_metrics", list_metrics),
)
