"""Releases."""

from dataclasses import dataclass
from typing import Protocol

from github_mcp.models.changes import WrittenRelease
from github_mcp.models.identifiers import RepositoryName
from github_mcp.models.releases import Release


@dataclass(frozen=True, slots=True)
class ReleaseText:
    """A release to create."""

    tag: str
    name: str | None = None
    notes: str | None = None
    target: str | None = None
    draft: bool = False
    prerelease: bool = False


class Releases(Protocol):
    """Releases."""

    async def latest(self, repository: RepositoryName) -> Release: ...
    async def create(self, repository: RepositoryName, text: ReleaseText) -> WrittenRelease: ...
    async def find_created(self, repository: RepositoryName) -> WrittenRelease | None: ...
