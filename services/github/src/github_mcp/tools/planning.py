"""Tools for planning: milestones, issue types and sub-issues."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field

from github_mcp.models.changes import Text
from github_mcp.models.identifiers import LONGEST, Number, Owner, Repo, RepositoryName
from github_mcp.models.issues.arguments import IssueRef, Milestone, issue_at
from github_mcp.models.issues.planning import IssueTypes, Label, WrittenMilestone, WrittenSubIssue
from github_mcp.models.issues.planning import Milestone as FoundMilestone
from github_mcp.ports.issues import State
from github_mcp.ports.planning import MilestoneText, Planning, SubIssueChange
from servicekit.core import Refused
from servicekit.schema import CursorKey, FreeText, Limit, Page

MilestoneTitle = Annotated[str, FreeText(LONGEST, "One line, not used by another milestone.", name=True)]
Due = Annotated[date, Field(description="Due day.")]
Parent = Annotated[Number, Field(description="Number of the parent issue.")]
Neighbour = Annotated[IssueRef, Field(description="Move it next to this sub-issue.")]
ReplaceParent = Annotated[bool, Field(description="Take it from the parent that it has.")]
Action = Literal["add", "remove", "move"]
Cleared = Annotated[list[Literal["description", "due_on"]], Field(max_length=20, description="Fields to make empty.")]


class PlanningTools:
    def __init__(self, planning: Planning) -> None:
        self._planning = planning

    async def list_milestones(
        self, owner: Owner, repo: Repo, state: State = "open", limit: Limit = 20, cursor: CursorKey | None = None
    ) -> Page[FoundMilestone]:
        """The milestones (versions, sprints, deadlines) of a repository: due date, how many issues are open or done."""
        return await self._planning.milestones(RepositoryName(owner, repo), state, limit, cursor)

    async def create_milestone(
        self,
        owner: Owner,
        repo: Repo,
        title: MilestoneTitle,
        description: Text | None = None,
        due_on: Due | None = None,
    ) -> WrittenMilestone:
        """Create a milestone (version, sprint) to group issues under, with a due date or without. Put issues into it
        with update_issue."""
        return await self._planning.create_milestone(
            RepositoryName(owner, repo), MilestoneText(title, description, due_on)
        )

    async def find_milestone(self, owner: Owner, repo: Repo, **_: object) -> WrittenMilestone | None:
        """The milestone that an earlier attempt created."""
        return await self._planning.find_created(RepositoryName(owner, repo))

    async def update_milestone(
        self,
        owner: Owner,
        repo: Repo,
        milestone: Milestone,
        title: MilestoneTitle | None = None,
        description: Text | None = None,
        due_on: Due | None = None,
        state: Literal["open", "closed"] | None = None,
        clear: Cleared | None = None,
    ) -> WrittenMilestone:
        """Change a milestone: close or reopen it, move its due date (postpone), rename it. Omitted fields stay."""
        cleared = clear or ()
        for name, value in (("description", description), ("due_on", due_on)):
            if name in cleared and value is not None:
                raise Refused(f"{name} is in clear and has a value. Send one of them.")
        text = MilestoneText(
            title, "" if "description" in cleared else description, due_on, state, without_due_date="due_on" in cleared
        )
        if text == MilestoneText():
            raise Refused("Nothing to change. Give title, description, due_on or state, or name fields in clear.")
        return await self._planning.update_milestone(RepositoryName(owner, repo), milestone, text)

    async def list_labels(
        self, owner: Owner, repo: Repo, limit: Limit = 50, cursor: CursorKey | None = None
    ) -> Page[Label]:
        """The labels (tags) that a repository has for its issues and pull requests, with their meaning."""
        return await self._planning.labels(RepositoryName(owner, repo), limit, cursor)

    async def list_issue_types(self, owner: Owner, repo: Repo) -> IssueTypes:
        """The issue types (kinds, such as Bug, Feature, Task) that issues of a repository can have."""
        found = await self._planning.issue_types(RepositoryName(owner, repo))
        if found is None:
            notice = f"{owner} has no issue types: only organisations have them, on servers that know them."
            return IssueTypes(types=(), notice=notice)
        return IssueTypes(types=tuple(found))

    async def change_sub_issue(
        self,
        owner: Owner,
        repo: Repo,
        issue_number: Parent,
        action: Action,
        sub_issue: IssueRef,
        after: Neighbour | None = None,
        before: Neighbour | None = None,
        replace_parent: ReplaceParent = False,
    ) -> WrittenSubIssue:
        """Break an issue down: make another issue its sub-issue (child, subtask), take one away, or move it up or down
        in their order (reprioritise). get_issue lists them."""
        change = _change(action, sub_issue, after, before, replace_parent=replace_parent)
        return await self._planning.change_sub_issue(RepositoryName(owner, repo), issue_number, change)

    async def find_sub_issue_change(
        self,
        owner: Owner,
        repo: Repo,
        issue_number: Parent,
        action: Action,
        sub_issue: IssueRef,
        after: Neighbour | None = None,
        before: Neighbour | None = None,
        **_: object,
    ) -> WrittenSubIssue | None:
        """The issue, if an earlier attempt changed its sub-issues."""
        change = _change(action, sub_issue, after, before, replace_parent=False)
        return await self._planning.find_change(RepositoryName(owner, repo), issue_number, change)


def also_changed(arguments: Mapping[str, Any]) -> list[RepositoryName]:
    """The repository of a sub-issue that is in another one than its parent."""
    home = RepositoryName(arguments["owner"], arguments["repo"])
    other = issue_at(arguments["sub_issue"], home)[0]
    return [other] if other != home else []


def _change(
    action: Action, sub_issue: str, after: str | None, before: str | None, *, replace_parent: bool
) -> SubIssueChange:
    """The change.

    Raises:
        Refused: its arguments do not go together.
    """
    if action == "move" and (after is None) == (before is None):
        raise Refused("To move a sub-issue, give `after` or `before`: the sub-issue next to which it belongs.")
    if action != "move" and (after is not None or before is not None):
        raise Refused("`after` and `before` go with action move. GitHub adds a sub-issue at the end.")
    if replace_parent and action != "add":
        raise Refused("`replace_parent` goes with action add.")
    return SubIssueChange(action, sub_issue, after, before, replace_parent)
