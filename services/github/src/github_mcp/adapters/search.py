"""GitHub's search, limited to the caller's grants: other repositories are neither shown nor counted."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, Final, TypeVar

from github_mcp.adapters.api import JSON, GitHubApi, Request
from github_mcp.adapters.errors import UnexpectedResponse
from github_mcp.adapters.paging import Fetched, collect, fetched
from servicekit.core import Refused, granted
from servicekit.schema import CursorKey, Page

Item = TypeVar("Item")

_INCOMPLETE: Final = "GitHub's search timed out, so results may be missing. Narrow the query."
_AT_ONCE: Final = 10
_LONGEST: Final = 1024
_MOST_FOUND: Final = 1000  # results of a search that GitHub shows, however many it counts
_MOST_NAMED: Final = 20
_MOST_ALTERNATIVES: Final = 6  # a search has five AND, OR or NOT at most
_RESOURCES: Final = {"code": "code_search"}


async def search(
    api: GitHubApi,
    index: str,
    query: str,
    limit: int,
    cursor: CursorKey | None,
    shown: Callable[[Any], Awaitable[Item | None]],
    *,
    accept: str = JSON,
) -> Page[Item]:
    """One page of results.

    Args:
        index: ``repositories``, ``issues`` or ``code``.
        shown: converts a result; returns None if the caller may not see it.
    """
    limited = granted("repositories")
    if limited is not None and not limited:
        raise Refused(
            "Your grants allow no repository, so there is nothing to search. See github_whoami for your grants."
        )
    text = _limited_to_grants(index, query, limited)

    async def fetch(number: int, size: int) -> Fetched[Item]:
        request = Request((), "result for that search", {"q": text, "per_page": size, "page": number}, accept=accept)
        reply = await api.read_global(("search", index), request, _RESOURCES.get(index, "search"))
        data = reply.json()
        items = data.get("items") if isinstance(data, dict) else None
        if not isinstance(items, list):
            raise UnexpectedResponse
        notice = _INCOMPLETE if data.get("incomplete_results") is True else None
        found: list[Item | None] = []
        for start in range(0, len(items), _AT_ONCE):  # each result may need a request about its repository
            found += await asyncio.gather(*map(shown, items[start : start + _AT_ONCE]))
        page = fetched(reply, found, size, notice)
        return page if number * size < _MOST_FOUND else replace(page, more=False)

    return await collect(fetch, limit, cursor, filtered=limited is not None)


def _limited_to_grants(index: str, query: str, limited: frozenset[str] | None) -> str:
    """Adds the granted repositories or their owners to the query, so that others do not fill the pages. Results are
    still filtered, because the query may contain other qualifiers."""
    names = sorted(limited or ())
    if not names or "repo:" in query.lower() or any(_is_pattern(name.partition("/")[0]) for name in names):
        return query
    owners = {name: f"user:{name.partition('/')[0]}" for name in names}
    exact = [owners[name] if _is_pattern(name) else f"repo:{name}" for name in names]
    for qualifiers in (dict.fromkeys(exact), dict.fromkeys(owners.values())):
        if index != "issues" and len(qualifiers) <= _MOST_NAMED:
            text = " ".join([query, *qualifiers])
        elif len(qualifiers) <= _MOST_ALTERNATIVES:
            # In issue search a space between repo: qualifiers means AND since September 2025, so they need OR.
            text = f"{query} ({' OR '.join(qualifiers)})" if len(qualifiers) > 1 else " ".join([query, *qualifiers])
        else:
            continue
        if len(text) <= _LONGEST:
            return text
    return query


def _is_pattern(name: str) -> bool:
    return any(mark in name for mark in "*?[")
