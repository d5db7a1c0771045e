"""Comparisons and blame."""

from typing import Protocol

from github_mcp.models.commits.fork_refs import ForkRef
from github_mcp.models.commits.history import Blame, CommitMatch, Comparison
from github_mcp.models.identifiers import RepositoryName
from servicekit.schema import CursorKey, Page


class History(Protocol):
    """What changed between two points, and who changed what last."""

    async def compare(
        self, repository: RepositoryName, base: ForkRef, head: ForkRef, path: str | None, page: int
    ) -> Comparison:
        """The difference between two refs; `path` chooses among the files, `page` among the commits."""
        ...

    async def search(self, query: str, limit: int, cursor: CursorKey | None) -> Page[CommitMatch]: ...
    async def blame(
        self, repository: RepositoryName, path: str, ref: str | None, first: int, last: int | None
    ) -> Blame:
        """Who last changed the lines from `first` to `last`."""
        ...
