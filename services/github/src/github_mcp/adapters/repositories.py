"""Repositories, branches and files at GitHub."""

import base64
from collections.abc import Mapping
from typing import Any, Final

from github_mcp.adapters.access import is_granted
from github_mcp.adapters.api import RAW, GitHubApi, Request, parsed, parsed_list
from github_mcp.adapters.errors import UNKNOWN_REF, EmptyRepository, RefusedByGitHub, UnexpectedResponse
from github_mcp.adapters.known_names import KnownNames
from github_mcp.adapters.owners import own_login
from github_mcp.adapters.paging import Fetched, collect, fetched
from github_mcp.adapters.search import search
from github_mcp.models.identifiers import RepositoryName
from github_mcp.models.repositories import Branch, CodeMatch, Entry, RepositoryFacts, RepositorySummary
from github_mcp.ports.repositories import Stored
from servicekit.core import off_loop
from servicekit.schema import CursorKey, Page, unknown_value
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

    async def contents(self, repository: RepositoryName, path: str, ref: str | None) -> Stored:
        """A file or directory. Files over 1 MB need a second, raw request, since GitHub omits them from its JSON."""
        used = ref or (await self._api.access.facts(repository)).default_branch
        segments = ("contents", *filter(None, path.split("/")))
        what = f"{path or 'root directory'} in {repository.full} at {used}"
        request = Request(segments, what, {"ref": used}, pinned=_is_sha(used))
        try:
            data = (await self._api.read(repository, request)).json()
        except RefusedByGitHub as refused:
            if refused.status not in UNKNOWN_REF:
                raise
            raise await self._names.no_path(repository, path, used) from None
        if isinstance(data, list):
            return Stored(used, entries=parsed_list(Entry, data))
        if not isinstance(data, Mapping):
            raise UnexpectedResponse
        if data.get("type") != "file":
            target = data.get("target") or data.get("submodule_git_url")
            return Stored(used, target=target if isinstance(target, str) else None)
        sha = data.get("sha")
        content = _decoded(data)
        if content is None:
            raw = Request(segments, what, {"ref": used}, accept=RAW, json=False, pinned=_is_sha(used))
            content = (await self._api.read(repository, raw)).body
        return Stored(used, content=content, sha=sha if isinstance(sha, str) else None)

    async def tree(self, repository: RepositoryName, ref: str | None, path: str) -> tuple[list[Entry], bool]:
        """All entries at or below a path, and whether GitHub truncated their list.

        GitHub truncates the list of a large tree. Then the directory's own tree is read, found by its SHA.
        """
        used = ref or (await self._api.access.facts(repository)).default_branch
        try:
            entries, truncated = await self._tree(repository, used)
        except RefusedByGitHub as refused:
            if refused.status not in UNKNOWN_REF:
                raise
            raise await self._names.no_ref(repository, used) from None
        if not path:
            return entries, truncated
        if truncated:
            sha = await self._directory(repository, used, path)
            entries, truncated = await self._tree(repository, sha)
            return [one.model_copy(update={"path": f"{path}/{one.path}"}) for one in entries], truncated
        below = [entry for entry in entries if entry.path.startswith(f"{path}/")]
        if not below:
            folders = [entry.path for entry in entries if entry.type == "tree"]
            raise unknown_value("path", "directory", path, folders, "Omit path to list the root.")
        return below, False

    async def _tree(self, repository: RepositoryName, name: str) -> tuple[list[Entry], bool]:
        what = f"{name} in {repository.full}"
        request = Request(("git", "trees", name), what, {"recursive": 1}, pinned=_is_sha(name))
        reply = await self._api.read(repository, request)
        data = reply.json()
        entries = await off_loop(len(reply.body), parsed_list, Entry, data, "tree")
        return entries, bool(data.get("truncated"))

    async def _directory(self, repository: RepositoryName, ref: str, path: str) -> str:
        """The SHA of a directory, from the list of its parent."""
        parent = path.rpartition("/")[0]
        siblings = (await self.contents(repository, parent, ref)).entries or []
        for entry in siblings:
            if entry.path == path and entry.type == "dir" and entry.sha is not None:
                return entry.sha
        folders = {entry.path: entry.path.rpartition("/")[2] for entry in siblings if entry.type == "dir"}
        raise unknown_value("path", "directory", path, folders, "Omit path to list the root.")

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


def _is_sha(ref: str) -> bool:
    return len(ref) == 40 and set(ref) <= set("0123456789abcdef")


def _decoded(data: Mapping[str, Any]) -> bytes | None:
    """The content of a file in GitHub's JSON; None if it is missing."""
    content = data.get("content")
    if data.get("encoding") != "base64" or not isinstance(content, str) or (not content and data.get("size")):
        return None
    try:
        return base64.b64decode("".join(content.split()), validate=True)
    except ValueError:  # not base64, or not ASCII
        raise UnexpectedResponse from None
