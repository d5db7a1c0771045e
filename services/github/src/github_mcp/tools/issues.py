"""Tools for issues and comments."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from github_mcp.models.changes import Text, WrittenComment, WrittenIssue
from github_mcp.models.identifiers import Label, Login, Number, Owner, Query, Repo, RepositoryName
from github_mcp.models.issues.arguments import AssigneeFilter, IssueRef, IssueTypeName, Milestone, MilestoneFilter
from github_mcp.models.issues.issues import Issue, IssueSummary
from github_mcp.ports.issues import IssueFilter, Issues, IssueText, State, StateReason
from github_mcp.tools.issue_changes import Clearable, with_state, without_empty
from servicekit.core import Refused
from servicekit.schema import CursorKey, Exact, FreeText, Limit, Page, StartOfDay, TextEdits

Title = Annotated[str, FreeText(256, "One line.", name=True)]
NewBody = Annotated[str, FreeText(60_000, "Markdown.", shortest=0, blank=True)]
LabelFilter = Annotated[list[Label], Field(max_length=50, description="Issues with all of these.")]
Labels = Annotated[list[Label], Field(max_length=50, description="All its labels.")]
Assignees = Annotated[list[Login], Field(max_length=50, description="All assignees.")]
BodyEdits = Annotated[TextEdits, Field(description="Changes of the body.")]
Creator = Annotated[Login, Field(description="Login.")]
Since = Annotated[AwareDatetime, Field(description="Updated since, such as 2026-01-31."), StartOfDay()]
Cleared = Annotated[list[Clearable], Field(max_length=20, description="Fields to make empty.")]
DuplicateOf = Annotated[IssueRef, Field(description="Issue that this one repeats.")]
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
        assignee: AssigneeFilter | None = None,
        milestone: MilestoneFilter | None = None,
        type: IssueTypeName | None = None,  # noqa: A002  # its name at GitHub
        creator: Creator | None = None,
        since: Since | None = None,
        sort: Sort = "created",
        limit: Limit = 20,
        cursor: CursorKey | None = None,
    ) -> Page[IssueSummary]:
        """The issues (bugs, tasks, feature requests, backlog) of one repository: open or closed, by label, assignee or
        author."""
        wanted = IssueFilter(state, labels or (), assignee, milestone, type, creator, since, sort)
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
        milestone: Milestone | None = None,
        type: IssueTypeName | None = None,  # noqa: A002  # its name at GitHub
    ) -> WrittenIssue:
        """Open (file) a new issue: report a problem, suggest a feature. Look for duplicates with search_issues
        first."""
        text = IssueText(title, body, labels=labels, assignees=assignees, milestone=milestone, type=type)
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
        body: Annotated[NewBody | None, Exact(empty=True)] = None,
        edits: BodyEdits | None = None,
        state: Literal["open", "closed"] | None = None,
        state_reason: StateReason | None = None,
        duplicate_of: DuplicateOf | None = None,
        labels: Annotated[Labels | None, Exact(empty=True)] = None,
        assignees: Annotated[Assignees | None, Exact(empty=True)] = None,
        milestone: Annotated[Milestone | None, Exact(empty=True)] = None,
        type: Annotated[IssueTypeName | None, Exact(empty=True)] = None,  # noqa: A002  # its name at GitHub
        clear: Cleared | None = None,
    ) -> WrittenIssue:
        """Change an issue: close or reopen it, add or remove labels (tag it), assign it, edit its title or text.

        Omitted fields stay.
        """
        if body and edits is not None:
            raise Refused("Give `edits`, which change part of the body, or `body`, which replaces it; not both.")
        sent = IssueText(title, body, state, state_reason, labels, assignees, edits, milestone, type, duplicate_of)
        text, notice = without_empty(with_state(sent), clear or ())
        found = await self._issues.update(RepositoryName(owner, repo), issue_number, text)
        notices = " ".join(filter(None, (found.notice, notice)))
        return found.model_copy(update={"notice": notices or None})

    async def add_comment(self, owner: Owner, repo: Repo, issue_number: Number, body: Text) -> WrittenComment:
        """Comment under an issue or pull request (PR): reply, answer, say or ask something. It is no review."""
        return await self._issues.comment(RepositoryName(owner, repo), issue_number, body)

    async def find_comment(self, owner: Owner, repo: Repo, issue_number: Number, **_: object) -> WrittenComment | None:
        """The comment that an earlier attempt added."""
        return await self._issues.find_comment(RepositoryName(owner, repo), issue_number)
