"""Pages of lists: by number, or with cursors.

https://developer.zendesk.com/api-reference/introduction/pagination/
"""

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode

from devkit.simulators.zendesk.responses import ApiError, invalid_parameter

Item = TypeVar("Item")
_MOST = 100
_LAST_PAGE = 100


def whole_number(query: Mapping[str, str], name: str, default: int, path: str) -> int:
    """A positive whole number in the query. Raises `ApiError` 400 for other text."""
    text = query.get(name, str(default))
    if not (text.isascii() and text.isdecimal()) or int(text) < 1:
        raise invalid_parameter(name.partition("[")[0], "must be an integer", path)
    return int(text)


def offset_page(
    items: Sequence[Item], query: Mapping[str, str], address: str, path: str, *, last_page: int = _LAST_PAGE
) -> tuple[Sequence[Item], dict[str, Any]]:
    """The records on a numbered page, and the members that describe it.

    Raises:
        ApiError: 400, the page is beyond the last one that Zendesk serves.
    """
    if "page[before]" in query:
        raise invalid_parameter("page", "must be an integer", path)
    size = min(whole_number(query, "per_page", _MOST, path), _MOST)
    number = whole_number(query, "page", 1, path)
    if number > last_page:
        words = f"Requests beyond page {last_page} are not served. Use cursor pagination."
        raise ApiError(400, {"error": {"title": "Bad Request", "message": words}})
    previous, following = number - 1 or None, number + 1 if number * size < len(items) else None

    def url(page: int | None) -> str | None:
        return None if page is None else f"{address}?{urlencode({**query, 'page': page})}"

    members = {"next_page": url(following), "previous_page": url(previous), "count": len(items)}
    return items[(number - 1) * size : number * size], members


def cursor_page(
    items: Sequence[Item], query: Mapping[str, str], address: str, path: str, *, most: int = _MOST
) -> tuple[Sequence[Item], dict[str, Any]]:
    """The records after or before a cursor, and the members that describe the page."""
    size = whole_number(query, "page[size]", _MOST, path)
    if size > most:
        raise invalid_parameter("page", f"size must be at most {most}", path)
    places = {item.id: index for index, item in enumerate(items)}  # type: ignore[attr-defined]
    start = 0
    if "page[after]" in query:
        start = places.get(_identifier(query["page[after]"], path), -1) + 1
    elif "page[before]" in query:
        start = max(places.get(_identifier(query["page[before]"], path), 0) - size, 0)
    shown = items[start : start + size]
    has_more = start + size < len(items)
    first, last = (_cursor(shown[0]), _cursor(shown[-1])) if shown else (None, None)
    kept = {name: value for name, value in query.items() if name not in ("page[after]", "page[before]")}

    def url(name: str, cursor: str | None) -> str | None:
        return None if cursor is None else f"{address}?{urlencode({**kept, name: cursor})}"

    links = {
        "prev": url("page[before]", first) if start > 0 else None,
        "next": url("page[after]", last) if has_more else None,
    }
    meta = {"has_more": has_more, "after_cursor": last, "before_cursor": first}
    return shown, {"meta": meta, "links": links}


def _cursor(item: Any) -> str:
    return base64.urlsafe_b64encode(f"id:{item.id}".encode()).decode()


def _identifier(cursor: str, path: str) -> int:
    try:
        kind, _, text = base64.b64decode(cursor, altchars=b"-_", validate=True).decode().partition(":")
        if kind == "id":
            return int(text)
    except (binascii.Error, ValueError):
        pass
    raise invalid_parameter("page", "has an invalid cursor", path)
