"""Tools for issues and comments."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from github_mcp.models.changes import Text, WrittenComment, WrittenIssue
from github_mcp.models.identifiers import Label, Login, Number, Owner, Query, Repo, RepositoryName
from github_mcp.models.issues import Issue, IssueSummary
from github_mcp.ports import IssueFilter, Issues, IssueText, State
from servicekit.core import Refused
from servicekit.schema import CursorKey, FreeText, Limit, Page, StartOfDay, TextEdits

Title = Annotated[str, FreeText(256, "Title in one line.", name=True)]
LabelFilter = Annotated[list[Label], Field(max_length=50, description="Only issues with all of these labels.")]
Labels = Annotated[list[Label], Field(max_length=50, description="Names of all its labels.")]
Assignees = Annotated[list[Login], Field(max_length=10, description="Logins of all assignees.")]
BodyEdits = Annotated[TextEdits, Field(description="Changes of the body; the rest of it stays as it is.")]
Since = Annotated[
    AwareDatetime, Field(description="Only issues updated since then, for example 2026-01-31T12:00:00Z."), StartOfDay()
]
Cleared = Annotated[
    list[Literal["body", "labels", "assignees"]], Field(max_length=3, description="Fields to make empty.")
]
Reason = Literal["completed", "not_planned", "reopened"]
Sort = Literal["created", "updated", "comments"]


class IssueTools:
    def __init__(self, issues: Issues) -> None:
        self._issues = issues

    async def list_issues(
        self,
        owner: Owner,
        repo: Repo,
        state: State = "open",
        labels: LabelFilter | None = None,
        assignee: Login | None = None,
        creator: Login | None = None,
        since: Since | None = None,
        sort: Sort = "created",
        limit: Limit = 20,
        cursor: CursorKey | None = None,
    ) -> Page[IssueSummary]:
        """List issues of a repository, newest first. For pull requests use list_pull_requests; to search by words or
        across repositories use search_issues."""
        wanted = IssueFilter(state, labels or (), assignee, creator, since, sort)
        return await self._issues.list(RepositoryName(owner, repo), wanted, limit, cursor)

    async def search_issues(
        self, query: Query, limit: Limit = 20, cursor: CursorKey | None = None
    ) -> Page[IssueSummary]:
        """Search issues and pull requests by words and qualifiers (repo:owner/name, is:issue, is:pr, is:open, label:,
        author:, assignee:). Read one with get_issue."""
        return await self._issues.search(query, limit, cursor)

    async def get_issue(self, owner: Owner, repo: Repo, issue_number: Number) -> Issue:
        """Read one issue with its latest comments; for a pull request, its conversation. For its state use
        get_pull_request."""
        return await self._issues.get(RepositoryName(owner, repo), issue_number)

    async def create_issue(
        self,
        owner: Owner,
        repo: Repo,
        title: Title,
        body: Text | None = None,
        labels: Labels | None = None,
        assignees: Assignees | None = None,
    ) -> WrittenIssue:
        """Open an issue. Check for duplicates with search_issues first."""
        text = IssueText(title, body, labels=labels, assignees=assignees)
        return await self._issues.create(RepositoryName(owner, repo), text)

    async def find_issue(self, owner: Owner, repo: Repo, **_: object) -> WrittenIssue | None:
        """The issue that an earlier attempt opened."""
        return await self._issues.find_created(RepositoryName(owner, repo))

    async def update_issue(
        self,
        owner: Owner,
        repo: Repo,
        issue_number: Number,
        title: Title | None = None,
        body: Text | None = None,
        edits: BodyEdits | None = None,
        state: Literal["open", "closed"] | None = None,
        state_reason: Reason | None = None,
        labels: Labels | None = None,
        assignees: Assignees | None = None,
        clear: Cleared | None = None,
    ) -> WrittenIssue:
        """Change an issue or the description of a pull request. Omitted fields stay; labels and assignees are replaced.
        To close it, set state=closed. To change part of the body, such as one checkbox, give edits."""
        if body is not None and edits is not None:
            raise Refused("Give `edits`, which change part of the body, or `body`, which replaces it; not both.")
        text = IssueText(title, body, state, state_reason, labels, assignees, edits)
        if clear:
            text = _cleared(text, clear)
        if text == IssueText():
            raise Refused("Nothing to change. Give title, body, edits, state, labels or assignees, or clear.")
        return await self._issues.update(RepositoryName(owner, repo), issue_number, text)

    async def add_comment(self, owner: Owner, repo: Repo, issue_number: Number, body: Text) -> WrittenComment:
        """Comment on an issue or pull request. To approve or request changes use review_pull_request."""
        return await self._issues.comment(RepositoryName(owner, repo), issue_number, body)

    async def find_comment(self, owner: Owner, repo: Repo, issue_number: Number, **_: object) -> WrittenComment | None:
        """The comment that an earlier attempt added."""
        return await self._issues.find_comment(RepositoryName(owner, repo), issue_number)


def _cleared(text: IssueText, clear: Sequence[Literal["body", "labels", "assignees"]]) -> IssueText:
    """The changes, with some fields made empty.

    Raises:
        Refused: a field is given a value and made empty.
    """
    for field in clear:
        if getattr(text, field) is not None or (field == "body" and text.edits is not None):
            raise Refused(f"{field} is in clear and has a value. Send one of them.")
    return replace(
        text,
        body="" if "body" in clear else text.body,
        labels=() if "labels" in clear else text.labels,
        assignees=() if "assignees" in clear else text.assignees,
    )
