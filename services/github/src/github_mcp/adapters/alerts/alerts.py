"""Security alerts at GitHub. A feature that is off, or hidden from this server, is never an empty list."""

from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from github_mcp.adapters.alerts.records import location, summary, whole
from github_mcp.adapters.api.client import GitHubApi, Request
from github_mcp.adapters.api.errors import RefusedByGitHub, UnexpectedResponse
from github_mcp.adapters.api.paging import Fetched, collect, fetched, next_address
from github_mcp.models.identifiers import RepositoryName
from github_mcp.models.issues.alerts import AlertKind, AlertSummary, SecurityAlert
from github_mcp.ports.alerts import AlertFilter
from servicekit.core import Refused, Unavailable
from servicekit.schema import CursorKey, Missing, Page, cut_notice
from servicekit.upstream import Query, UpstreamResponse

_PATHS: Final[dict[AlertKind, str]] = {
    "dependabot": "dependabot",
    "code_scanning": "code-scanning",
    "secret_scanning": "secret-scanning",
}
_WORDS: Final[dict[AlertKind, str]] = {
    "dependabot": "Dependabot alerts",
    "code_scanning": "code scanning alerts",
    "secret_scanning": "secret scanning alerts",
}
_STATES: Final[dict[AlertKind, dict[str, str | None]]] = {
    "dependabot": {
        "open": "open",
        "closed": "auto_dismissed,dismissed,fixed",
        "fixed": "fixed",
        "dismissed": "auto_dismissed,dismissed",
        "all": None,
    },
    "code_scanning": {"open": "open", "closed": "closed", "fixed": "fixed", "dismissed": "dismissed", "all": None},
    "secret_scanning": {"open": "open", "closed": "resolved", "resolved": "resolved", "all": None},
}
"""The states of each kind by our words, as GitHub names them."""
_SEVERITIES: Final[dict[AlertKind, Sequence[str]]] = {
    "dependabot": ("critical", "high", "medium", "low"),
    "code_scanning": ("critical", "high", "medium", "low", "error", "warning", "note"),
    "secret_scanning": (),
}
_UNREADABLE: Final = frozenset({403, 404})
_LOCATIONS: Final = 100
_MOST_PAGES: Final = 5


