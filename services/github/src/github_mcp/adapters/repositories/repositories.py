"""Repositories and branches at GitHub, and search in them."""

from collections.abc import Mapping
from typing import Any, Final

from github_mcp.adapters.api.access import is_granted
from github_mcp.adapters.api.client import GitHubApi, Request, parsed, parsed_list
from github_mcp.adapters.api.errors import EmptyRepository, RefusedByGitHub, UnexpectedResponse
from github_mcp.adapters.api.known_names import KnownNames
from github_mcp.adapters.api.owners import own_login
from github_mcp.adapters.api.paging import Fetched, collect, fetched
from github_mcp.adapters.api.search import search
from github_mcp.models.identifiers import RepositoryName
from github_mcp.models.repositories.repositories import Branch, CodeMatch, RepositoryFacts, RepositorySummary
from servicekit.schema import CursorKey, Page
from servicekit.upstream import Query

_MATCHES: Final = "application/vnd.github.text-match+json"
_FRAGMENTS: Final = 3
_TYPES: Final[Mapping[str, Mapping[str, str]]] = {
    "orgs": {"owner": "all"},
    "user": {"all": "owner"},
    "users": {"public": "owner", "private": "owner"},
}
"""Types that a list endpoint names differently, or lacks."""


class GitHubRepositories:
    """Implements `Repositories`."""

    def __init__(self, api: GitHubApi) -> None:
        self._api = api
        self._names = KnownNames(api)

    async def facts(self, repository: RepositoryName) -> RepositoryFacts:
        """Visibility and default branch."""
        return await self._api.access.facts(repository)

    async def search(self, query: str, limit: int, cursor: CursorKey | None) -> Page[RepositorySummary]:
        """Matching repositories that the caller may see."""
        return await search(self._api, "repositories", query, limit, cursor, self._shown)

    async def owned_by(self, user: str, kind: str, limit: int, cursor: CursorKey | None) -> Page[RepositorySummary]:
        """Repositories of a user or organisation, including private ones that the credential can read."""
        path = await self._list_path(user, kind)
        wanted = _TYPES[path[0]].get(kind, kind)

        async def fetch(number: int, size: int) -> Fetched[RepositorySummary]:
            query: Query = {"type": wanted, "per_page": size, "page": number}
            reply = await self._api.read_global(path, Request((), f"account {user}", query))
            data = reply.json()
            if not isinstance(data, list):
                raise UnexpectedResponse
            shown = [await self._shown(item) for item in data]
            return fetched(reply, [one if one and _is_listed(one, user, kind) else None for one in shown], size)

        return await collect(fetch, limit, cursor, filtered=True)

    async def branches(self, repository: RepositoryName, limit: int, cursor: CursorKey | None) -> Page[Branch]:
        """By name."""

        async def fetch(number: int, size: int) -> Fetched[Branch]:
            query = {"per_page": size, "page": number}
            reply = await self._api.read(repository, Request(("branches",), f"repository {repository.full}", query))
            return fetched(reply, parsed_list(Branch, reply.json()), size)

        page = await collect(fetch, limit, cursor)
        if not page.items and cursor is None:
            page.notice = str(EmptyRepository(repository, await self._api.access.facts(repository)))
        return page

    async def search_code(self, query: str, limit: int, cursor: CursorKey | None) -> Page[CodeMatch]:
        """Files on default branches."""
        return await search(self._api, "code", query, limit, cursor, self._match, accept=_MATCHES)

    async def _list_path(self, user: str, kind: str) -> tuple[str, ...]:
        """The endpoint that lists an account's repositories; only public ones unless it is the server's own account."""
        try:
            data = (await self._api.read_global(("users", user), Request((), f"account {user}"))).json()
        except RefusedByGitHub as refused:
            if refused.status != 404:
                raise
            raise await self._names.no_account("owner", user) from None
        if isinstance(data, Mapping) and data.get("type") == "Organization":
            return ("orgs", user, "repos")
        own = kind != "member" and (await own_login(self._api) or "").lower() == user.lower()
        return ("user", "repos") if own else ("users", user, "repos")

    async def _shown(self, item: Any) -> RepositorySummary | None:
        """The repository if the caller may see it. Text written by people is removed from private ones, so that listing
        them does not count as reading."""
        found = parsed(RepositorySummary, item)
        if not is_granted(found.full_name):
            return None
        return found.model_copy(update={"description": None, "topics": ()}) if found.private else found

    async def _match(self, item: Any) -> CodeMatch | None:
        found = parsed(CodeMatch, item)
        name = RepositoryName(*found.repository.partition("/")[::2])
        if not await self._api.access.may_show(name):
            return None
        matches = item.get("text_matches") or []
        fragments = [match.get("fragment") for match in matches if isinstance(match, Mapping)]
        return parsed(
            CodeMatch, {**item, "fragments": [text for text in fragments if isinstance(text, str)][:_FRAGMENTS]}
        )


def _is_listed(found: RepositorySummary, user: str, kind: str) -> bool:
    """Whether a listed repository matches the request: some endpoints span owners or ignore a type."""
    own = kind == "member" or found.full_name.lower().startswith(f"{user.lower()}/")
    return own and found.private is {"private": True, "public": False}.get(kind, found.private)
