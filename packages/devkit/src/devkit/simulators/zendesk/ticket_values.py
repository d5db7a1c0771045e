"""Checks the values that a client sends for a ticket.

The texts of errors follow those of public reports of Zendesk's responses: the label of the field, then the problem.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from devkit.simulators.zendesk.records.people import User
from devkit.simulators.zendesk.records.settings import TicketField
from devkit.simulators.zendesk.records.tickets import PRIORITIES, STATUSES, TYPES, Ticket
from devkit.simulators.zendesk.responses import ApiError, invalid_field, record_invalid
from devkit.simulators.zendesk.world import World

_CHOICES = {"status": STATUSES, "priority": PRIORITIES, "type": TYPES}


def choice(name: str, value: Any) -> str | None:
    """A value of status, priority or type. Raises `ApiError` 422 for another one."""
    if value in (None, ""):
        return None
    if value not in _CHOICES[name]:
        raise invalid_field(name, f"{name.title()}: {value} is not included in the list", "InvalidValue")
    return str(value)


def agent(world: World, value: Any, email: Any) -> User | None:
    """The assignee that an id or an e-mail address names. Raises `ApiError` 422 if it is no agent."""
    if value in (None, "") and email in (None, ""):
        return None
    found = world.users.get(as_id(value)) if value not in (None, "") else world.user_by_email(str(email))
    if found is None or not found.is_staff or found.suspended:
        raise invalid_field("assignee", "Assignee: is invalid", "InvalidValue")
    return found


def group_id(world: World, value: Any) -> int | None:
    """The group that an id names. Raises `ApiError` 422 if it is missing."""
    if value in (None, ""):
        return None
    group = world.groups.get(as_id(value))
    if group is None or group.deleted:
        raise invalid_field("group", "Group: is invalid", "InvalidValue")
    return group.id


def requester(world: World, fields: Mapping[str, Any]) -> User | None:
    """The requester that `requester_id` or `requester` names; a new e-mail address becomes a new user.

    Raises:
        ApiError: 422, the user is missing or suspended, or a new one has no name.
    """
    found: User | None
    if fields.get("requester_id") not in (None, ""):
        found = world.users.get(as_id(fields["requester_id"]))
        if found is None:
            raise invalid_field("requester", "Requester: is invalid", "InvalidValue")
    elif isinstance(wanted := fields.get("requester"), dict):
        email = str(wanted.get("email") or "").strip()
        found = world.user_by_email(email) if email else None
        if found is None:
            name = str(wanted.get("name") or "").strip()
            if not name:
                raise invalid_field("requester", "Requester: Name: is too short (minimum one character)")
            if email and "@" not in email:
                raise invalid_field("requester", f"Requester: Email: {email} is not properly formatted")
            found = world.add_user(name, email or None)
    else:
        return None
    if found.suspended:
        raise invalid_field("requester", f"Requester: {found.name} is suspended.")
    return found


def as_id(value: Any) -> int:
    """An id that was sent as a number or as text; 0 for anything else."""
    if isinstance(value, bool):
        return 0
    if isinstance(value, int):
        return value
    return int(value) if isinstance(value, str) and value.isascii() and value.isdecimal() else 0


def tags(value: Any) -> list[str]:
    """Tags in lower case, each once; spaces separate tags."""
    texts = value if isinstance(value, list) else str(value or "").replace(",", " ").split()
    found = [word for text in texts for word in str(text).lower().split()]
    return list(dict.fromkeys(found))


def custom_fields(world: World, ticket: Ticket, value: Any) -> dict[int, Any]:
    """The values of custom fields after a change. Unknown fields are ignored, as at Zendesk.

    Raises:
        ApiError: 422, a value does not fit its field.
    """
    if isinstance(value, dict):
        value = [{"id": key, "value": one} for key, one in value.items()]
    kept = dict(ticket.custom_fields)
    for item in value if isinstance(value, list) else []:
        found = world.fields.get(as_id(item.get("id"))) if isinstance(item, dict) else None
        if found is None or not found.removable:
            continue
        kept[found.id] = _custom_value(found, item.get("value"))
    return kept


def option_tags(world: World, values: Mapping[int, Any]) -> set[str]:
    """The tags that drop-down values stand for; Zendesk adds them to the ticket."""
    found: set[str] = set()
    for identifier, value in values.items():
        if value and identifier in world.fields and world.fields[identifier].options:
            found.update(value if isinstance(value, list) else [value])
    return found


def _custom_value(wanted: TicketField, value: Any) -> Any:
    if value in (None, "", []):
        return None
    options = {one for _, _, one in wanted.options}
    fits: dict[str, Callable[[], bool]] = {
        "tagger": lambda: value in options,
        "multiselect": lambda: isinstance(value, list) and set(value) <= options,
        "checkbox": lambda: isinstance(value, bool),
        "integer": lambda: re.fullmatch(r"-?\d{1,18}", str(value)) is not None and not isinstance(value, bool),
        "decimal": lambda: re.fullmatch(r"-?\d{1,18}(\.\d{1,18})?", str(value)) is not None,
        "date": lambda: _is_date(value),
        "regexp": lambda: re.fullmatch(wanted.regexp or ".*", str(value)) is not None,
    }
    if not fits.get(wanted.type, lambda: True)():
        raise _base(wanted, f"{wanted.title}: {value} is invalid", "InvalidValue")
    return str(value) if wanted.type in ("integer", "decimal") else value


def require_solvable(world: World, assignee_id: int | None, values: Mapping[int, Any]) -> None:
    """Check what a solved ticket needs. Raises `ApiError` 422 without an assignee or a required field."""
    if assignee_id is None:
        words = "Assignee: is required when solving a ticket"
        raise record_invalid({"base": [{"description": words, "error": None, "ticket_field_type": "FieldAssignee"}]})
    for wanted in world.fields.values():
        if wanted.removable and wanted.required and wanted.active and values.get(wanted.id) is None:
            raise _base(wanted, f"{wanted.title}: is required when solving a ticket", None)


def _base(wanted: TicketField, description: str, error: str | None) -> ApiError:
    kind = f"Field{wanted.type.title()}"
    problem = {"description": description, "error": error, "ticket_field_id": wanted.id, "ticket_field_type": kind}
    return record_invalid({"base": [problem]})


def _is_date(value: Any) -> bool:
    try:
        date.fromisoformat(str(value))
    except ValueError:
        return False
    return True
