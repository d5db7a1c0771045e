"""Repositories and branches."""

from datetime import datetime
from typing import NamedTuple, Protocol

from github_mcp.models.identifiers import RepositoryName
from github_mcp.models.repositories.repositories import Branch, CodeMatch, RepositoryFacts, RepositorySummary
from servicekit.schema import CursorKey, Page


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
    """Repositories, branches, and search in code."""

    async def facts(self, repository: RepositoryName) -> RepositoryFacts: ...
    async def search(self, query: str, limit: int, cursor: CursorKey | None) -> Page[RepositorySummary]: ...
    async def owned_by(self, user: str, kind: str, limit: int, cursor: CursorKey | None) -> Page[RepositorySummary]: ...
    async def branches(self, repository: RepositoryName, limit: int, cursor: CursorKey | None) -> Page[Branch]: ...
    async def search_code(self, query: str, limit: int, cursor: CursorKey | None) -> Page[CodeMatch]: ...
