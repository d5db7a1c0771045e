"""Issues: reading, opening, changing, answering."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from github_mcp.models.changes import Text, WrittenComment, WrittenIssue
from github_mcp.models.identifiers import Label, Login, Number, Owner, Query, Repo, RepositoryName
from github_mcp.models.issues import Issue, IssueSummary
from github_mcp.ports import IssueFilter, Issues, IssueText, State
from servicekit.core import Refused
from servicekit.schema import CursorKey, Limit, Page

Title = Annotated[str, Field(min_length=1, max_length=256, description="What it is about, in a line.")]
Labels = Annotated[list[Label], Field(max_length=50, description="Names of labels, all of them.")]
Assignees = Annotated[list[Login], Field(max_length=10, description="Logins, all of them.")]
Since = Annotated[AwareDatetime, Field(description="Only those that changed since, as in 2026-01-31T12:00:00Z.")]
Reason = Literal["completed", "not_planned", "reopened"]
Sort = Literal["created", "updated", "comments"]


class IssueTools:
    """Issues."""

    def __init__(self, issues: Issues) -> None:
        self._issues = issues

    async def list_issues(
        self,
        owner: Owner,
        repo: Repo,
        state: State = "open",
        labels: Labels | None = None,
        assignee: Login | None = None,
        creator: Login | None = None,
        since: Since | None = None,
        sort: Sort = "created",
        limit: Limit = 20,
        cursor: CursorKey | None = None,
    ) -> Page[IssueSummary]:
        """List the issues of a repository, newest first, without pull requests (list_pull_requests). To search by
        words, or across repositories, use search_issues."""
        wanted = IssueFilter(state, labels or (), assignee, creator, since, sort)
        return await self._issues.list(RepositoryName(owner, repo), wanted, limit, cursor)

    async def search_issues(
        self, query: Query, limit: Limit = 20, cursor: CursorKey | None = None
    ) -> Page[IssueSummary]:
        """Find issues and pull requests by words and qualifiers (repo:owner/name, is:issue, is:pr, is:open, label:,
        author:, assignee:). Read one with get_issue."""
        return await self._issues.search(query, limit, cursor)

    async def get_issue(self, owner: Owner, repo: Repo, issue_number: Number) -> Issue:
        """Read one issue with its comments. For a pull request see get_pull_request; its comments are here."""
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
        """Open an issue. Look with search_issues first, whether there is one already."""
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
        state: Literal["open", "closed"] | None = None,
        state_reason: Reason | None = None,
        labels: Labels | None = None,
        assignees: Assignees | None = None,
    ) -> WrittenIssue:
        """Change an issue: what is left out stays; labels and assignees are replaced whole. To close it, set state."""
        text = IssueText(title, body, state, state_reason, labels, assignees)
        if text == IssueText():
            raise Refused("Nothing to change: give title, body, state, labels or assignees.")
        return await self._issues.update(RepositoryName(owner, repo), issue_number, text)

    async def add_comment(self, owner: Owner, repo: Repo, issue_number: Number, body: Text) -> WrittenComment:
        """Comment on an issue or pull request, in Markdown. To approve or ask for changes, use review_pull_request."""
        return await self._issues.comment(RepositoryName(owner, repo), issue_number, body)

    async def find_comment(self, owner: Owner, repo: Repo, issue_number: Number, **_: object) -> WrittenComment | None:
        """The comment that an earlier attempt added."""
        return await self._issues.find_comment(RepositoryName(owner, repo), issue_number)
