"""What is recorded of a call, and what is not: enough to reconstruct an action, nothing personal in free text."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from servicekit.core.caller import Caller
from servicekit.journal.protocol import AuditEntry
from servicekit.pipeline.request import RequestInfo
from servicekit.registry.operation import Operation
from servicekit.schema.arguments import InvalidArguments
from servicekit.telemetry.redaction import redact

# From the beginning of a word only: tried from each of its letters, a long word would take hours.
_E_MAIL: Final = re.compile(r"(?:(?<![^\s@])|(?<=%40))(?:(?!%40)[^\s@])++(?:@|%40)(?:(?!%40)[^\s@])+\.[^\s@]+")
_CLOSED: Final = frozenset({"enum", "const", "format", "pattern"})


def audit_entry(
    operation: Operation,
    raw: Mapping[str, Any],
    caller: Caller,
    request: RequestInfo,
    outcome: str,
    details: Mapping[str, Any],
) -> AuditEntry:
    """The entry of one call. `details` that are None are left out."""
    told = {
        "arguments": audit_view(operation, raw, valid=_fit(operation, raw)),
        "request_id": request.request_id,
        "client": request.client or None,
        **details,
    }
    return AuditEntry(
        at=datetime.now(UTC),
        tenant=caller.tenant or "",
        subject=caller.subject,
        client_id=caller.client_id,
        auth_method=caller.auth_method,
        operation=operation.label,
        outcome=outcome,
        details={name: _masked(value) for name, value in told.items() if value is not None},
    )


def _fit(operation: Operation, raw: Mapping[str, Any]) -> bool:
    """Whether arguments keep to the schema. A call may end before anybody looked: denied, limited, given up."""
    try:
        operation.arguments.parse(raw)
    except InvalidArguments:
        return False
    return True


def _masked(value: Any) -> Any:
    """What the caller chose freely, such as its key or its name, without secrets and addresses."""
    return _E_MAIL.sub("[e-mail]", redact(value)) if isinstance(value, str) else value


def audit_view(operation: Operation, raw: Mapping[str, Any], *, valid: bool) -> dict[str, Any]:
    """The arguments as the trail keeps them.

    Numbers, switches and text from a closed form (a list of values, a pattern, a date) are kept, e-mail addresses in it
    masked; free text, which may hold anything about anybody, only by its length. Where arguments broke the schema, only
    the types are kept.
    """
    properties: Mapping[str, Any] = operation.arguments.schema["properties"]
    view: dict[str, Any] = {}
    for name, value in raw.items():
        if name not in properties:
            view["(unknown)"] = view.get("(unknown)", 0) + 1
        elif not valid:
            view[name] = f"[{type(value).__name__}]"
        else:
            view[name] = _shown(value, properties[name])
    return view


def _shown(value: Any, schema: Mapping[str, Any]) -> Any:
    if isinstance(value, bool | int | float | None):
        return value
    if isinstance(value, list):
        return [_shown(item, schema.get("items", {})) for item in value[:50]]
    if isinstance(value, Mapping):
        inner = schema.get("properties", {})
        return {name: _shown(item, inner[name]) for name, item in value.items() if name in inner}
    text = str(value)
    return f"[text of {len(text)} characters]" if _CLOSED.isdisjoint(schema) else _masked(text)
