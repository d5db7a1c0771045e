"""Creating and forking repositories, deleting branches."""

from dataclasses import dataclass
from typing import Protocol

from github_mcp.models.identifiers import RepositoryName
from github_mcp.models.repositories.setup import BranchState, CreatedRepository, ForkedRepository


@dataclass(frozen=True, slots=True)
class NewRepository:
    """A repository to create.

    Attributes:
        auto_init: begin it with a README.
    """

    private: bool = True
    description: str | None = None
    auto_init: bool = False


@dataclass(frozen=True, slots=True)
class NewFork:
    """A fork to make.

    Attributes:
        owner: a user or organisation; None for the account of this server.
        repo: its name; None for that of its source.
    """

    owner: str | None = None
    repo: str | None = None
    default_branch_only: bool = False


class RepositorySetup(Protocol):
    """Repositories and branches as a whole."""

    async def create(self, repository: RepositoryName, wanted: NewRepository) -> CreatedRepository: ...
    async def find_created(self, repository: RepositoryName, wanted: NewRepository) -> CreatedRepository | None:
        """The repository, if an attempt at this write within a day can have made it."""
        ...

    async def fork(self, source: RepositoryName, wanted: NewFork) -> ForkedRepository: ...
    async def find_fork(self, source: RepositoryName, wanted: NewFork) -> ForkedRepository | None: ...
    async def branch(self, repository: RepositoryName, branch: str) -> BranchState:
        """A branch, and what deleting it would mean."""
        ...

    async def delete_branch(self, repository: RepositoryName, branch: str) -> None: ...
    async def head_of(self, repository: RepositoryName, branch: str) -> str | None:
        """The SHA of a branch's head; None if there is no such branch."""
        ...
