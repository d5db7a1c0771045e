"""The files that a pull request changes, at GitHub."""

from collections.abc import Collection, Sequence
from typing import Final

from github_mcp.adapters.api.client import GitHubApi, Request, parsed, parsed_list
from github_mcp.adapters.api.paging import Fetched, collect, fetched
from github_mcp.adapters.commits.patches import shortened
from github_mcp.models.commits.commits import ChangedFile
from github_mcp.models.identifiers import RepositoryName
from github_mcp.models.pulls.pulls import PullRequest
from servicekit.core import off_loop
from servicekit.schema import CursorKey, Page, unknown_value

_MOST_FILES: Final = 3000
"""Files of a pull request that GitHub lists."""
_A_PAGE: Final = 100
"""Bytes of one patch."""


class GitHubChangedFiles:
    """Implements `ChangedFiles`."""

    def __init__(self, api: GitHubApi) -> None:
        self._api = api

    async def list(
        self, repository: RepositoryName, number: int, path: str | None, limit: int, cursor: CursorKey | None
    ) -> Page[ChangedFile]:
        """In GitHub's order, which is that of their paths; with `path`, those at or below it."""
        if path:
            return await self._below(repository, number, path, limit, cursor)

        async def fetch(page: int, size: int) -> Fetched[ChangedFile]:
            found = await self._page(repository, number, page, size)
            items = await shortened([one for one in found.items if one is not None], limit)
            notice = await self._cut(repository, number) if page * size >= _MOST_FILES else None
            return Fetched([*items], found.more, notice)

        return await collect(fetch, limit, cursor)

    async def of_paths(self, repository: RepositoryName, number: int, paths: Collection[str]) -> Sequence[ChangedFile]:
        """The files, page by page until all of `paths` are found."""
        found: list[ChangedFile] = []
        for page in range(1, _MOST_FILES // _A_PAGE + 1):
            part = await self._page(repository, number, page, _A_PAGE)
            found += [one for one in part.items if one is not None]
            if part.more is False or {one.path for one in found}.issuperset(paths):
                break
        return found

    async def _below(
        self, repository: RepositoryName, number: int, path: str, limit: int, cursor: CursorKey | None
    ) -> Page[ChangedFile]:
        whole = await self.of_paths(repository, number, [path])
        chosen = [one for one in whole if one.path == path or one.path.startswith(f"{path}/")]
        notice = await self._cut(repository, number) if len(whole) >= _MOST_FILES else None
        if not chosen:
            names = [one.path for one in whole]
            found_by = notice or "Omit path to see all changed files."
            raise unknown_value("path", "changed file or directory", path, names, found_by)
        start = int(cursor[0]) if cursor is not None else 0
        shown = await shortened(chosen[start : start + limit], min(len(chosen), limit))
        places = {id(one): start + number for number, one in enumerate(shown, start=1)}
        more = start + limit < len(chosen)
        return Page(shown, limit, key=lambda one: (places[id(one)],), notice=notice, more=more)

    async def _page(self, repository: RepositoryName, number: int, page: int, size: int) -> Fetched[ChangedFile]:
        query = {"per_page": size, "page": page}
        request = Request(("pulls", number, "files"), _name(repository, number), query)
        reply = await self._api.read(repository, request)
        return fetched(reply, await off_loop(len(reply.body), parsed_list, ChangedFile, reply.json()), size)

    async def _cut(self, repository: RepositoryName, number: int) -> str | None:
        """The notice of a pull request with more files than GitHub lists."""
        request = Request(("pulls", number), _name(repository, number))
        total = parsed(PullRequest, (await self._api.read(repository, request)).json()).changed_files
        if total is not None and total <= _MOST_FILES:
            return None
        of_all = "" if total is None else f" of the {total}"
        return (
            f"Cut: GitHub lists only {_MOST_FILES}{of_all} files of this pull request. Read the others from its head."
        )


def _name(repository: RepositoryName, number: int) -> str:
    return f"pull request #{number} in {repository.full}"
