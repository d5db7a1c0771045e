"""Pull requests."""

from dataclasses import dataclass
from typing import Protocol

from github_mcp.models.changes import WrittenPull
from github_mcp.models.identifiers import RepositoryName
from github_mcp.models.pulls import PullRequest, PullSummary
from github_mcp.ports.issues import State
from servicekit.schema import CursorKey, Page

@dataclass(frozen=True, slots=True)
class PullText:
    """A pull request to open."""

    title: str
    head: str
    base: str
    body: str | None = None
    draft: bool = False


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
