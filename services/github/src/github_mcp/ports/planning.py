"""Milestones, issue types and sub-issues."""

from dataclasses import dataclass
from datetime import date
from typing import Literal, Protocol

from github_mcp.models.identifiers import RepositoryName
from github_mcp.models.issues.planning import IssueType, Label, Milestone, WrittenMilestone, WrittenSubIssue
from github_mcp.ports.issues import State
from servicekit.schema import CursorKey, Page


@dataclass(frozen=True, slots=True)
class MilestoneText:
    """Fields of a milestone to write. None leaves a field unchanged."""

    title: str | None = None
    description: str | None = None
    due_on: date | None = None
    state: Literal["open", "closed"] | None = None
    without_due_date: bool = False


@dataclass(frozen=True, slots=True)
class SubIssueChange:
    """A change of the sub-issues of an issue. Issues are named by number, or as ``owner/repo#number``.

    Attributes:
        after, before: the sub-issue next to which another is moved.
        replace_parent: take it away from the parent that it has.
    """

    action: Literal["add", "remove", "move"]
    sub_issue: str
    after: str | None = None
    before: str | None = None
    replace_parent: bool = False


class Planning(Protocol):
    """What issues are planned with."""

    async def milestones(
        self, repository: RepositoryName, state: State, limit: int, cursor: CursorKey | None
    ) -> Page[Milestone]: ...
    async def create_milestone(self, repository: RepositoryName, text: MilestoneText) -> WrittenMilestone: ...
    async def find_created(self, repository: RepositoryName) -> WrittenMilestone | None:
        """The milestone that carries the effect id of the current write."""
        ...

    async def update_milestone(
        self, repository: RepositoryName, milestone: str, text: MilestoneText
    ) -> WrittenMilestone: ...
    async def labels(self, repository: RepositoryName, limit: int, cursor: CursorKey | None) -> Page[Label]: ...
    async def issue_types(self, repository: RepositoryName) -> list[IssueType] | None:
        """None where the owner has none, since only organisations have them."""
        ...

    async def change_sub_issue(
        self, repository: RepositoryName, number: int, change: SubIssueChange
    ) -> WrittenSubIssue: ...
    async def find_change(
        self, repository: RepositoryName, number: int, change: SubIssueChange
    ) -> WrittenSubIssue | None:
        """The issue, if its sub-issues are as the change leaves them."""
        ...
