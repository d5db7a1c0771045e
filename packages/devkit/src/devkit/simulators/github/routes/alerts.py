"""Security alerts: Dependabot, code scanning and secret scanning. All are only for accounts with write access."""

import base64
import binascii
from collections.abc import Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode

from devkit.simulators.github.api_request import ApiRequest
from devkit.simulators.github.records.alerts import Alert, CodeAlert, DependabotAlert, SecretAlert
from devkit.simulators.github.responses import ApiError, ApiResponse, forbidden, not_found, unprocessable
from devkit.simulators.github.routes import Table
from devkit.simulators.github.serializers.alerts import code_alert, dependabot_alert, secret_alert

Found = TypeVar("Found", bound=Alert)

_DEPENDABOT_STATES = {"auto_dismissed", "dismissed", "fixed", "open"}
_SEVERITIES = {"low", "medium", "high", "critical"}
_MOST = 100
_USUAL = 30


def dependabot_alerts(request: ApiRequest) -> ApiResponse:
    """GET /repos/{owner}/{repo}/dependabot/alerts: newest first, paged by cursors."""
    repository, found = request.repository(), _dependabot(request)
    if "page" in request.query:
        raise ApiError(400, "Pagination using the `page` parameter is not supported.")
    states, severities = _listed(request, "state", _DEPENDABOT_STATES), _listed(request, "severity", _SEVERITIES)
    wanted = [
        one for one in found if (not states or one.state in states) and (not severities or one.severity in severities)
    ]
    return _by_cursor(request, _newest_first(wanted), lambda one: dependabot_alert(request.urls, repository, one))


def one_dependabot_alert(request: ApiRequest) -> Any:
    """GET /repos/{owner}/{repo}/dependabot/alerts/{alert_number}."""
    repository, found = request.repository(), _dependabot(request)
    return dependabot_alert(request.urls, repository, _numbered(request, found))


def code_alerts(request: ApiRequest) -> ApiResponse:
    """GET /repos/{owner}/{repo}/code-scanning/alerts: newest first."""
    repository, found = request.repository(), _code(request)
    state, severity = request.query.get("state", ""), request.query.get("severity", "")
    wanted = [
        one
        for one in found
        if state in ("", one.state) or (state == "closed" and one.state != "open")
        if severity in ("", one.level or one.severity)
    ]
    return request.page(_newest_first(wanted), lambda one: code_alert(request.urls, repository, one))


def one_code_alert(request: ApiRequest) -> Any:
    """GET /repos/{owner}/{repo}/code-scanning/alerts/{alert_number}."""
    repository, found = request.repository(), _code(request)
    return code_alert(request.urls, repository, _numbered(request, found), whole=True)


def secret_alerts(request: ApiRequest) -> ApiResponse:
    """GET /repos/{owner}/{repo}/secret-scanning/alerts: newest first."""
    repository, found = request.repository(), _secrets(request)
    state = request.query.get("state", "")
    wanted = _newest_first([one for one in found if state in ("", one.state)])
    hidden = _is_hidden(request)
    return request.page(wanted, lambda one: secret_alert(request.urls, repository, one, hidden=hidden))


def one_secret_alert(request: ApiRequest) -> Any:
    """GET /repos/{owner}/{repo}/secret-scanning/alerts/{alert_number}."""
    repository, found = request.repository(), _secrets(request)
    return secret_alert(request.urls, repository, _numbered(request, found), hidden=_is_hidden(request))


def secret_locations(request: ApiRequest) -> ApiResponse:
    """GET /repos/{owner}/{repo}/secret-scanning/alerts/{alert_number}/locations."""
    alert = _numbered(request, _secrets(request))
    return request.page(alert.locations, lambda place: {"type": place[0], "details": place[1]})


def _dependabot(request: ApiRequest) -> list[DependabotAlert]:
    repository = request.repository()
    if not request.world.can_push(request.identity, repository):
        raise ApiError(403, "You are not authorized to perform this operation.")
    if repository.alerts.dependabot is None:
        raise ApiError(403, "Dependabot alerts are disabled for this repository.")
    return repository.alerts.dependabot


def _code(request: ApiRequest) -> list[CodeAlert]:
    repository = request.repository()
    if not request.world.can_push(request.identity, repository):
        raise forbidden()
    if repository.alerts.code is None:
        if repository.private:
            raise ApiError(403, "Code Security must be enabled for this repository to use code scanning.")
        raise ApiError(404, "no analysis found")
    return repository.alerts.code


def _secrets(request: ApiRequest) -> list[SecretAlert]:
    repository = request.repository()
    if not request.world.can_push(request.identity, repository):
        raise not_found()
    if repository.alerts.secrets is None:
        raise ApiError(404, "Secret scanning is disabled on this repository.")
    return repository.alerts.secrets


def _is_hidden(request: ApiRequest) -> bool:
    """Whether secrets are left out. Servers other than github.com ignore the parameter."""
    return request.query.get("hide_secret") == "true" and request.variant is None


def _numbered(request: ApiRequest, found: Sequence[Found]) -> Found:
    number = request.number("alert")
    for one in found:
        if one.number == number:
            return one
    raise not_found()


def _newest_first(found: Sequence[Found]) -> list[Found]:
    return sorted(found, key=lambda one: (one.created_at, one.number), reverse=True)


def _listed(request: ApiRequest, name: str, allowed: set[str]) -> set[str]:
    """The values of a comma-separated parameter."""
    values = {value for value in request.query.get(name, "").split(",") if value}
    if not values <= allowed:
        raise unprocessable(f"Invalid value for {name}")
    return values


def _by_cursor(request: ApiRequest, found: list[Found], render: Any) -> ApiResponse:
    """One page, whose `Link` header has the cursor of the next one."""
    size = min(max(int(request.query.get("per_page", _USUAL)), 1), _MOST)
    start = _opened(request.query["after"]) if "after" in request.query else 0
    links = []
    if start + size < len(found):
        query = {**request.query, "after": _sealed(start + size)}
        links.append(f'<{request.urls.api}{request.path}?{urlencode(query)}>; rel="next"')
    if start:
        query = {name: value for name, value in request.query.items() if name != "after"}
        links.append(f'<{request.urls.api}{request.path}?{urlencode({**query, "before": _sealed(start)})}>; rel="prev"')
    body = [render(one) for one in found[start : start + size]]
    return ApiResponse(body, headers={"Link": ", ".join(links)} if links else {})


def _sealed(place: int) -> str:
    return base64.b64encode(f"cursor:v2:{place}".encode()).decode()


def _opened(cursor: str) -> int:
    try:
        return int(base64.b64decode(cursor, validate=True).decode().rpartition(":")[2])
    except (binascii.Error, UnicodeDecodeError, ValueError):
        raise ApiError(400, "Invalid cursor") from None


_ALERTS = "/repos/{owner}/{repo}"

TABLE: Table = (
    ("GET", f"{_ALERTS}/dependabot/alerts", dependabot_alerts),
    ("GET", f"{_ALERTS}/dependabot/alerts/{{alert}}", one_dependabot_alert),
    ("GET", f"{_ALERTS}/code-scanning/alerts", code_alerts),
    ("GET", f"{_ALERTS}/code-scanning/alerts/{{alert}}", one_code_alert),
    ("GET", f"{_ALERTS}/secret-scanning/alerts", secret_alerts),
    ("GET", f"{_ALERTS}/secret-scanning/alerts/{{alert}}", one_secret_alert),
    ("GET", f"{_ALERTS}/secret-scanning/alerts/{{alert}}/locations", secret_locations),
)
