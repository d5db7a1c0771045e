"""Tools for releases."""

from typing import Annotated

from pydantic import Field

from github_mcp.models.changes import Text, WrittenRelease
from github_mcp.models.identifiers import Owner, Ref, Repo, RepositoryName, Tag
from github_mcp.models.releases import Release
from github_mcp.ports import Releases, ReleaseText
from servicekit.schema import FreeText

ReleaseName = Annotated[str, FreeText(256, "Title; the tag if omitted.", name=True)]
Draft = Annotated[bool, Field(description="Keep as a draft, visible only to people with write access.")]
Prerelease = Annotated[bool, Field(description="Mark as a prerelease, not ready for production.")]
Target = Annotated[Ref, Field(description="Branch or commit for a new tag; the default branch if omitted.")]


class ReleaseTools:
    def __init__(self, releases: Releases) -> None:
        self._releases = releases

    async def get_latest_release(self, owner: Owner, repo: Repo) -> Release:
        """Read the latest published release: tag, date and notes."""
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
        """Publish a release or save it as a draft. Creates the tag if it does not exist."""
        text = ReleaseText(tag, name, notes, target, draft, prerelease)
        return await self._releases.create(RepositoryName(owner, repo), text)

    async def find_release(self, owner: Owner, repo: Repo, **_: object) -> WrittenRelease | None:
        """The release that an earlier attempt created."""
        return await self._releases.find_created(RepositoryName(owner, repo))
