"""Issues and comments at GitHub."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final

from github_mcp.adapters.api.client import GitHubApi, Request, parsed, parsed_list, written
from github_mcp.adapters.api.effect_ids import find_own, with_effect_id
from github_mcp.adapters.api.errors import RefusedByGitHub, UnexpectedResponse
from github_mcp.adapters.api.known_names import KnownNames
from github_mcp.adapters.api.paging import Fetched, collect, everything, fetched
from github_mcp.adapters.api.search import search
from github_mcp.adapters.issues.links import IssueLinks, repository_of
from github_mcp.adapters.issues.planned_names import PlannedNames
from github_mcp.adapters.issues.writes import IssueWrites
from github_mcp.models.changes import WrittenComment, WrittenIssue
from github_mcp.models.identifiers import RepositoryName
from github_mcp.models.issues.issues import Comment, Issue, IssueSummary
from github_mcp.ports.issues import IssueFilter, IssueText
from servicekit.core import Refused, Unavailable
from servicekit.schema import CursorKey, Missing, Page

_COMMENTS: Final = 50
"""Latest comments returned with an issue."""
_A_PAGE: Final = 100
_ANY: Final = ("*", "none")


class GitHubIssues:
    """Implements `Issues`."""

    def __init__(self, api: GitHubApi) -> None:
        self._api = api
        self._names = KnownNames(api)
        self._planned = PlannedNames(api)
        self._links = IssueLinks(api)
        self._writes = IssueWrites(api)

    async def list(
        self, repository: RepositoryName, wanted: IssueFilter, limit: int, cursor: CursorKey | None
    ) -> Page[IssueSummary]:
        """Newest first, without the pull requests that GitHub lists among issues."""

        milestone = wanted.milestone
        if milestone is not None and milestone not in _ANY:
            milestone = str(await self._planned.milestone(repository, milestone))

        async def fetch(number: int, size: int) -> Fetched[IssueSummary]:
            query = {
                "state": wanted.state,
                "labels": list(wanted.labels) or None,
                "assignee": wanted.assignee,
                "milestone": milestone,
                "type": wanted.type,
                "creator": wanted.creator,
                "since": wanted.since.strftime("%Y-%m-%dT%H:%M:%SZ") if wanted.since else None,
                "sort": wanted.sort,
                "direction": "desc",
                "per_page": size,
                "page": number,
            }
            reply = await self._api.read(repository, Request(("issues",), f"repository {repository.full}", query))
            data = reply.json()
            if not isinstance(data, list):
                raise UnexpectedResponse
            found = [None if _is_pull(one) else parsed(IssueSummary, one) for one in data]
            return fetched(reply, found, size)

        try:
            page = await collect(fetch, limit, cursor, filtered=True)
        except RefusedByGitHub as refused:
            if refused.status == 422:  # GitHub's answer to some unknown users
                await self._require_known(repository, wanted)
            raise
        if not page.items and cursor is None:
            await self._require_known(repository, wanted)
        return page

    async def _require_known(self, repository: RepositoryName, wanted: IssueFilter) -> None:
        """Check that the names in a filter exist."""
        if wanted.labels:
            await self._names.require_labels(repository, wanted.labels)
        await self._names.require_user(repository, wanted.assignee, "assignee")
        await self._names.require_user(repository, wanted.creator, "creator")
        if wanted.milestone is not None and wanted.milestone not in _ANY:
            await self._planned.known_milestone(repository, wanted.milestone)
        if wanted.type is not None and wanted.type not in _ANY:
            await self._planned.known_type(repository, wanted.type)

    async def search(self, query: str, limit: int, cursor: CursorKey | None) -> Page[IssueSummary]:
        """Issues and pull requests of all repositories that the caller may see."""
        return await search(self._api, "issues", query, limit, cursor, self._found)

    async def get(self, repository: RepositoryName, number: int) -> Issue:
        """An issue and its latest comments, fetched concurrently."""
        what = f"issue #{number} in {repository.full}"
        await self._api.access.reading(repository)
        issue = self._api.read(repository, Request(("issues", number), what))
        reply, first = await asyncio.gather(issue, self._first_comments(repository, number), return_exceptions=True)
        if isinstance(reply, BaseException):
            raise reply
        data = reply.json()
        found = parsed(Issue, data)
        links = await self._links.around(repository, number, data) if isinstance(data, Mapping) else {}
        try:
            comments = await self._latest(repository, number, data, first)
        except (Refused, Unavailable) as failure:
            missing = Missing(part="comments", reason=str(failure))
            comments = {"shown_comments": None, "missing": (*(links.get("missing") or ()), missing)}
        return found.model_copy(update={**_ending(data), **links, **comments})

    async def _first_comments(self, repository: RepositoryName, number: int) -> Sequence[Comment]:
        """The first page of comments."""
        what = f"issue #{number} in {repository.full}"
        request = Request(("issues", number, "comments"), what, {"per_page": _A_PAGE})
        return parsed_list(Comment, (await self._api.read(repository, request)).json())

    async def _latest(
        self, repository: RepositoryName, number: int, data: Any, first: Sequence[Comment] | BaseException
    ) -> dict[str, Any]:
        """The latest comments, and a notice where there are more.

        Args:
            data: the issue as GitHub sent it.
            first: the first page of comments, or why there is none.
        """
        if isinstance(first, BaseException):
            raise first
        shown: Sequence[Comment] = first
        total = data.get("comments") if isinstance(data, Mapping) else None
        if len(shown) == _A_PAGE:
            shown = [parsed(Comment, one) for one in await self._last_comments(repository, number, total)]
            total = total if isinstance(total, int) else len(shown)
        notice = f"The latest {_COMMENTS} of {total} comments are shown." if len(shown) > _COMMENTS else None
        return {"shown_comments": tuple(shown[-_COMMENTS:]), "notice": notice}

    async def create(self, repository: RepositoryName, text: IssueText) -> WrittenIssue:
        return await self._writes.create(repository, text)

    async def find_created(self, repository: RepositoryName) -> WrittenIssue | None:
        """The recent issue that carries the effect id of the current write."""
        return await self._writes.find_created(repository)

    async def update(self, repository: RepositoryName, number: int, text: IssueText) -> WrittenIssue:
        """Change the given fields. Idempotent."""
        return await self._writes.update(repository, number, text)

    async def comment(self, repository: RepositoryName, number: int, body: str) -> WrittenComment:
        """Comment on an issue or pull request."""
        request = Request(("issues", number, "comments"), f"issue #{number} in {repository.full}")
        return written(
            WrittenComment, await self._api.write(repository, "POST", request, {"body": with_effect_id(body)})
        )

    async def find_comment(self, repository: RepositoryName, number: int) -> WrittenComment | None:
        """The recent comment that carries the effect id of the current write."""
        what = f"issue #{number} in {repository.full}"
        data = (await self._api.read(repository, Request(("issues", number), what, current=True))).json()
        total = data.get("comments") if isinstance(data, dict) else None
        found = find_own(await self._last_comments(repository, number, total, current=True))
        return parsed(WrittenComment, found) if found is not None else None

    async def _last_comments(
        self, repository: RepositoryName, number: int, total: object, *, current: bool = False
    ) -> Sequence[Any]:
        """The last two pages, which hold the latest comments since GitHub lists oldest first; all pages if the total is
        unknown."""

        async def fetch(page: int, size: int) -> Fetched[Any]:
            what = f"issue #{number} in {repository.full}"
            query = {"per_page": size, "page": page}
            request = Request(("issues", number, "comments"), what, query, current=current)
            reply = await self._api.read(repository, request)
            data = reply.json()
            if not isinstance(data, list):
                raise UnexpectedResponse
            return fetched(reply, data, size)

        return await everything(fetch, first=max(total // 100, 1) if isinstance(total, int) else 1)

    async def _found(self, item: Any) -> IssueSummary | None:
        found = parsed(IssueSummary, item)
        name = repository_of(item)
        if not await self._api.access.may_show(name):
            return None
        return found.model_copy(update={"repository": name.full, **_ending(item)})


def _is_pull(item: Any) -> bool:
    """Whether an issue is a pull request. Some servers send ``"pull_request": null`` for plain issues."""
    return isinstance(item, Mapping) and item.get("pull_request") is not None


def _ending(item: Any) -> dict[str, Any]:
    """Whether an issue is a pull request, and whether a closed one was merged; None if the server does not say."""
    if not _is_pull(item):
        return {"is_pull_request": False, "draft": None}
    pull = item["pull_request"]
    is_known = item.get("state") == "closed" and isinstance(pull, Mapping) and "merged_at" in pull
    return {"is_pull_request": True, "merged": pull["merged_at"] is not None if is_known else None}
