"""Search over tickets, users and groups."""

import base64
import binascii
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from devkit.simulators.zendesk.api_request import ApiRequest
from devkit.simulators.zendesk.pages import offset_page, whole_number
from devkit.simulators.zendesk.records.people import Group, User
from devkit.simulators.zendesk.records.tickets import Ticket
from devkit.simulators.zendesk.responses import invalid_parameter, invalid_search
from devkit.simulators.zendesk.routes import Table
from devkit.simulators.zendesk.search.people import find_groups, find_users
from devkit.simulators.zendesk.search.query import Query, read
from devkit.simulators.zendesk.search.tickets import TicketFinder, ordered
from devkit.simulators.zendesk.serializers.people import group_object, user_object
from devkit.simulators.zendesk.serializers.tickets import ticket_object
from devkit.simulators.zendesk.side_loads import beside

_PAGE = 100
_LARGEST_EXPORT_PAGE = 1000
_RESULTS = 1000
_CURSOR_LIFE = 3600
_KINDS = ("ticket", "user", "group", "organization")

Result = Ticket | User | Group


def results(request: ApiRequest) -> dict[str, Any]:
    """GET /search: numbered pages of the first 1000 results; `count` is the whole number."""
    request.require_agent()
    path = f"api/v2{request.path}"
    query = _query(request)
    number = whole_number(request.query, "page", 1, path)
    size = min(whole_number(request.query, "per_page", _PAGE, path), _PAGE)
    if any(name.startswith("page[") for name in request.query):
        raise invalid_parameter("page", "must be an integer", path)
    if number * size > _RESULTS:
        raise invalid_search("Requested response size was greater than Search Response Limits")
    found = _find(request, query)
    address = f"{request.urls.api}{request.path}.json"
    shown, links = offset_page(found, request.query, address, path, last_page=_RESULTS)
    tickets = [one for one in shown if isinstance(one, Ticket)]
    included = request.query.get("include", "")
    names = {name for name in ("users", "groups") if name in included and "tickets(" in included}
    return {"results": [_rendered(request, one) for one in shown], "facets": None} | beside(
        request, tickets, names
    ) | links  # fmt: skip


def count(request: ApiRequest) -> dict[str, Any]:
    """GET /search/count."""
    request.require_agent()
    return {"count": len(_find(request, _query(request)))}


def export(request: ApiRequest) -> dict[str, Any]:
    """GET /search/export: all results of one type in order of creation, with cursors that last an hour."""
    request.require_agent()
    path = f"api/v2{request.path}"
    kind = request.query.get("filter[type]", "")
    if kind not in _KINDS:
        raise invalid_parameter("filter[type]", f"must be one of {', '.join(_KINDS)}", path)
    query = _query(request)
    if query.kinds() - {kind}:
        raise invalid_search("the type in the query is not that of filter[type]")
    size = whole_number(request.query, "page[size]", _PAGE, path)
    if size > _LARGEST_EXPORT_PAGE:
        raise invalid_parameter("page", f"size must be at most {_LARGEST_EXPORT_PAGE}", path)
    found = sorted(_find(request, query, {kind}), key=lambda one: (one.created_at, one.id))
    after = _after(request, request.query.get("page[after]"))
    places = [one.id for one in found]
    start = places.index(after) + 1 if after in places else 0
    shown, has_more = found[start : start + size], start + size < len(found)
    cursor = _cursor(request, shown[-1]) if shown else None
    kept = {name: value for name, value in request.query.items() if name != "page[after]"}
    following = f"{request.urls.api}{request.path}.json?{urlencode({**kept, 'page[after]': cursor})}"
    return {
        "results": [_rendered(request, one) for one in shown],
        "facets": None,
        "meta": {"has_more": has_more, "after_cursor": cursor, "before_cursor": None},
        "links": {"next": following if has_more else None, "prev": None},
    }


def _cursor(request: ApiRequest, last: Result) -> str:
    return base64.urlsafe_b64encode(f"{int(request.world.clock())}:{last.id}".encode()).decode()


def _after(request: ApiRequest, cursor: str | None) -> int | None:
    """The last id of the page before. Raises `ApiError` 422 for another or an expired cursor."""
    if cursor is None:
        return None
    try:
        issued, _, identifier = base64.urlsafe_b64decode(cursor.encode()).decode().partition(":")
        age = request.world.clock() - int(issued)
        last = int(identifier)
    except (binascii.Error, ValueError):
        raise invalid_search("the cursor is invalid") from None
    if age > _CURSOR_LIFE:
        raise invalid_search("the cursor has expired")
    return last


def _query(request: ApiRequest) -> Query:
    text = request.query.get("query", "")
    if not text.strip():
        raise invalid_search("the query is blank")
    return read(text)


def _find(request: ApiRequest, query: Query, kinds: set[str] | None = None) -> Sequence[Result]:
    """The results: present records of what the index found."""
    wanted = kinds or query.kinds() & set(_KINDS) or {"ticket", "user", "group"}
    tickets: list[Ticket] = []
    if "ticket" in wanted:
        found = TicketFinder(request.world, request.user).find(query)
        sort_by = query.sort_by or request.query.get("sort_by")
        order = query.order or request.query.get("sort_order")
        present = [request.world.tickets[one.id] for one in ordered(found, sort_by, order)]
        tickets = [one for one in present if not one.deleted]
    users = find_users(request.world, query) if "user" in wanted else []
    return [*tickets, *users, *(find_groups(request.world, query) if "group" in wanted else [])]


def _rendered(request: ApiRequest, one: Result) -> dict[str, Any]:
    match one:
        case Ticket():
            return ticket_object(request.urls, request.world, one) | {"result_type": "ticket"}
        case User():
            return user_object(request.urls, one) | {"result_type": "user"}
        case Group():
            return group_object(request.urls, one) | {"result_type": "group"}


TABLE: Table = (
    ("GET", "/search", results),
    ("GET", "/search/count", count),
    ("GET", "/search/export", export),
)
