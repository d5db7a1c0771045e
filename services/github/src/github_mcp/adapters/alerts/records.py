"""GitHub's JSON of alerts as records. Only what is named here is read; the secret itself is removed before that."""

from collections.abc import Mapping
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError

from github_mcp.adapters.api.errors import UnexpectedResponse
from github_mcp.models.issues.alerts import AlertKind, AlertSummary, Closing, SecretLocation, SecurityAlert

Model = TypeVar("Model", bound=BaseModel)

_HIDDEN: Final = "[hidden]"
_SHORTEST: Final = 4
"""Characters of a secret that is looked for in other texts."""
_CLOSINGS: Final = (
    ("dismissed_at", "dismissed_by", "dismissed_reason", "dismissed_comment"),
    ("resolved_at", "resolved_by", "resolution", "resolution_comment"),
    ("fixed_at", "", "", ""),
    ("auto_dismissed_at", "", "", ""),
)


def summary(kind: AlertKind, data: Any) -> AlertSummary:
    """An alert of a list."""
    return _made(AlertSummary, _common(kind, without_secret(data)))


def whole(kind: AlertKind, repository: str, data: Any) -> SecurityAlert:
    """One alert."""
    safe = without_secret(data)
    fields = {
        **_common(kind, safe),
        **_DETAILS[kind](safe),
        "kind": kind,
        "repository": repository,
        "closing": _closing(safe),
        "updated_at": safe.get("updated_at"),
    }
    return _made(SecurityAlert, fields)


def without_secret(data: Any) -> Mapping[str, Any]:
    """An alert without its secret, in any of its texts. Servers that do not know `hide_secret` send it.

    Raises:
        UnexpectedResponse: it is no alert.
    """
    if not isinstance(data, Mapping):
        raise UnexpectedResponse
    secret = data.get("secret")
    rest = {name: value for name, value in data.items() if name != "secret"}
    if not isinstance(secret, str) or len(secret) < _SHORTEST:
        return rest
    hidden: Mapping[str, Any] = _replaced(rest, secret)
    return hidden


def location(data: Any) -> SecretLocation:
    """A place of a secret."""
    details = _at(data, "details")
    place = details if isinstance(details, Mapping) else {}
    urls = (value for name, value in place.items() if name.endswith("_url") and isinstance(value, str))
    fields = {
        "type": _at(data, "type"),
        "path": place.get("path"),
        "line": place.get("start_line"),
        "commit": place.get("commit_sha"),
        "url": place.get("html_url") or next(urls, None),
    }
    return _made(SecretLocation, fields)


def _common(kind: AlertKind, data: Mapping[str, Any]) -> dict[str, Any]:
    fields = {name: data.get(name) for name in ("number", "state", "created_at")} | {"url": data.get("html_url")}
    return fields | _LISTED[kind](data)


def _dependency(data: Mapping[str, Any]) -> dict[str, Any]:
    package = _at(data, "dependency", "package") or _at(data, "security_vulnerability", "package")
    named = [_at(package, "ecosystem"), _at(package, "name")]
    severity = _at(data, "security_vulnerability", "severity") or _at(data, "security_advisory", "severity")
    return {
        "severity": severity,
        "title": _at(data, "security_advisory", "summary"),
        "package": " ".join(part for part in named if isinstance(part, str)) or None,
        "path": _at(data, "dependency", "manifest_path"),
    }


def _finding(data: Mapping[str, Any]) -> dict[str, Any]:
    place = _at(data, "most_recent_instance", "location")
    return {
        "severity": _at(data, "rule", "security_severity_level") or _at(data, "rule", "severity"),
        "title": _at(data, "rule", "description"),
        "path": _at(place, "path"),
        "line": _at(place, "start_line"),
        "tool": _at(data, "tool", "name"),
    }


def _leak(data: Mapping[str, Any]) -> dict[str, Any]:
    place = data.get("first_location_detected")
    return {
        "title": data.get("secret_type_display_name") or data.get("secret_type"),
        "path": _at(place, "path"),
        "line": _at(place, "start_line"),
        "validity": data.get("validity"),
    }


def _dependency_details(data: Mapping[str, Any]) -> dict[str, Any]:
    advisory, vulnerability = data.get("security_advisory"), data.get("security_vulnerability")
    references = _at(advisory, "references")
    return {
        "description": _at(advisory, "description"),
        "ghsa_id": _at(advisory, "ghsa_id"),
        "cve_id": _at(advisory, "cve_id"),
        "cvss": _at(advisory, "cvss", "score") or None,  # 0.0 where there is none
        "scope": _at(data, "dependency", "scope"),
        "vulnerable_versions": _at(vulnerability, "vulnerable_version_range"),
        "patched_version": _at(vulnerability, "first_patched_version", "identifier"),
        "references": _texts(references, "url") if isinstance(references, list) else None,
    }


def _finding_details(data: Mapping[str, Any]) -> dict[str, Any]:
    rule, instance = data.get("rule"), data.get("most_recent_instance")
    return {
        "description": _at(rule, "full_description"),
        "rule": _at(rule, "id"),
        "message": _at(instance, "message", "text"),
        "advice": _at(rule, "help"),
        "ref": _at(instance, "ref"),
        "commit": _at(instance, "commit_sha"),
    }


def _leak_details(data: Mapping[str, Any]) -> dict[str, Any]:
    return {name: data.get(name) for name in ("secret_type", "publicly_leaked", "push_protection_bypassed")}


_LISTED: Final = {"dependabot": _dependency, "code_scanning": _finding, "secret_scanning": _leak}
_DETAILS: Final = {
    "dependabot": _dependency_details,
    "code_scanning": _finding_details,
    "secret_scanning": _leak_details,
}


def _closing(data: Mapping[str, Any]) -> Closing | None:
    for moment, person, reason, comment in _CLOSINGS:
        if data.get(moment) is not None:
            fields = {"at": data[moment], "by": _at(data.get(person), "login")}
            return _made(Closing, {**fields, "reason": data.get(reason), "comment": data.get(comment)})
    return None


def _made(model: type[Model], fields: Mapping[str, Any]) -> Model:
    try:
        return model.model_validate({name: value for name, value in fields.items() if value is not None})
    except ValidationError:
        raise UnexpectedResponse from None


def _at(data: Any, *path: str) -> Any:
    """The value at a path; None where a part of it is missing."""
    for name in path:
        data = data.get(name) if isinstance(data, Mapping) else None
    return data


def _texts(items: list[Any], name: str) -> list[str]:
    return [text for item in items if isinstance(text := _at(item, name), str)]


def _replaced(value: Any, secret: str) -> Any:
    if isinstance(value, str):
        return value.replace(secret, _HIDDEN)
    if isinstance(value, Mapping):
        return {name: _replaced(inner, secret) for name, inner in value.items()}
    return [_replaced(inner, secret) for inner in value] if isinstance(value, list) else value
