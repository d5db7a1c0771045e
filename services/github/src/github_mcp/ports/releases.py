"""Releases."""

from dataclasses import dataclass
from typing import Protocol

from github_mcp.models.changes import WrittenRelease
from github_mcp.models.identifiers import RepositoryName
from github_mcp.models.releases import Release, ReleaseNotes, ReleaseSummary, Tag
from servicekit.schema import CursorKey, Page


@dataclass(frozen=True, slots=True)
class ReleaseText:
    """A release to create.

    Attributes:
        generated: GitHub's own notes follow `notes`.
        previous_tag: the generated notes begin after it.
        latest: it becomes the latest release, unless it is a draft or prerelease.
    """

    tag: str
    name: str | None = None
    notes: str | None = None
    target: str | None = None
    draft: bool = False
    prerelease: bool = False
    generated: bool = False
    previous_tag: str | None = None
    latest: bool = True


class Releases(Protocol):
    """Releases and tags."""

    async def list(self, repository: RepositoryName, limit: int, cursor: CursorKey | None) -> Page[ReleaseSummary]: ...
    async def tags(self, repository: RepositoryName, limit: int, cursor: CursorKey | None) -> Page[Tag]: ...
    async def latest(self, repository: RepositoryName) -> Release: ...
    async def get(self, repository: RepositoryName, tag: str) -> Release: ...
    async def notes(
        self, repository: RepositoryName, tag: str | None, target: str | None, previous_tag: str | None
    ) -> ReleaseNotes: ...
    async def create(self, repository: RepositoryName, text: ReleaseText) -> WrittenRelease: ...
    async def find_created(self, repository: RepositoryName) -> WrittenRelease | None: ...
