"""Commits and branches: reading the history, and adding to it."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from github_mcp.models.changes import FileChange, WrittenBranch, WrittenCommit
from github_mcp.models.commits import Commit, CommitSummary
from github_mcp.models.identifiers import Branch, Login, Owner, Path, Ref, Repo, RepositoryName, Sha
from github_mcp.ports import Commits
from servicekit.core import Refused
from servicekit.schema import CursorKey, Limit, Page

Files = Annotated[list[FileChange], Field(min_length=1, max_length=100, description="Every file to write or delete.")]
Message = Annotated[
    str,
    Field(min_length=1, max_length=5000, description="A sentence, an empty line, and why, if there is more to say."),
]
ExpectedHead = Annotated[
    Sha,
    Field(description="The commit that the branch is at, as list_branches shows it: nothing is written if it moved."),
]
Day = datetime


class CommitTools:
    """The history."""

    def __init__(self, commits: Commits) -> None:
        self._commits = commits

    async def list_commits(
        self,
        owner: Owner,
        repo: Repo,
        ref: Ref | None = None,
        path: Path | None = None,
        author: Login | None = None,
        limit: Limit = 20,
        cursor: CursorKey | None = None,
    ) -> Page[CommitSummary]:
        """List the commits of a branch, newest first; those that touch a path, or are by one author. See one with its
        changes by get_commit."""
        return await self._commits.history(RepositoryName(owner, repo), ref, path, author, limit, cursor)

    async def get_commit(self, owner: Owner, repo: Repo, ref: Ref) -> Commit:
        """Look at one commit: its message, and what it changed in each file. A long patch is cut."""
        return await self._commits.get(RepositoryName(owner, repo), ref)

    async def create_branch(
        self, owner: Owner, repo: Repo, branch: Branch, from_ref: Ref | None = None
    ) -> WrittenBranch:
        """Make a branch at another branch, a tag or a commit (the default branch if left out). Next: commit_files."""
        return await self._commits.create_branch(RepositoryName(owner, repo), branch, from_ref)

    async def find_branch(
        self, owner: Owner, repo: Repo, branch: Branch, from_ref: Ref | None = None
    ) -> WrittenBranch | None:
        """The branch that an earlier attempt made: it is where it was to be."""
        repository = RepositoryName(owner, repo)
        sha = await self._commits.find_branch(repository, branch)
        if sha is None or (from_ref is not None and sha != (await self._commits.get(repository, from_ref)).sha):
            return None
        return WrittenBranch(branch=branch, sha=sha)

    async def commit_files(
        self, owner: Owner, repo: Repo, branch: Branch, message: Message, files: Files, expected_head: ExpectedHead
    ) -> WrittenCommit:
        """Write and delete files in one commit on a branch, all of them or none. Give whole contents, as they shall be.
        Next: create_pull_request."""
        if len({one.path for one in files}) < len(files):
            raise Refused("A path is there twice. Name each file once.")
        return await self._commits.commit_files(RepositoryName(owner, repo), branch, expected_head, message, files)

    async def find_commit(
        self, owner: Owner, repo: Repo, branch: Branch, files: Files, **_: object
    ) -> WrittenCommit | None:
        """The commit that an earlier attempt made."""
        sha = await self._commits.find_commit(RepositoryName(owner, repo), branch)
        return WrittenCommit(branch=branch, sha=sha, files=len(files)) if sha is not None else None
