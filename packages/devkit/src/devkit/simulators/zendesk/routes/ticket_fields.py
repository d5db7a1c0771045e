"""Ticket fields and forms."""

from typing import Any

from devkit.simulators.zendesk.api_request import ApiRequest
from devkit.simulators.zendesk.records.settings import TicketField, TicketForm
from devkit.simulators.zendesk.records.tickets import PRIORITIES, STATUSES, TYPES
from devkit.simulators.zendesk.routes import Table

_SYSTEM = {"status": STATUSES, "priority": PRIORITIES, "tickettype": TYPES}


def fields(request: ApiRequest) -> dict[str, Any]:
    """GET /ticket_fields."""
    request.require_agent()
    found = list(request.world.fields.values())
    return request.page("ticket_fields", found, lambda one: _field(request, one))


def field(request: ApiRequest) -> dict[str, Any]:
    """GET /ticket_fields/{id}."""
    return {"ticket_field": _field(request, request.found(request.world.fields))}


def options(request: ApiRequest) -> dict[str, Any]:
    """GET /ticket_fields/{id}/options."""
    found = _options(request, request.found(request.world.fields))
    return {"custom_field_options": found, "next_page": None, "previous_page": None, "count": len(found)}


def forms(request: ApiRequest) -> dict[str, Any]:
    """GET /ticket_forms."""
    request.require_agent()
    return request.page("ticket_forms", list(request.world.forms.values()), lambda one: _form(request, one))


def form(request: ApiRequest) -> dict[str, Any]:
    """GET /ticket_forms/{id}."""
    return {"ticket_form": _form(request, request.found(request.world.forms))}


def _options(request: ApiRequest, one: TicketField) -> list[dict[str, Any]]:
    return [
        {
            "id": identifier,
            "name": name,
            "raw_name": name,
            "value": value,
            "default": False,
            "position": position,
            "url": request.urls.of(f"ticket_fields/{one.id}/options", identifier),
        }
        for position, (identifier, name, value) in enumerate(one.options)
    ]


def _field(request: ApiRequest, one: TicketField) -> dict[str, Any]:
    position = list(request.world.fields).index(one.id)
    shown = {
        "url": request.urls.of("ticket_fields", one.id),
        "id": one.id,
        "type": one.type,
        "title": one.title,
        "raw_title": one.title,
        "description": one.description,
        "raw_description": one.description,
        "position": position,
        "active": one.active,
        "required": one.required,
        "collapsed_for_agents": False,
        "regexp_for_validation": one.regexp,
        "title_in_portal": one.title,
        "raw_title_in_portal": one.title,
        "visible_in_portal": True,
        "editable_in_portal": True,
        "required_in_portal": False,
        "agent_can_edit": True,
        "tag": None,
        "created_at": one.created_at,
        "updated_at": one.created_at,
        "removable": one.removable,
        "agent_description": one.description,
    }
    if one.type in ("tagger", "multiselect"):
        shown["custom_field_options"] = _options(request, one)
    if one.type in _SYSTEM:
        values = _SYSTEM[one.type]
        shown["system_field_options"] = [{"name": value.title(), "value": value} for value in values]
    return shown


def _form(request: ApiRequest, one: TicketForm) -> dict[str, Any]:
    return {
        "url": request.urls.of("ticket_forms", one.id),
        "id": one.id,
        "name": one.name,
        "raw_name": one.name,
        "display_name": one.name,
        "raw_display_name": one.name,
        "end_user_visible": True,
        "position": list(request.world.forms).index(one.id),
        "ticket_field_ids": one.field_ids,
        "active": True,
        "default": one.default,
        "created_at": one.created_at,
        "updated_at": one.created_at,
        "in_all_brands": True,
        "restricted_brand_ids": [],
        "end_user_conditions": [],
        "agent_conditions": [],
    }


TABLE: Table = (
    ("GET", "/ticket_fields", fields),
    ("GET", "/ticket_fields/{id}", field),
    ("GET", "/ticket_fields/{id}/options", options),
    ("GET", "/ticket_forms", forms),
    ("GET", "/ticket_forms/{id}", form),
)
