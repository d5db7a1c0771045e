"""Writes of tickets: create, update, merge, tags."""

from functools import partial
from typing import Any

from devkit.simulators.zendesk import ticket_changes
from devkit.simulators.zendesk.api_request import ApiRequest
from devkit.simulators.zendesk.merging import merge_tasks
from devkit.simulators.zendesk.records.tickets import Ticket
from devkit.simulators.zendesk.responses import ApiError, ApiResponse, invalid_field, invalid_parameter, too_many_values
from devkit.simulators.zendesk.routes import Table
from devkit.simulators.zendesk.routes.jobs import queued
from devkit.simulators.zendesk.serializers.tickets import audit_object, ticket_object
from devkit.simulators.zendesk.ticket_values import as_id, tags

_MOST_AT_ONCE = 100


def create(request: ApiRequest) -> ApiResponse:
    """POST /tickets, with an optional Idempotency-Key."""
    request.require_agent()
    fields = request.object("ticket")

    def made() -> ApiResponse:
        ticket, audit = ticket_changes.create(request.world, request.user, fields)
        body = {
            "ticket": ticket_object(request.urls, request.world, ticket),
            "audit": audit_object(request.urls, ticket, audit),
        }
        return ApiResponse(body, 201, {"Location": request.urls.of("tickets", ticket.id)})

    return request.idempotency.answer(request.headers.get("idempotency-key"), request.body, made)


def update(request: ApiRequest) -> dict[str, Any]:
    """PUT /tickets/{id}. `additional_tags` and `remove_tags` are for update_many only."""
    ticket = request.ticket()
    request.limits.take_update(request.user.id, ticket.id)
    only_many = ("additional_tags", "remove_tags")
    fields = {name: value for name, value in request.object("ticket").items() if name not in only_many}
    audit = ticket_changes.update(request.world, request.user, ticket, fields)
    return {
        "ticket": ticket_object(request.urls, request.world, ticket),
        "audit": audit_object(request.urls, ticket, audit),
    }


def update_many(request: ApiRequest) -> dict[str, Any]:
    """PUT /tickets/update_many: one change for `ids`, or a change for each of `tickets`. A background job."""
    request.require_agent()
    if isinstance(batch := request.body.get("tickets"), list):
        changes = [(as_id(one.get("id")), dict(one)) for one in batch if isinstance(one, dict)]
    else:
        fields = request.object("ticket")
        changes = [(one, fields) for one in request.ids()]
    if len(changes) > _MOST_AT_ONCE:
        raise too_many_values("tickets")
    tasks = [partial(_update_one, request, identifier, fields) for identifier, fields in changes]
    return queued(request, "Bulk Update Ticket", tasks)


def _update_one(request: ApiRequest, identifier: int, fields: dict[str, Any]) -> dict[str, Any]:
    ticket = request.world.tickets.get(identifier)
    done = {"id": identifier, "action": "update"}
    if ticket is None or ticket.deleted:
        return done | {"success": False, "error": "TicketNotFound", "details": "The ticket does not exist"}
    try:
        ticket_changes.update(request.world, request.user, ticket, fields)
    except ApiError as problem:
        error = problem.response.body
        details = error.get("details") or error.get("description")
        words = details if isinstance(details, str) else next(iter(details.values()))[0]["description"]
        return done | {"success": False, "error": "TicketUpdateFailed", "details": words}
    return done | {"success": True, "status": "Updated"}


def merge(request: ApiRequest) -> dict[str, Any]:
    """POST /tickets/{id}/merge. A background job."""
    target = request.ticket()
    ids = request.body.get("ids")
    if not isinstance(ids, list) or not ids or not all(as_id(one) for one in ids):
        raise invalid_parameter("ids", "must be a list of integers", f"api/v2{request.path}")
    return queued(request, "Ticket Merge", merge_tasks(request.world, request.user, target, request.body))


def delete(request: ApiRequest) -> ApiResponse:
    """DELETE /tickets/{id}: afterwards it is missing."""
    ticket = request.ticket()
    ticket.deleted = True
    request.world.index(ticket)
    return ApiResponse(None, 204)


def show_tags(request: ApiRequest) -> dict[str, Any]:
    """GET /tickets/{id}/tags."""
    return {"tags": request.ticket().tags}


def set_tags(request: ApiRequest) -> ApiResponse:
    """POST /tickets/{id}/tags: replaces the tags."""
    ticket = request.ticket()
    return ApiResponse(_change_tags(request, ticket, tags(request.body.get("tags"))), 201)


def add_tags(request: ApiRequest) -> dict[str, Any]:
    """PUT /tickets/{id}/tags: adds tags."""
    ticket = request.ticket()
    return _change_tags(request, ticket, [*ticket.tags, *tags(request.body.get("tags"))])


def remove_tags(request: ApiRequest) -> dict[str, Any]:
    """DELETE /tickets/{id}/tags: removes tags."""
    ticket, gone = request.ticket(), tags(request.body.get("tags") or request.query.get("tags"))
    return _change_tags(request, ticket, [one for one in ticket.tags if one not in gone])


def _change_tags(request: ApiRequest, ticket: Ticket, wanted: list[str]) -> dict[str, Any]:
    if "tags" not in request.body and "tags" not in request.query:
        raise invalid_field("tags", "Tags: cannot be blank", "BlankValue")
    request.limits.take_update(request.user.id, ticket.id)
    fields = {name: request.body[name] for name in ("safe_update", "updated_stamp") if name in request.body}
    ticket_changes.update(request.world, request.user, ticket, fields | {"tags": wanted})
    return {"tags": ticket.tags}


TABLE: Table = (
    ("POST", "/tickets", create),
    ("PUT", "/tickets/update_many", update_many),
    ("PUT", "/tickets/{id}", update),
    ("DELETE", "/tickets/{id}", delete),
    ("POST", "/tickets/{id}/merge", merge),
    ("GET", "/tickets/{id}/tags", show_tags),
    ("POST", "/tickets/{id}/tags", set_tags),
    ("PUT", "/tickets/{id}/tags", add_tags),
    ("DELETE", "/tickets/{id}/tags", remove_tags),
)
