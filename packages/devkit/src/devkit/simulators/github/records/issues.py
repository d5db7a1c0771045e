"""Issues."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from devkit.simulators.github.records.accounts import Account
from devkit.simulators.github.records.comments import Comment
from devkit.simulators.github.records.planning import IssueType, Milestone
from devkit.simulators.github.records.pulls import Pull

if TYPE_CHECKING:
    from devkit.simulators.github.records.repositories import Repository


@dataclass
class Issue:
    """An issue or a pull request."""

    id: int
    number: int
    title: str
    body: str | None
    user: Account
    created_at: datetime
    updated_at: datetime
    labels: list[str] = field(default_factory=list)
    assignees: list[Account] = field(default_factory=list)
    state: Literal["open", "closed"] = "open"
    state_reason: str | None = None
    closed_at: datetime | None = None
    comments: list[Comment] = field(default_factory=list)
    pull: Pull | None = None
    milestone: Milestone | None = None
    type: IssueType | None = None
    duplicate_of: "Issue | None" = field(default=None, compare=False, repr=False)
    repository: "Repository | None" = field(default=None, compare=False, repr=False)
    parent: "Issue | None" = field(default=None, compare=False, repr=False)
    sub_issues: "list[Issue]" = field(default_factory=list, compare=False, repr=False)
    """In the order of their priority."""

    @property
    def level(self) -> int:
        """How many ancestors it has."""
        return 0 if self.parent is None else self.parent.level + 1

    @property
    def depth(self) -> int:
        """How many levels of sub-issues are below it."""
        return max((one.depth + 1 for one in self.sub_issues), default=0)
