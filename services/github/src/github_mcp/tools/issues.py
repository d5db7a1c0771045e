"""Tools for issues and comments."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from github_mcp.models.changes import Text, WrittenComment, WrittenIssue
from github_mcp.models.identifiers import Label, Login, Number, Owner, Query, Repo, RepositoryName
from github_mcp.models.issues import Issue, IssueSummary
from github_mcp.ports.issues import IssueFilter, Issues, IssueText, State
from servicekit.core import Refused
from servicekit.schema import CursorKey, FreeText, Limit, Page, StartOfDay, TextEdits

Title = Annotated[str, FreeText(256, "Title in one line.", name=True)]
LabelFilter = Annotated[list[Label], Field(max_length=50, description="Only issues with all of these labels.")]
Labels = Annotated[list[Label], Field(max_length=50, description="All its labels.")]
Assignees = Annotated[list[Login], Field(max_length=10, description="All assignees.")]
BodyEdits = Annotated[TextEdits, Field(description="Changes of the body; the rest of it stays as it is.")]
Since = Annotated[AwareDatetime, Field(description="Updated since, such as 2026-01-31T12:00:00Z."), StartOfDay()]
Cleared = Annotated[
    list[Literal["body", "labels", "assignees"]], Field(max_length=3, description="Fields to make empty.")
]
Reason = Annotated[
    Literal["completed", "not_planned", "reopened"], Field(description="not_planned: it will not be fixed.")
]
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
        """The issues (bugs, tasks, feature requests, backlog) of one repository: open or closed, by label, assignee or
        author."""
        wanted = IssueFilter(state, labels or (), assignee, creator, since, sort)
        return await self._issues.list(RepositoryName(owner, repo), wanted, limit, cursor)

    async def search_issues(
        self, query: Query, limit: Limit = 20, cursor: CursorKey | None = None
    ) -> Page[IssueSummary]:
        """Find issues and pull requests (PRs) in all repositories by words or person: has it been reported, what is
        assigned to me, created by me, waiting for my review.

        Qualifiers such as repo:owner/name, is:pr, is:open, label:, author:, assignee:, review-requested:.
        """
        return await self._issues.search(query, limit, cursor)

    async def get_issue(self, owner: Owner, repo: Repo, issue_number: Number) -> Issue:
        """One issue (bug) and its discussion: what people answered in comments; also the comments on a pull request."""
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
        """Open (file) a new issue: report a problem, suggest a feature. Look for duplicates with search_issues
        first."""
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
        """Change an issue: close or reopen it, add or remove labels (tag it), assign it, edit its title or text.

        Omitted fields stay; labels and assignees are replaced.
        """
        if body is not None and edits is not None:
            raise Refused("Give `edits`, which change part of the body, or `body`, which replaces it; not both.")
        text = IssueText(title, body, state, state_reason, labels, assignees, edits)
        if clear:
            text = _cleared(text, clear)
        if text == IssueText():
            raise Refused(
                "Nothing to change. Give title, body, edits, state, labels or assignees; an empty one counts as left "
                "out. To make body, labels or assignees empty, name it in clear."
            )
        return await self._issues.update(RepositoryName(owner, repo), issue_number, text)

    async def add_comment(self, owner: Owner, repo: Repo, issue_number: Number, body: Text) -> WrittenComment:
        """Comment under an issue or pull request (PR): reply, answer, say or ask something. It is no review."""
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
