"""Issues and comments."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from github_mcp.models.changes import WrittenComment, WrittenIssue
from github_mcp.models.identifiers import RepositoryName
from github_mcp.models.issues.issues import Issue, IssueSummary
from servicekit.schema import CursorKey, Page, TextEdit

State = Literal["open", "closed", "all"]
StateReason = Literal["completed", "not_planned", "duplicate", "reopened"]


@dataclass(frozen=True, slots=True)
class IssueFilter:
    """Filters and order of an issue list. Assignee, milestone and type may be ``*`` for any, ``none`` for none."""

    state: State = "open"
    labels: Sequence[str] = ()
    assignee: str | None = None
    milestone: str | None = None
    type: str | None = None
    creator: str | None = None
    since: datetime | None = None
    sort: Literal["created", "updated", "comments"] = "created"


@dataclass(frozen=True, slots=True)
class IssueText:
    """Fields of an issue to write. None leaves a field unchanged, empty clears it.

    Attributes:
        edits: change the present body.
        milestone: its number or title.
        duplicate_of: the issue that this one repeats: its number, or ``owner/repo#number``.
    """

    title: str | None = None
    body: str | None = None
    state: Literal["open", "closed"] | None = None
    state_reason: StateReason | None = None
    labels: Sequence[str] | None = None
    assignees: Sequence[str] | None = None
    edits: Sequence[TextEdit] | None = None
    milestone: str | None = None
    type: str | None = None
    duplicate_of: str | None = None


class Issues(Protocol):
    """Issues and comments."""

    async def list(
        self, repository: RepositoryName, wanted: IssueFilter, limit: int, cursor: CursorKey | None
    ) -> Page[IssueSummary]: ...
    async def search(self, query: str, limit: int, cursor: CursorKey | None) -> Page[IssueSummary]: ...
    async def get(self, repository: RepositoryName, number: int) -> Issue: ...
    async def create(self, repository: RepositoryName, text: IssueText) -> WrittenIssue: ...
    async def find_created(self, repository: RepositoryName) -> WrittenIssue | None:
        """The issue that carries the effect id of the current write."""
        ...

    async def update(self, repository: RepositoryName, number: int, text: IssueText) -> WrittenIssue: ...
    async def comment(self, repository: RepositoryName, number: int, body: str) -> WrittenComment: ...
    async def find_comment(self, repository: RepositoryName, number: int) -> WrittenComment | None: ...
