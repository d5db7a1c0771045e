"""Issues and comments at GitHub."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from github_mcp.adapters.api import GitHubApi, Request, parsed, parsed_list, written
from github_mcp.adapters.effect_ids import find_own, with_effect_id
from github_mcp.adapters.errors import RefusedByGitHub, UnexpectedResponse
from github_mcp.adapters.known_names import KnownNames
from github_mcp.adapters.paging import Fetched, collect, everything, fetched
from github_mcp.adapters.search import search
from github_mcp.adapters.written_bodies import new_body
from github_mcp.models.changes import WrittenComment, WrittenIssue
from github_mcp.models.identifiers import RepositoryName
from github_mcp.models.issues import Comment, Issue, IssueSummary
from github_mcp.ports.issues import IssueFilter, IssueText
from servicekit.schema import CursorKey, Page

_COMMENTS: Final = 50
"""Latest comments returned with an issue."""


class GitHubIssues:
    """Implements `Issues`."""

    def __init__(self, api: GitHubApi) -> None:
        self._api = api
        self._names = KnownNames(api)

    async def list(
        self, repository: RepositoryName, wanted: IssueFilter, limit: int, cursor: CursorKey | None
    ) -> Page[IssueSummary]:
        """Newest first, without the pull requests that GitHub lists among issues."""

        async def fetch(number: int, size: int) -> Fetched[IssueSummary]:
            query = {
                "state": wanted.state,
                "labels": list(wanted.labels) or None,
                "assignee": wanted.assignee,
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

    async def search(self, query: str, limit: int, cursor: CursorKey | None) -> Page[IssueSummary]:
        """Issues and pull requests of all repositories that the caller may see."""
        return await search(self._api, "issues", query, limit, cursor, self._found)

    async def get(self, repository: RepositoryName, number: int) -> Issue:
        """An issue and its latest comments, fetched concurrently."""
        what = f"issue #{number} in {repository.full}"
        await self._api.access.reading(repository)
        issue = self._api.read(repository, Request(("issues", number), what))
        comments = self._api.read(repository, Request(("issues", number, "comments"), what, {"per_page": 100}))
        reply, first = await asyncio.gather(issue, comments)
        data = reply.json()
        shown: Sequence[Comment] = parsed_list(Comment, first.json())
        total = data.get("comments") if isinstance(data, dict) else None
        if len(shown) == 100:
            shown = [parsed(Comment, one) for one in await self._last_comments(repository, number, total)]
            total = total if isinstance(total, int) else len(shown)
        notice = f"The latest {_COMMENTS} of {total} comments are shown." if len(shown) > _COMMENTS else None
        found = parsed(Issue, data)
        update = {
            "is_pull_request": _is_pull(data),
            "shown_comments": tuple(shown[-_COMMENTS:]),
            "notice": notice,
        }
        return found.model_copy(update=update)

    async def create(self, repository: RepositoryName, text: IssueText) -> WrittenIssue:
        content = {**_content(text), "body": with_effect_id(text.body)}
        request = Request(("issues",), f"a new issue in {repository.full}")
        return await self._written(repository, "POST", request, content)

    async def find_created(self, repository: RepositoryName) -> WrittenIssue | None:
        """The recent issue that carries the effect id of the current write."""
        query: dict[str, Any] = {"state": "all", "sort": "created", "direction": "desc", "per_page": 100}
        request = Request(("issues",), f"repository {repository.full}", query, current=True)
        reply = await self._api.read(repository, request)
        found = find_own(reply.json())
        return parsed(WrittenIssue, found) if found is not None else None

    async def update(self, repository: RepositoryName, number: int, text: IssueText) -> WrittenIssue:
        """Change the given fields. Idempotent."""
        request = Request(("issues", number), f"issue #{number} in {repository.full}")
        content = _content(text)
        if text.body is not None or text.edits is not None:
            present = replace(request, current=True)
            content["body"] = await new_body(self._api, repository, present, text.body, text.edits)
        return await self._written(repository, "PATCH", request, content)

    async def _written(
        self, repository: RepositoryName, method: str, request: Request, content: dict[str, Any]
    ) -> WrittenIssue:
        """Write an issue. A change of one is idempotent."""
        try:
            data = await self._api.write(repository, method, request, content, idempotent=method == "PATCH")
        except RefusedByGitHub as refused:
            if refused.status == 422:
                for place, login in enumerate(content.get("assignees") or ()):
                    await self._names.require_user(repository, login, f"assignees.{place}")
            raise
        return written(WrittenIssue, data)

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
        url = item.get("repository_url", "")
        parts = url.split("/")[-2:] if isinstance(url, str) else []
        if len(parts) != 2:
            raise UnexpectedResponse
        name = RepositoryName(*parts)
        if not await self._api.access.may_show(name):
            return None
        return found.model_copy(update={"repository": name.full, "is_pull_request": _is_pull(item)})


def _is_pull(item: Any) -> bool:
    """Whether an issue is a pull request. Some servers send ``"pull_request": null`` for plain issues."""
    return isinstance(item, Mapping) and item.get("pull_request") is not None


def _content(text: IssueText) -> dict[str, Any]:
    content = {
        "title": text.title,
        "state": text.state,
        "state_reason": text.state_reason,
        "labels": list(text.labels) if text.labels is not None else None,
        "assignees": list(text.assignees) if text.assignees is not None else None,
    }
    return {name: value for name, value in content.items() if value is not None}