class GitHubAlerts:
    """Implements `Alerts`."""

    def __init__(self, api: GitHubApi) -> None:
        self._api = api

    async def list(
        self, repository: RepositoryName, wanted: AlertFilter, limit: int, cursor: CursorKey | None
    ) -> Page[AlertSummary]:
        """Newest first."""
        query = _query(wanted)
        if wanted.kind == "dependabot":
            return await self._dependabot(repository, query, limit, cursor)

        async def fetch(number: int, size: int) -> Fetched[AlertSummary]:
            reply = await self._read(repository, wanted.kind, (), {**query, "per_page": size, "page": number})
            found = [summary(wanted.kind, one) for one in _listed(reply)]
            # Servers that do not know the parameter send every severity.
            kept = [one if wanted.severity in (None, one.severity) else None for one in found]
            return fetched(reply, kept, size)

        return await collect(fetch, limit, cursor, filtered=wanted.severity is not None)

    async def get(self, repository: RepositoryName, kind: AlertKind, number: int) -> SecurityAlert:
        """One alert; a leaked secret with its places."""
        query: Query = {"hide_secret": "true"} if kind == "secret_scanning" else {}
        reply = await self._read(repository, kind, (number,), query)
        alert = whole(kind, repository.full, reply.json())
        if kind != "secret_scanning":
            return alert
        try:
            places = await self._read(repository, kind, (number, "locations"), {"per_page": _LOCATIONS})
            found = tuple(location(one) for one in _listed(places))
        except (Refused, Unavailable) as error:
            return alert.model_copy(update={"missing": (Missing(part="locations", reason=str(error)),)})
        cut = next_address(places) is not None
        step = "The page of the alert at GitHub shows the others."
        notice = cut_notice(len(found), None, "locations", step) if cut else None
        return alert.model_copy(update={"locations": found, "notice": notice})

    async def _dependabot(
        self, repository: RepositoryName, query: Query, limit: int, cursor: CursorKey | None
    ) -> Page[AlertSummary]:
        """Dependabot alerts, which GitHub pages by cursors in `Link` headers and not by number."""
        after, skip, size = (str(cursor[0]), int(cursor[1]), int(cursor[2])) if cursor is not None else ("", 0, limit)
        found: list[AlertSummary] = []
        places: dict[int, tuple[str, int, int]] = {}
        more = True
        for _ in range(_MOST_PAGES):
            page: Query = {**query, "per_page": size, **({"after": after} if after else {})}
            reply = await self._read(repository, "dependabot", (), page)
            for index, item in enumerate(_listed(reply)[skip:], start=skip + 1):
                alert = summary("dependabot", item)
                places[id(alert)] = (after, index, size)
                found.append(alert)
            following = next_address(reply)
            more = following is not None
            if following is None:
                break
            after, skip = _after(following), 0
            if found:
                places[id(found[-1])] = (after, skip, size)
            if len(found) >= limit:
                break
        return Page(found, limit, key=lambda one: places[id(one)], more=more)

    async def _read(
        self, repository: RepositoryName, kind: AlertKind, path: tuple[str | int, ...], query: Query
    ) -> UpstreamResponse:
        """Read alerts.

        Raises:
            Refused: the feature is off, or this server may not see its alerts; or there is no such alert.
        """
        what = f"{_WORDS[kind]} of {repository.full}"
        request = Request((_PATHS[kind], "alerts", *path), what, query, confidential=True)
        try:
            return await self._api.read(repository, request)
        except RefusedByGitHub as refused:
            if refused.status not in _UNREADABLE:
                raise
            if path and refused.status == 404 and await self._is_readable(repository, kind):
                raise Refused(
                    f"There is no alert {path[0]} among the {what} (alert_number). list_security_alerts lists them."
                ) from None
            raise Refused(
                f"The {what} cannot be read, so whether there are any is unknown: the feature is off for this "
                f"repository, or this server's credential may not read it.{refused.reason}"
            ) from None

    async def _is_readable(self, repository: RepositoryName, kind: AlertKind) -> bool:
        """Whether the alerts of a kind can be read at all."""
        query: Query = {"per_page": 1, **({"hide_secret": "true"} if kind == "secret_scanning" else {})}
        request = Request((_PATHS[kind], "alerts"), _WORDS[kind], query, confidential=True)
        try:
            await self._api.read(repository, request)
        except RefusedByGitHub:
            return False
        return True


def _query(wanted: AlertFilter) -> dict[str, Any]:
    """The parameters of a filter.

    Raises:
        Refused: alerts of this kind have no such state or severity.
    """
    kind, states, severities = wanted.kind, _STATES[wanted.kind], _SEVERITIES[wanted.kind]
    if wanted.state not in states:
        raise Refused(f"{_WORDS[kind]} are never {wanted.state} (state). Use one of {', '.join(states)}.")
    if wanted.severity is not None and wanted.severity not in severities:
        allowed = f"Use one of {', '.join(severities)}." if severities else "Leave severity out."
        raise Refused(f"{_WORDS[kind]} do not have the severity {wanted.severity} (severity). {allowed}")
    query: dict[str, Any] = {"state": states[wanted.state], "severity": wanted.severity}
    if kind == "secret_scanning":
        query |= {"hide_secret": "true"}
    return {name: value for name, value in query.items() if value is not None}


def _listed(reply: UpstreamResponse) -> list[Any]:
    data = reply.json()
    if not isinstance(data, list):
        raise UnexpectedResponse
    return data


def _after(address: str) -> str:
    """The cursor in the address of a next page."""
    found = parse_qs(urlsplit(address).query).get("after")
    if not found:
        raise UnexpectedResponse
    return found[0]
