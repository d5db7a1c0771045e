"""Milestones, issue types and sub-issues at GitHub."""

from collections.abc import Mapping
from typing import Any

from github_mcp.adapters.api.access import is_granted
from github_mcp.adapters.api.client import GitHubApi, Request, parsed_list
from github_mcp.adapters.api.errors import UNKNOWN_REF, RefusedByGitHub
from github_mcp.adapters.api.paging import Fetched, collect, fetched
from github_mcp.adapters.issues.links import IssueLinks, repository_of
from github_mcp.adapters.issues.milestones import Milestones
from github_mcp.adapters.issues.planned_names import PlannedNames
from github_mcp.adapters.issues.writes import issue_id
from github_mcp.models.identifiers import RepositoryName
from github_mcp.models.issues.arguments import issue_at
from github_mcp.models.issues.planning import IssueType, Label, Milestone, WrittenMilestone, WrittenSubIssue
from github_mcp.ports.issues import State
from github_mcp.ports.planning import MilestoneText, SubIssueChange
from servicekit.core import Refused
from servicekit.schema import CursorKey, Page

Place = tuple[str, int]


class GitHubPlanning:
    """Implements `Planning`."""

    def __init__(self, api: GitHubApi) -> None:
        self._api = api
        self._milestones = Milestones(api)
        self._planned = PlannedNames(api)
        self._links = IssueLinks(api)

    async def milestones(
        self, repository: RepositoryName, state: State, limit: int, cursor: CursorKey | None
    ) -> Page[Milestone]:
        return await self._milestones.list(repository, state, limit, cursor)

    async def create_milestone(self, repository: RepositoryName, text: MilestoneText) -> WrittenMilestone:
        return await self._milestones.create(repository, text)

    async def find_created(self, repository: RepositoryName) -> WrittenMilestone | None:
        """The milestone that carries the effect id of the current write."""
        return await self._milestones.find_created(repository)

    async def update_milestone(
        self, repository: RepositoryName, milestone: str, text: MilestoneText
    ) -> WrittenMilestone:
        return await self._milestones.update(repository, milestone, text)

    async def labels(self, repository: RepositoryName, limit: int, cursor: CursorKey | None) -> Page[Label]:
        async def fetch(number: int, size: int) -> Fetched[Label]:
            query = {"per_page": size, "page": number}
            reply = await self._api.read(repository, Request(("labels",), f"repository {repository.full}", query))
            return fetched(reply, parsed_list(Label, reply.json()), size)

        return await collect(fetch, limit, cursor)

    async def issue_types(self, repository: RepositoryName) -> list[IssueType] | None:
        """None where the owner has none, since only organisations have them."""
        found = await self._planned.types(repository)
        return None if found is None else parsed_list(IssueType, found)

    async def change_sub_issue(
        self, repository: RepositoryName, number: int, change: SubIssueChange
    ) -> WrittenSubIssue:
        """Add, remove or move a sub-issue."""
        home, child = issue_at(change.sub_issue, repository)
        what = f"issue #{number} in {repository.full}"
        if change.action == "move":
            request = Request(("issues", number, "sub_issues", "priority"), what)
            moved = await self._move(repository, number, change)
            data = await self._api.write(repository, "PATCH", request, moved, idempotent=True)
            return _written(repository, number, data)
        content: dict[str, Any] = {"sub_issue_id": await issue_id(self._api, home, child, "sub_issue")}
        is_added = change.action == "add"
        request = Request(("issues", number, "sub_issues" if is_added else "sub_issue"), what)
        if is_added and change.replace_parent:
            await self._require_parent(home, child)
            content["replace_parent"] = True
        try:
            data = await self._api.write(repository, "POST" if is_added else "DELETE", request, content)
        except RefusedByGitHub as refused:
            if refused.status in UNKNOWN_REF:
                await self._explain(repository, number, home, child, is_added=is_added)
            raise
        return _written(repository, number, data)

    async def find_change(
        self, repository: RepositoryName, number: int, change: SubIssueChange
    ) -> WrittenSubIssue | None:
        """The issue, if its sub-issues are as the change leaves them."""
        found = await self._links.sub_issues_of(repository, number, current=True)
        places = [_place(one) for one in found]
        child = _wanted(change.sub_issue, repository)
        if change.action == "move":
            anchor = _wanted(change.after or change.before or "", repository)
            step = 1 if change.after else -1
            is_done = {child, anchor} <= {*places} and places.index(child) == places.index(anchor) + step
        else:
            is_done = (child in places) == (change.action == "add")
        return WrittenSubIssue(repository=repository.full, number=number, sub_issues=len(found)) if is_done else None

    async def _move(self, repository: RepositoryName, number: int, change: SubIssueChange) -> dict[str, Any]:
        """The members of the request that moves a sub-issue.

        Raises:
            Refused: one of both is no sub-issue of the issue.
        """
        found = await self._links.sub_issues_of(repository, number, current=True)
        ids = {_place(one): one.get("id") for one in found}
        content: dict[str, Any] = {}
        for argument, member in (("sub_issue", "sub_issue_id"), ("after", "after_id"), ("before", "before_id")):
            given: str | None = getattr(change, argument)
            if given is None:
                continue
            content[member] = ids.get(_wanted(given, repository))
            if content[member] is None:
                numbers = ", ".join(f"#{place[1]}" for place in ids if is_granted(place[0])) or "none"
                where = f"#{number} in {repository.full}"
                raise Refused(f"{given} is no sub-issue of {where} ({argument}). Its sub-issues: {numbers}.")
        return content

    async def _require_parent(self, home: RepositoryName, child: int) -> None:
        """Check that a sub-issue may be taken from its present parent, which changes with it.

        Raises:
            Refused: the parent's repository is outside the caller's grants.
        """
        parent = await self._links.parent_of(home, child)
        if parent is not None and not is_granted(repository_of(parent).full):
            raise Refused(
                f"#{child} in {home.full} is a sub-issue of another issue, in a repository outside your grants. See "
                "github_whoami for them. Nothing was changed."
            )

    async def _explain(
        self, repository: RepositoryName, number: int, home: RepositoryName, child: int, *, is_added: bool
    ) -> None:
        """Say why a sub-issue was not added or removed, where its present parent is the reason.

        Raises:
            Refused: that is the reason.
        """
        parent = await self._links.parent_of(home, child)
        name = f"#{child} in {home.full}"
        if parent is not None and _place(parent) == (repository.full.lower(), number):
            if is_added:
                raise Refused(f"{name} is a sub-issue of #{number} already. Nothing was changed.")
            return
        if not is_added:
            raise Refused(f"{name} is no sub-issue of #{number} in {repository.full}. Nothing was changed.")
        if parent is not None:
            where = repository_of(parent).full
            words = f"of #{parent.get('number')} in {where}" if is_granted(where) else "of another issue"
            raise Refused(f"{name} is a sub-issue {words}. Nothing was changed. Send replace_parent=true to take it.")


def _wanted(given: str, home: RepositoryName) -> Place:
    repository, number = issue_at(given, home)
    return repository.full.lower(), number


def _place(item: Mapping[str, Any]) -> Place:
    """The repository, in lower case, and the number of an issue that GitHub sent."""
    number = item.get("number")
    return repository_of(item).full.lower(), number if isinstance(number, int) else 0


def _written(repository: RepositoryName, number: int, data: Any) -> WrittenSubIssue:
    summary = data.get("sub_issues_summary") if isinstance(data, Mapping) else None
    total = summary.get("total") if isinstance(summary, Mapping) else None
    return WrittenSubIssue(
        repository=repository.full, number=number, sub_issues=total if isinstance(total, int) else None
    )
