"""Tools for commits and branches."""

from typing import Annotated

from pydantic import Field

from github_mcp.models.changes import FileChange, WrittenBranch, WrittenCommit
from github_mcp.models.commits.commits import Commit, CommitSummary
from github_mcp.models.identifiers import Branch, Login, Owner, Path, Ref, Repo, RepositoryName, Sha
from github_mcp.ports.commits import Commits
from servicekit.core import Refused
from servicekit.schema import CursorKey, FreeText, Limit, Page

Files = Annotated[list[FileChange], Field(min_length=1, max_length=100, description="Up to 100.")]
Message = Annotated[str, FreeText(5000, "Subject line; then an empty line and the reason if needed.")]
ChangedPath = Annotated[Path, Field(description="Only this file, or the files below this directory.")]
ExpectedHead = Annotated[
    Sha,
    Field(description="SHA of the branch's head; none if the repository is empty."),
]


class CommitTools:
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
        """Recent commits (git log, history), newest first: what changed or went in lately, who last worked on a file,
        what an author did or worked on."""
        return await self._commits.history(RepositoryName(owner, repo), ref, path, author, limit, cursor)

    async def get_commit(self, owner: Owner, repo: Repo, ref: Ref, path: ChangedPath | None = None) -> Commit:
        """What one commit changed: its message, author, and the diff of each file that it touched."""
        return await self._commits.get(RepositoryName(owner, repo), ref, path)

    async def create_branch(
        self, owner: Owner, repo: Repo, branch: Branch, from_ref: Ref | None = None
    ) -> WrittenBranch:
        """Create (make, start) a new branch off main, a tag or a commit."""
        return await self._commits.create_branch(RepositoryName(owner, repo), branch, from_ref)

    async def find_branch(
        self, owner: Owner, repo: Repo, branch: Branch, from_ref: Ref | None = None
    ) -> WrittenBranch | None:
        """The branch that an earlier attempt created, if it points at the intended commit."""
        repository = RepositoryName(owner, repo)
        sha = await self._commits.find_branch(repository, branch)
        if sha is None or (from_ref is not None and sha != (await self._commits.get(repository, from_ref)).sha):
            return None
        return WrittenBranch(branch=branch, sha=sha)

    async def commit_files(
        self,
        owner: Owner,
        repo: Repo,
        branch: Branch,
        message: Message,
        files: Files,
        expected_head: ExpectedHead | None = None,
    ) -> WrittenCommit:
        """Change files: edit (update), fix, add, write, rename (move) or delete them, and push it as one commit to a
        branch. To change a file give `edits`, which keep the rest of it byte for byte; to create one, `content`."""
        if len({one.path for one in files}) < len(files):
            raise Refused("`files` names a path twice. Name each file once.")
        return await self._commits.commit_files(RepositoryName(owner, repo), branch, expected_head, message, files)

    async def find_commit(
        self, owner: Owner, repo: Repo, branch: Branch, files: Files, **_: object
    ) -> WrittenCommit | None:
        """The commit that an earlier attempt created."""
        sha = await self._commits.find_commit(RepositoryName(owner, repo), branch)
        return WrittenCommit(branch=branch, sha=sha, files=len(files)) if sha is not None else None
