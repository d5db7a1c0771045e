"""One ticket, its people, metrics and audits."""

from typing import Any

from devkit.simulators.zendesk.api_request import ApiRequest
from devkit.simulators.zendesk.metrics import metric_object
from devkit.simulators.zendesk.responses import not_found
from devkit.simulators.zendesk.routes import Table
from devkit.simulators.zendesk.serializers.people import user_object
from devkit.simulators.zendesk.serializers.tickets import audit_object
from devkit.simulators.zendesk.side_loads import beside, ticket_with_members, users


def show(request: ApiRequest) -> dict[str, Any]:
    """GET /tickets/{id}."""
    ticket, included = request.ticket(), request.included
    return {"ticket": ticket_with_members(request, ticket, included), **beside(request, [ticket], included)}


def metrics(request: ApiRequest) -> dict[str, Any]:
    """GET /tickets/{id}/metrics."""
    return {"ticket_metric": metric_object(request.urls, request.world, request.ticket())}


def audits(request: ApiRequest) -> dict[str, Any]:
    """GET /tickets/{id}/audits."""
    ticket = request.ticket()
    found = list(ticket.audits)
    if request.query.get("sort_order") == "desc" or request.query.get("sort") == "-created_at":
        found.reverse()
    with_users = "users" in request.included
    return request.page(
        "audits",
        found,
        lambda one: audit_object(request.urls, ticket, one),
        lambda shown: {"users": users(request, (one.author_id for one in shown))} if with_users else {},
    )


def audit(request: ApiRequest) -> dict[str, Any]:
    """GET /tickets/{id}/audits/{audit_id}."""
    ticket, wanted = request.ticket(), request.number("audit_id")
    for one in ticket.audits:
        if one.id == wanted:
            return {"audit": audit_object(request.urls, ticket, one)}
    raise not_found()


def people(request: ApiRequest) -> dict[str, Any]:
    """GET /tickets/{id}/collaborators, followers or email_ccs."""
    ticket, name = request.ticket(), request.path.rpartition("/")[2]
    ids = {"followers": ticket.follower_ids, "email_ccs": ticket.email_cc_ids}.get(
        name, [*ticket.email_cc_ids, *ticket.follower_ids]
    )
    return request.page("users", [request.world.users[one] for one in ids], lambda one: user_object(request.urls, one))


TABLE: Table = (
    ("GET", "/tickets/{id}", show),
    ("GET", "/tickets/{id}/metrics", metrics),
    ("GET", "/tickets/{id}/audits", audits),
    ("GET", "/tickets/{id}/audits/{audit_id}", audit),
    ("GET", "/tickets/{id}/collaborators", people),
    ("GET", "/tickets/{id}/followers", people),
    ("GET", "/tickets/{id}/email_ccs", people),
)
