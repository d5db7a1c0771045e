"""One commit with all its files, page by page, as many of them as fit a result."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from pydantic_core import to_json

from github_mcp.adapters.api.client import GitHubApi, Request, parsed, parsed_list
from github_mcp.adapters.api.errors import UNKNOWN_REF, RefusedByGitHub, UnexpectedResponse
from github_mcp.adapters.api.known_names import KnownNames
from github_mcp.adapters.api.paging import fetched
from github_mcp.models.commits.commits import ChangedFile, Commit
from github_mcp.models.identifiers import RepositoryName, is_sha
from servicekit.core import NothingChanged, Refused, off_loop
from servicekit.schema import Missing, cut_notice, unknown_value
from servicekit.upstream import Query, UpstreamResponse

_FILES_BUDGET: Final = 100 * 1024
"""Bytes of all files of one result, with their patches."""
_FILE_BYTES: Final = 120
"""Bytes of a file in a result beside its path and patch, at most."""
_PATCHES_BUDGET: Final = 80 * 1024
_PATCH_BUDGET: Final = 4 * 1024
_LEAST_PATCH: Final = 200
"""Bytes of a patch below which it says nothing, so that it is left out."""
_PAGE: Final = 300
_MOST_PAGES: Final = 10
"""Pages of files that GitHub has of a commit (REST: get a commit)."""
_AT_ONCE: Final = 5
_LAST: Final = re.compile(r'[?&]page=(\d{1,3})[^>]{0,500}>;\s*rel="?last\b')
_ONE_PATH: Final = "Give path to see the files of one directory, or one file."


@dataclass(slots=True)
class _Files:
    """The files of a commit as far as they could be read.

    Attributes:
        is_cut: GitHub has more files than it lists.
    """

    found: list[ChangedFile] = field(default_factory=list[ChangedFile])
    missing: list[Missing] = field(default_factory=list[Missing])
    is_cut: bool = False


class WholeCommits:
    """Reads one commit and its files."""

    def __init__(self, api: GitHubApi) -> None:
        self._api = api
        self._names = KnownNames(api)

    async def get(self, repository: RepositoryName, ref: str, path: str | None) -> Commit:
        """One commit with its files, or those at or below `path`. Long patches are cut, the more files the shorter."""
        reply, data = await self.page(repository, ref, "ref")
        files = await self._files(repository, reply, data)
        parents = [parent.get("sha") for parent in data.get("parents") or [] if isinstance(parent, dict)]
        chosen = [one for one in files.found if not path or _is_at(one, path)]
        if path and files.found and not chosen and not files.missing and not files.is_cut:
            names = [one.path for one in files.found]
            raise unknown_value("path", "changed file or directory", path, names, "Omit path to see all changed files.")
        shown, notice = await off_loop(len(reply.body), _shown, chosen)
        cut = f"GitHub lists only the first {len(files.found)} files of a commit; the others are unknown."
        notices = [cut if files.is_cut else None, notice]
        found = parsed(Commit, {**data, "parents": parents, "files": []})
        about = {"files": shown, "missing": files.missing or None}
        return found.model_copy(update={**about, "notice": " ".join(filter(None, notices)) or None})

    async def page(
        self, repository: RepositoryName, ref: str, argument: str, number: int = 1
    ) -> tuple[UpstreamResponse, dict[str, Any]]:
        """A commit with one page of its files.

        Raises:
            Refused: there is no such ref; `argument` names it.
        """
        query: Query = {"page": number} if number > 1 else {}
        request = Request(("commits", ref), f"commit {ref} in {repository.full}", query, pinned=is_sha(ref))
        try:
            reply = await self._api.read(repository, request)
        except RefusedByGitHub as refused:
            if refused.status not in UNKNOWN_REF:
                raise
            raise await self._names.no_ref(repository, ref, argument) from None
        data = reply.json()
        if not isinstance(data, dict):
            raise UnexpectedResponse
        return reply, data

    async def _files(self, repository: RepositoryName, first: UpstreamResponse, data: dict[str, Any]) -> _Files:
        """All files of a commit, of which the first page has arrived. The other pages are of its SHA: a branch may
        move meanwhile."""
        files = _Files(_parsed(data))
        sha = data.get("sha")
        more = fetched(first, files.found, _PAGE).more
        if more is False or not isinstance(sha, str):
            return files
        last = _LAST.search(first.headers.get("link", ""))
        numbers = range(2, min(int(last[1]), _MOST_PAGES) + 1 if last else _MOST_PAGES + 1)
        step = _AT_ONCE if last else 1  # without the number of pages, the next one tells whether there is another
        for start in range(numbers.start, numbers.stop, step):
            group = range(start, min(start + step, numbers.stop))
            pages = await asyncio.gather(*(self._page_or_reason(repository, sha, number) for number in group))
            for number, page in zip(group, pages, strict=True):
                if isinstance(page, str):
                    files.missing.append(Missing(part=f"page {number} of the changed files", reason=page))
                else:
                    files.found += page
            if not last and (isinstance(pages[0], str) or len(pages[0]) < _PAGE):
                break
        files.is_cut = len(files.found) >= _PAGE * _MOST_PAGES
        return files

    async def _page_or_reason(self, repository: RepositoryName, sha: str, number: int) -> list[ChangedFile] | str:
        try:
            return _parsed((await self.page(repository, sha, "ref", number))[1])
        except (Refused, NothingChanged) as error:
            return str(error)


def _parsed(data: dict[str, Any]) -> list[ChangedFile]:
    return parsed_list(ChangedFile, data.get("files") or [])


def _is_at(file: ChangedFile, path: str) -> bool:
    """Whether a file is or was at a path, or below it."""
    return any(one == path or one.startswith(f"{path}/") for one in (file.path, file.previous_path or file.path))


def _shown(files: Sequence[ChangedFile]) -> tuple[tuple[ChangedFile, ...], str | None]:
    """As many files as fit a result, with what room there is for their patches, and a notice of what is cut."""
    room, count = _FILES_BUDGET, 0
    for one in files:
        room -= _FILE_BYTES + len(to_json(one.path)) + len(to_json(one.previous_path or ""))
        if room < 0:
            break
        count += 1
    budget = min(_PATCH_BUDGET, min(_PATCHES_BUDGET, max(room, 0)) // max(count, 1))
    shown = tuple(_shortened(one, budget) for one in files[:count])
    if count < len(files):
        return shown, cut_notice(count, len(files), "changed files", f"Their patches are left out. {_ONE_PATH}")
    if budget < _LEAST_PATCH:
        return shown, f"Many files are changed, so their patches are left out. {_ONE_PATH}"
    return shown, f"Many files are changed, so their patches are short. {_ONE_PATH}" if budget < _PATCH_BUDGET else None


def _shortened(one: ChangedFile, budget: int) -> ChangedFile:
    return one.shortened(budget) if budget >= _LEAST_PATCH else one.model_copy(update={"patch": None})
