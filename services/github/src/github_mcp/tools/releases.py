"""Tools for releases."""

from typing import Annotated

from pydantic import Field

from github_mcp.models.changes import Text, WrittenRelease
from github_mcp.models.identifiers import Owner, Ref, Repo, RepositoryName, Tag
from github_mcp.models.releases import Release
from github_mcp.ports.releases import Releases, ReleaseText
from servicekit.schema import FreeText

ReleaseName = Annotated[str, FreeText(256, "The tag if omitted.", name=True)]
Draft = Annotated[bool, Field(description="Visible only to people with write access.")]
Prerelease = Annotated[bool, Field(description="Not ready for production.")]
Target = Annotated[Ref, Field(description="Branch or commit for a new tag; the default branch if omitted.")]


class ReleaseTools:
    def __init__(self, releases: Releases) -> None:
        self._releases = releases

    async def get_latest_release(self, owner: Owner, repo: Repo) -> Release:
        """Latest release (newest, last, most recent, current version) of a repository: tag, date, and notes on what is
        new."""
        return await self._releases.latest(RepositoryName(owner, repo))

    async def create_release(
        self,
        owner: Owner,
        repo: Repo,
        tag: Tag,
        name: ReleaseName | None = None,
        notes: Text | None = None,
        target: Target | None = None,
        draft: Draft = False,
        prerelease: Prerelease = False,
    ) -> WrittenRelease:
        """Release a new version (publish, ship, cut): a release with its tag and notes, or a draft of it."""
        text = ReleaseText(tag, name, notes, target, draft, prerelease)
        return await self._releases.create(RepositoryName(owner, repo), text)

    async def find_release(self, owner: Owner, repo: Repo, **_: object) -> WrittenRelease | None:
        """The release that an earlier attempt created."""
        return await self._releases.find_created(RepositoryName(owner, repo))
