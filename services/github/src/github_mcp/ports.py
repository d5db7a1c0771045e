"""Ports of the service, by noun. Every method is limited to the caller's grants."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple, Protocol

from github_mcp.models.actions import Checks, Job, Log, NoLog
from github_mcp.models.changes import (
    FileChange,
    Merged,
    Rerun,
    WrittenBranch,
    WrittenComment,
    WrittenCommit,
    WrittenIssue,
    WrittenPull,
    WrittenRelease,
    WrittenReview,
)
from github_mcp.models.commits import Commit, CommitSummary
from github_mcp.models.identifiers import RepositoryName
from github_mcp.models.issues import Issue, IssueSummary
from github_mcp.models.pulls import PullRequest, PullSummary
from github_mcp.models.releases import Account, RateLimit, Release
from github_mcp.models.repositories import Branch, CodeMatch, Entry, RepositoryFacts, RepositorySummary
from servicekit.schema import CursorKey, Page, TextEdit

State = Literal["open", "closed", "all"]
MergeMethod = Literal["merge", "squash", "rebase"]
ReviewEvent = Literal["APPROVE", "REQUEST_CHANGES", "COMMENT"]


@dataclass(frozen=True, slots=True)
class Stored:
    """The content at a path: bytes of a file, entries of a directory, or neither for a symbolic link or submodule.

    Attributes:
        ref: branch, tag or commit it was read at.
        target: target of a symbolic link, or URL of a submodule.
    """

    ref: str
    content: bytes | None = None
    entries: list[Entry] | None = None
    sha: str | None = None
    target: str | None = None


@dataclass(frozen=True, slots=True)
class IssueFilter:
    """Filters and order of an issue list."""

    state: State = "open"
    labels: Sequence[str] = ()
    assignee: str | None = None
    creator: str | None = None
    since: datetime | None = None
    sort: Literal["created", "updated", "comments"] = "created"


@dataclass(frozen=True, slots=True)
class IssueText:
    """Fields of an issue to write. None leaves a field unchanged; `edits` change the present body."""

    title: str | None = None
    body: str | None = None
    state: Literal["open", "closed"] | None = None
    state_reason: Literal["completed", "not_planned", "reopened"] | None = None
    labels: Sequence[str] | None = None
    assignees: Sequence[str] | None = None
    edits: Sequence[TextEdit] | None = None


@dataclass(frozen=True, slots=True)
class PullText:
    """A pull request to open."""

    title: str
    head: str
    base: str
    body: str | None = None
    draft: bool = False


@dataclass(frozen=True, slots=True)
class ReleaseText:
    """A release to create."""

    tag: str
    name: str | None = None
    notes: str | None = None
    target: str | None = None
    draft: bool = False
    prerelease: bool = False


class Readings(NamedTuple):
    """What a caller has read recently.

    Attributes:
        private: private repositories, by name.
        lost_at: when the record of earlier readings was lost; None where it is whole.
    """

    private: list[str]
    lost_at: datetime | None = None


class PrivateReadings(Protocol):
    """Remembers which callers read from private repositories."""

    async def note(self, full_name: str) -> None:
        """Record that the caller reads from this private repository."""
        ...

    async def of_caller(self) -> Readings:
        """Private repositories that the caller has read recently, as far as it is known."""
        ...


class Repositories(Protocol):
    """Repositories, branches, commits and files."""

    async def facts(self, repository: RepositoryName) -> RepositoryFacts: ...
    async def search(self, query: str, limit: int, cursor: CursorKey | None) -> Page[RepositorySummary]: ...
    async def owned_by(self, user: str, kind: str, limit: int, cursor: CursorKey | None) -> Page[RepositorySummary]: ...
    async def branches(self, repository: RepositoryName, limit: int, cursor: CursorKey | None) -> Page[Branch]: ...
    async def contents(self, repository: RepositoryName, path: str, ref: str | None) -> Stored: ...
    async def tree(self, repository: RepositoryName, ref: str | None, path: str) -> tuple[list[Entry], bool]:
        """The entries below a path (empty: the root), and whether GitHub truncated their list."""
        ...

    async def search_code(self, query: str, limit: int, cursor: CursorKey | None) -> Page[CodeMatch]: ...


class Commits(Protocol):
    """The history of a repository."""

    async def history(
        self,
        repository: RepositoryName,
        ref: str | None,
        path: str | None,
        author: str | None,
        limit: int,
        cursor: CursorKey | None,
    ) -> Page[CommitSummary]: ...
    async def get(self, repository: RepositoryName, ref: str, path: str | None = None) -> Commit: ...
    async def create_branch(self, repository: RepositoryName, branch: str, start: str | None) -> WrittenBranch: ...
    async def find_branch(self, repository: RepositoryName, branch: str) -> str | None:
        """The SHA of a branch's head."""
        ...

    async def commit_files(
        self, repository: RepositoryName, branch: str, head: str, message: str, files: Sequence[FileChange]
    ) -> WrittenCommit: ...
    async def find_commit(self, repository: RepositoryName, branch: str) -> str | None:
        """A recent commit of the branch that carries the effect id of the current write."""
        ...


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


class Pulls(Protocol):
    """Pull requests."""

    async def list(
        self, repository: RepositoryName, state: State, base: str | None, limit: int, cursor: CursorKey | None
    ) -> Page[PullSummary]: ...
    async def get(self, repository: RepositoryName, number: int) -> PullRequest: ...
    async def get_current(self, repository: RepositoryName, number: int) -> PullRequest: ...
    async def diff(self, repository: RepositoryName, number: int) -> str: ...
    async def create(self, repository: RepositoryName, text: PullText) -> WrittenPull: ...
    async def find_created(self, repository: RepositoryName, head: str) -> WrittenPull | None: ...
    async def review(
        self, repository: RepositoryName, number: int, event: ReviewEvent, body: str | None, head: str
    ) -> WrittenReview: ...
    async def find_review(self, repository: RepositoryName, number: int) -> WrittenReview | None: ...
    async def merge(
        self, repository: RepositoryName, number: int, head: str, method: MergeMethod, title: str | None
    ) -> Merged: ...


class Actions(Protocol):
    """Checks and workflow runs."""

    async def checks(self, repository: RepositoryName, ref: str) -> Checks: ...
    async def jobs(self, repository: RepositoryName, run_id: int) -> list[Job]: ...
    async def job(self, repository: RepositoryName, job_id: int) -> Job: ...
    async def log(self, repository: RepositoryName, job_id: int) -> Log | NoLog:
        """A job's log, or why there is none."""
        ...

    async def rerun_failed(self, repository: RepositoryName, run_id: int) -> Rerun: ...
    async def attempt(self, repository: RepositoryName, run_id: int) -> tuple[int, datetime | None]:
        """The number of the latest attempt, and when it started."""
        ...


class Releases(Protocol):
    """Releases."""

    async def latest(self, repository: RepositoryName) -> Release: ...
    async def create(self, repository: RepositoryName, text: ReleaseText) -> WrittenRelease: ...
    async def find_created(self, repository: RepositoryName) -> WrittenRelease | None: ...


class Accounts(Protocol):
    """The account of this server's credential, and its rate limits."""

    async def me(self) -> Account: ...
    async def limits(self) -> list[RateLimit]: ...
