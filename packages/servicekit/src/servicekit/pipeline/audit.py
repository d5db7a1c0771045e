"""Audit entries: what is recorded of a call. Enough to reconstruct it, without personal data in free text."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from servicekit.audit.entry import AuditEntry
from servicekit.core.caller import Caller
from servicekit.pipeline.request import RequestInfo
from servicekit.registry.operation import Operation
from servicekit.schema.arguments import InvalidArguments
from servicekit.schema.kinds import Kind
from servicekit.schema.members import Members
from servicekit.telemetry.redaction import redact

# Anchored to the start of a word: tried from every letter, a long word would take quadratic time.
_E_MAIL: Final = re.compile(r"(?:(?<![^\s@])|(?<=%40))(?:(?!%40)[^\s@])++(?:@|%40)(?:(?!%40)[^\s@])+\.[^\s@]+")
_PLAIN: Final = frozenset({bool, int, float, type(None)})
_LARGEST_KEPT: Final = 4096  # bytes, about; thousands of entries wait for a database that is away
_VALUE_BYTES: Final = 32  # of a number, or of a text without its characters


def audit_entry(
    operation: Operation,
    raw: Mapping[str, Any],
    caller: Caller,
    request: RequestInfo,
    outcome: str,
    details: Mapping[str, Any],
    *,
    valid: bool | None = None,
) -> AuditEntry:
    """The entry of one call. Members that are None are left out.

    Its details are made when they are first read, or at once where the arguments are too large to keep until then.

    Args:
        raw: the arguments as they were understood, or sent where they are invalid. The entry keeps them, so they must
            not be changed afterwards; a tool gets validated copies.
        valid: the arguments keep to the schema; None where the call ended before they were validated. Then large ones
            count as invalid: a refused call must not cost more than one that is done.
    """
    is_small = _is_small(raw)
    if outcome == "ok":
        valid = True
    elif valid is None and not is_small:
        valid = False
    made = _Details(operation, raw, request, details, valid)
    return AuditEntry(
        datetime.now(UTC),
        caller.tenant or "",
        caller.subject,
        caller.client_id,
        caller.auth_method,
        operation.label,
        outcome,
        made if is_small else made(),
    )


def _is_small(raw: Mapping[str, Any]) -> bool:
    """Whether arguments take little memory. Looks at no more of them than needed to know."""
    left, values = _LARGEST_KEPT, [*raw, *raw.values()]
    while values:
        value = values.pop()
        kind = type(value)
        left -= _VALUE_BYTES
        if kind is str:
            left -= len(value)
        elif kind is int:
            left -= value.bit_length() // 8
        elif (kind is dict or kind is list) and len(value) * _VALUE_BYTES <= left:
            values += [*value, *value.values()] if kind is dict else value
        elif kind is dict or kind is list:
            return False
        if left < 0:
            return False
    return True


class _Details:
    """Makes the details of one entry. One object instead of a closure's ten: hundreds wait at a time, and the garbage
    collector visits each."""

    __slots__ = ("_details", "_operation", "_raw", "_request", "_valid")

    def __init__(
        self,
        operation: Operation,
        raw: Mapping[str, Any],
        request: RequestInfo,
        details: Mapping[str, Any],
        valid: bool | None,
    ) -> None:
        self._operation, self._raw, self._request, self._details = operation, raw, request, details
        self._valid = valid

    def __call__(self) -> dict[str, Any]:
        valid = self._valid if self._valid is not None else _is_valid(self._operation, self._raw)
        recorded = {
            "arguments": audit_view(self._operation, self._raw, valid=valid),
            "request_id": self._request.request_id,
            "client": self._request.client or None,
            **self._details,
        }
        return {name: _masked(value) for name, value in recorded.items() if value is not None}


def _is_valid(operation: Operation, raw: Mapping[str, Any]) -> bool:
    try:
        operation.arguments.parse(raw)
    except InvalidArguments:
        return False
    return True


def _masked(value: Any) -> Any:
    """Text that the caller chose, such as its key or its name, without secrets and e-mail addresses."""
    if type(value) is list:
        return [_masked(item) for item in value]
    if type(value) is not str:
        return value
    text = redact(value)
    return _E_MAIL.sub("[e-mail]", text) if "@" in text or "%40" in text else text


def audit_view(operation: Operation, raw: Mapping[str, Any], *, valid: bool) -> dict[str, Any]:
    """The arguments as the audit trail keeps them.

    Kept are numbers, booleans, and text of a closed form (enum, identifier, date), with e-mail addresses masked. Of
    free text, which can hold personal data, only the length is kept; of invalid arguments, only the types.
    """
    kinds = operation.arguments.kinds
    view: dict[str, Any] = {}
    for name, value in raw.items():
        if name not in kinds.members:
            view["(unknown)"] = view.get("(unknown)", 0) + 1
        elif not valid:
            view[name] = f"[{type(value).__name__}]"
        else:
            view[name] = _shown(value, kinds.inner(name))
    return view


def _shown(value: Any, kind: Kind) -> Any:
    if type(value) in _PLAIN:
        return value
    if isinstance(value, list):
        return [_shown(item, kind.inner(index)) for index, item in enumerate(value[:50])]
    if isinstance(value, Mapping):
        known = kind.members if isinstance(kind, Members) else ()
        return {name: _shown(item, kind.inner(name)) for name, item in value.items() if name in known}
    text = str(value)
    if kind.recorded == "listed":  # one of the service's own words, so it holds no secret
        return text
    return _masked(text) if kind.recorded == "closed" else f"[text of {len(text)} characters]"
