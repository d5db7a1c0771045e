"""Pull requests."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from github_mcp.models.changes import BranchUpdate, WrittenPull
from github_mcp.models.identifiers import RepositoryName
from github_mcp.models.pulls.pulls import PullRequest, PullSummary
from github_mcp.ports.issues import State
from servicekit.schema import CursorKey, Page, TextEdit


@dataclass(frozen=True, slots=True)
class PullFilter:
    """Filters of a list. `head` is a branch, or ``owner:branch`` for one of a fork."""

    state: State = "open"
    base: str | None = None
    head: str | None = None


@dataclass(frozen=True, slots=True)
class PullText:
    """A pull request to open."""

    title: str
    head: str
    base: str
    body: str | None = None
    draft: bool = False
    maintainer_can_modify: bool | None = None


@dataclass(frozen=True, slots=True)
class PullChange:
    """Fields of a pull request to change. None leaves a field unchanged; `edits` change the present body."""

    title: str | None = None
    body: str | None = None
    edits: Sequence[TextEdit] | None = None
    base: str | None = None
    state: Literal["open", "closed"] | None = None
    draft: bool | None = None


class PullEdits(Protocol):
    """Changes of a pull request and of its branch."""

    async def change(self, repository: RepositoryName, number: int, change: PullChange) -> WrittenPull: ...
    async def update_branch(self, repository: RepositoryName, number: int, head: str) -> BranchUpdate: ...
    async def find_branch_update(self, repository: RepositoryName, number: int, head: str) -> BranchUpdate | None: ...


class Pulls(Protocol):
    """Pull requests."""

    async def list(
        self, repository: RepositoryName, wanted: PullFilter, limit: int, cursor: CursorKey | None
    ) -> Page[PullSummary]: ...
    async def get(self, repository: RepositoryName, number: int) -> PullRequest: ...
    async def get_current(self, repository: RepositoryName, number: int) -> PullRequest: ...
    async def diff(self, repository: RepositoryName, number: int) -> str: ...
    async def create(self, repository: RepositoryName, text: PullText) -> WrittenPull: ...
    async def find_created(self, repository: RepositoryName, head: str) -> WrittenPull | None: ...
