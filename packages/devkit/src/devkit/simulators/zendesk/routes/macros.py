"""Macros, and what they would do to a ticket."""

import re
from typing import Any

from devkit.simulators.zendesk.api_request import ApiRequest
from devkit.simulators.zendesk.comment_text import from_html, from_plain
from devkit.simulators.zendesk.records.settings import Macro
from devkit.simulators.zendesk.records.tickets import Ticket
from devkit.simulators.zendesk.responses import invalid_parameter, not_found
from devkit.simulators.zendesk.routes import Table
from devkit.simulators.zendesk.serializers.tickets import ticket_object
from devkit.simulators.zendesk.ticket_values import as_id

_PLACEHOLDER = re.compile(r"\{\{ ?([a-z_.]{1,60}) ?\}\}")
_HTML = "comment_value_html"


def macros(request: ApiRequest) -> dict[str, Any]:
    """GET /macros, by `active` if given."""
    active = request.query.get("active")
    return _page(request, [one for one in _known(request) if active is None or one.active == (active == "true")])


def active(request: ApiRequest) -> dict[str, Any]:
    """GET /macros/active."""
    return _page(request, [one for one in _known(request) if one.active])


def search(request: ApiRequest) -> dict[str, Any]:
    """GET /macros/search: titles that contain the text."""
    text = request.query.get("query", "").strip().casefold()
    if not text:
        raise invalid_parameter("query", "is required", f"api/v2{request.path}")
    return _page(request, [one for one in _known(request) if text in one.title.casefold()])


def show(request: ApiRequest) -> dict[str, Any]:
    """GET /macros/{id}."""
    return {"macro": _object(request, request.found(request.world.macros))}


def apply(request: ApiRequest) -> dict[str, Any]:
    """GET /macros/{id}/apply: the changes, without a ticket."""
    return {"result": {"ticket": _changes(request.found(request.world.macros), lambda text: text)}}


def apply_to_ticket(request: ApiRequest) -> dict[str, Any]:
    """GET /tickets/{id}/macros/{macro_id}/apply: the ticket as it would be. Nothing is changed."""
    ticket, macro = request.ticket(), request.world.macros.get(request.number("macro_id"))
    if macro is None:
        raise not_found()
    whole = ticket_object(request.urls, request.world, ticket)
    return {"result": {"ticket": whole | _changes(macro, lambda text: _filled(request, ticket, text))}}


def _filled(request: ApiRequest, ticket: Ticket, text: str) -> str:
    """A text with its placeholders filled in; unknown ones become empty."""
    users = request.world.users
    requester, assignee = users[ticket.requester_id], users.get(ticket.assignee_id or 0)
    group = request.world.groups.get(ticket.group_id or 0)
    values = {
        "ticket.id": str(ticket.id),
        "ticket.title": ticket.subject,
        "ticket.requester.name": requester.name,
        "ticket.requester.first_name": requester.name.partition(" ")[0],
        "ticket.requester.email": requester.email or "",
        "ticket.assignee.name": "" if assignee is None else assignee.name,
        "ticket.group.name": "" if group is None else group.name,
        "ticket.status": ticket.status,
        "current_user.name": request.user.name,
    }
    return _PLACEHOLDER.sub(lambda match: values.get(match[1], ""), text)


def _changes(macro: Macro, filled: Any) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    comment: dict[str, Any] = {}
    for action in macro.actions:
        field, value = action["field"], action["value"]
        if field in ("comment_value", _HTML):
            text = value[-1] if isinstance(value, list) else value
            shown = filled(text)
            made = from_html(shown) if field == _HTML else from_plain(shown)
            comment |= {"body": made.body, "html_body": made.html_body, "scoped_body": [["channel:all", made.body]]}
        elif field == "comment_mode_is_public":
            comment["public"] = str(value).lower() == "true"
        elif field in ("group_id", "assignee_id"):
            changes[field] = as_id(value) or None
        elif field in ("status", "priority", "type"):
            changes[field] = value
    return changes | ({"comment": {"public": True} | comment} if comment else {})


def _known(request: ApiRequest) -> list[Macro]:
    request.require_agent()
    return sorted(request.world.macros.values(), key=lambda one: one.position)


def _page(request: ApiRequest, found: list[Macro]) -> dict[str, Any]:
    return request.page("macros", found, lambda one: _object(request, one))


def _object(request: ApiRequest, macro: Macro) -> dict[str, Any]:
    return {
        "url": request.urls.of("macros", macro.id),
        "id": macro.id,
        "title": macro.title,
        "active": macro.active,
        "created_at": macro.created_at,
        "updated_at": macro.created_at,
        "default": False,
        "position": macro.position,
        "description": macro.description,
        "actions": macro.actions,
        "restriction": None,
    }


TABLE: Table = (
    ("GET", "/macros", macros),
    ("GET", "/macros/active", active),
    ("GET", "/macros/search", search),
    ("GET", "/macros/{id}", show),
    ("GET", "/macros/{id}/apply", apply),
    ("GET", "/tickets/{id}/macros/{macro_id}/apply", apply_to_ticket),
)
