"""GitHub's search, limited to the caller's grants: other repositories are neither shown nor counted."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any, Final, TypeVar

from github_mcp.adapters.api.client import JSON, GitHubApi, Request
from github_mcp.adapters.api.errors import RefusedByGitHub, UnexpectedResponse
from github_mcp.adapters.api.paging import Fetched, collect, fetched
from github_mcp.models.identifiers import RepositoryName
from servicekit.core import Granted, NamePatterns, Refused, Unavailable, granted, is_pattern
from servicekit.schema import CursorKey, Page

Item = TypeVar("Item")

_NAMED: Final = re.compile(r'(?<![\w-])repo:(?:"(?P<quoted>[^"\s]+)"|(?P<plain>[^\s"()]+))', re.IGNORECASE)
_OWNERS: Final = re.compile(_NAMED.pattern.replace("repo:", "(?:user|org|owner):"), re.IGNORECASE)
_PLAIN_NAME: Final = re.compile(r"[A-Za-z0-9_.-]{1,100}")
_FIRST_THOUSAND: Final = (
    "Cut: GitHub shows only the first 1000 results of a search. Narrow the query, for example by created: or repo:."
)
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
    limited = granted("repositories", ignore_case=True)
    if limited is not None and limited.names() == frozenset():
        raise Refused(
            "Your grants allow no repository, so there is nothing to search. See github_whoami for your grants."
        )
    if limited is not None:
        _require_granted(query, limited)
    text = _limited_to_grants(index, query, limited)

    async def fetch(number: int, size: int) -> Fetched[Item]:
        request = Request((), "result for that search", {"q": text, "per_page": size, "page": number}, accept=accept)
        try:
            reply = await api.read_global(("search", index), request, _RESOURCES.get(index, "search"))
        except RefusedByGitHub as refused:
            if refused.status == 422:
                await _require_existing(api, query)
            raise
        data = reply.json()
        items = data.get("items") if isinstance(data, dict) else None
        if not isinstance(items, list):
            raise UnexpectedResponse
        notices = [_INCOMPLETE] if data.get("incomplete_results") is True else []
        found: list[Item | BaseException | None] = []
        for start in range(0, len(items), _AT_ONCE):  # each result may need a request about its repository
            part = map(shown, items[start : start + _AT_ONCE])
            found += await asyncio.gather(*part, return_exceptions=True)
        kept, failures = _without_failures(found)
        if failures:
            notices.append(_left_out(len(failures)))
        total = data.get("total_count")
        if number * size >= _MOST_FOUND and isinstance(total, int) and total > _MOST_FOUND:
            notices.append(_FIRST_THOUSAND)
        page = fetched(reply, kept, size, " ".join(notices) or None)
        return page if number * size < _MOST_FOUND else replace(page, more=False)

    return await collect(fetch, limit, cursor, filtered=limited is not None)


def _without_failures(found: Sequence[Item | BaseException | None]) -> tuple[list[Item | None], list[BaseException]]:
    """The results, and the failures of those whose repository could not be read.

    Raises:
        Refused, Unavailable: no result could be had.
    """
    failures = [one for one in found if isinstance(one, BaseException)]
    for failure in failures:
        if len(failures) == len(found) or not isinstance(failure, (Refused, Unavailable)):
            raise failure
    return [None if isinstance(one, BaseException) else one for one in found], failures


def _left_out(count: int) -> str:
    results = "1 result is" if count == 1 else f"{count} results are"
    return f"{results} missing: GitHub did not show this server the repository at the moment. Try again later."


def _named(query: str) -> list[str]:
    """The repositories that a query names."""
    return [match["quoted"] or match["plain"] for match in _NAMED.finditer(query)]


async def _require_existing(api: GitHubApi, query: str) -> None:
    """Say which repository of a refused query does not exist."""
    for name in _named(query):
        owner, _, repo = name.partition("/")
        if _PLAIN_NAME.fullmatch(owner) and _PLAIN_NAME.fullmatch(repo):
            await api.access.facts(RepositoryName(owner, repo))


def _require_granted(query: str, limited: Granted) -> None:
    """Refuse a query for repositories outside the grants, whether these exist or not: its empty result would read as
    none."""
    granted_owners = [NamePatterns([name.partition("/")[0] for name in names]) for names in limited.lists]
    owners = [(match["quoted"] or match["plain"]).lower() for match in _OWNERS.finditer(query)]
    if not all(map(limited.allows, _named(query))) or not all(
        patterns.match(owner) for owner in owners for patterns in granted_owners
    ):
        raise Refused(
            "Your access is limited to certain repositories, and one that the query names with repo:, user: or org: is "
            "not among them. See github_whoami for your grants."
        )


def _limited_to_grants(index: str, query: str, limited: Granted | None) -> str:
    """Adds the granted repositories or their owners to the query, so that others do not fill the pages. Results are
    still filtered, because the query may contain other qualifiers, and one list of grants says too much where there are
    several."""
    if limited is None or "repo:" in query.lower():
        return query
    exact = limited.names()
    lists = [sorted(exact)] if exact is not None else limited.lists
    names = next((names for names in lists if not any(is_pattern(name.partition("/")[0]) for name in names)), ())
    if not names:
        return query
    owners = {name: f"user:{name.partition('/')[0]}" for name in names}
    closest = [owners[name] if is_pattern(name) else f"repo:{name}" for name in names]
    for qualifiers in (dict.fromkeys(closest), dict.fromkeys(owners.values())):
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
