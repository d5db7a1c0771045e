"""Tools that compare refs and blame lines."""

from typing import Annotated

from pydantic import Field

from github_mcp.models.commits.fork_refs import Side, fork_ref
from github_mcp.models.commits.history import Blame, CommitMatch, Comparison
from github_mcp.models.identifiers import FilePath, FromLine, Owner, Path, Query, Ref, Repo, RepositoryName
from github_mcp.ports.history import History
from servicekit.core import Refused
from servicekit.schema import CursorKey, Limit, Page

Base = Annotated[Side, Field(description="The older side: a branch, tag or SHA; owner:branch for a fork's.")]
Head = Annotated[Side, Field(description="The newer side, likewise.")]
ChangedPath = Annotated[Path, Field(description="Only this file, or the files below this directory.")]
PageNumber = Annotated[int, Field(ge=1, le=100, description="Page of commits, 100 each.")]
ToLine = Annotated[int, Field(ge=1, le=10_000_000, description="Last line.")]


class HistoryTools:
    def __init__(self, history: History) -> None:
        self._history = history

    async def compare_refs(
        self, owner: Owner, repo: Repo, base: Base, head: Head, path: ChangedPath | None = None, page: PageNumber = 1
    ) -> Comparison:
        """Compare two branches, tags or commits (git diff, git log base..head): how many commits one is ahead or
        behind, which they are, and what changed between the two, file by file; also between forks."""
        return await self._history.compare(RepositoryName(owner, repo), fork_ref(base), fork_ref(head), path, page)

    async def search_commits(
        self, query: Query, limit: Limit = 20, cursor: CursorKey | None = None
    ) -> Page[CommitMatch]:
        """Find commits by words of their messages, on default branches, in one repository or all of an owner: when and
        why was something changed.

        Qualifiers such as repo:owner/name, author:, committer-date:>2026-01-01, hash:.
        """
        return await self._history.search(query, limit, cursor)

    async def get_blame(
        self,
        owner: Owner,
        repo: Repo,
        path: FilePath,
        ref: Ref | None = None,
        from_line: FromLine = 1,
        to_line: ToLine | None = None,
    ) -> Blame:
        """Blame (annotate): who last changed each line of a file, when, and in which commit."""
        if to_line is not None and to_line < from_line:
            raise Refused(f"to_line {to_line} is before from_line {from_line}. Give the last line, or leave it out.")
        return await self._history.blame(RepositoryName(owner, repo), path, ref, from_line, to_line)
