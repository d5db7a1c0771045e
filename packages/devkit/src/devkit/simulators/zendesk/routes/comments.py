"""Comments of a ticket."""

from typing import Any

from devkit.simulators.zendesk.api_request import ApiRequest
from devkit.simulators.zendesk.responses import ApiResponse, invalid_field, not_found
from devkit.simulators.zendesk.routes import Table
from devkit.simulators.zendesk.serializers.tickets import comment_object
from devkit.simulators.zendesk.serializers.times import time_of
from devkit.simulators.zendesk.side_loads import users


def comments(request: ApiRequest) -> dict[str, Any]:
    """GET /tickets/{id}/comments: oldest first, unless `sort=-created_at` or `sort_order=desc`."""
    found = list(request.ticket().comments)
    if request.query.get("sort_order") == "desc" or request.query.get("sort") == "-created_at":
        found.reverse()
    with_users = "users" in request.included
    return request.page(
        "comments",
        found,
        lambda one: comment_object(request.urls, one),
        lambda shown: {"users": users(request, (one.author_id for one in shown))} if with_users else {},
    )


def count(request: ApiRequest) -> dict[str, Any]:
    """GET /tickets/{id}/comments/count."""
    return {"count": {"value": len(request.ticket().comments), "refreshed_at": time_of(request.now)}}


def make_private(request: ApiRequest) -> ApiResponse:
    """PUT /tickets/{id}/comments/{comment_id}/make_private. It cannot be undone."""
    ticket, wanted = request.ticket(), request.number("comment_id")
    if ticket.status == "closed":
        raise invalid_field("status", "Status: closed prevents ticket update")
    for one in ticket.comments:
        if one.id == wanted:
            one.public = False
            return ApiResponse({})
    raise not_found()


TABLE: Table = (
    ("GET", "/tickets/{id}/comments", comments),
    ("GET", "/tickets/{id}/comments/count", count),
    ("PUT", "/tickets/{id}/comments/{comment_id}/make_private", make_private),
)
