"""Commits."""

from collections.abc import Sequence
from typing import Protocol

from github_mcp.models.changes import FileChange, WrittenBranch, WrittenCommit
from github_mcp.models.commits.commits import Commit, CommitSummary
from github_mcp.models.identifiers import RepositoryName
from servicekit.schema import CursorKey, Page


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
        self, repository: RepositoryName, branch: str, head: str | None, message: str, files: Sequence[FileChange]
    ) -> WrittenCommit:
        """Commit to a branch whose head is `head`; None begins an empty repository."""
        ...

    async def find_commit(self, repository: RepositoryName, branch: str) -> str | None:
        """A recent commit of the branch that carries the effect id of the current write."""
        ...
