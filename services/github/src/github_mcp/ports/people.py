"""Users, collaborators and teams."""

from typing import Protocol

from github_mcp.models.identifiers import RepositoryName
from github_mcp.models.people import Person, Team
from servicekit.schema import CursorKey, Page


class People(Protocol):
    """Users, collaborators and teams."""

    async def search(self, query: str, limit: int, cursor: CursorKey | None) -> Page[Person]: ...
    async def collaborators(self, repository: RepositoryName, limit: int, cursor: CursorKey | None) -> Page[Person]: ...
    async def teams(self, organization: str, limit: int, cursor: CursorKey | None) -> Page[Team]: ...
    async def members(self, organization: str, team: str, limit: int, cursor: CursorKey | None) -> Page[Person]: ...
