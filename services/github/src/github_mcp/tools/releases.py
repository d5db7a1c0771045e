"""Tools for releases and tags."""

from typing import Annotated

from pydantic import Field

from github_mcp.models.changes import Text, WrittenRelease
from github_mcp.models.identifiers import Owner, Ref, Repo, RepositoryName, Tag
from github_mcp.models.releases import Release, ReleaseNotes, ReleaseSummary
from github_mcp.models.releases import Tag as TagRecord
from github_mcp.ports.releases import Releases, ReleaseText
from servicekit.core import Refused
from servicekit.schema import CursorKey, FreeText, Limit, Page

ReleaseName = Annotated[str, FreeText(256, "The tag if omitted.", name=True)]
Draft = Annotated[bool, Field(description="Visible only to people with write access.")]
Prerelease = Annotated[bool, Field(description="Not ready for production.")]
Target = Annotated[Ref, Field(description="Branch or commit for a new tag; the default branch if omitted.")]
NextTag = Annotated[Tag, Field(description="Tag of the release, new or not; unreleased changes if omitted.")]
PreviousTag = Annotated[Tag, Field(description="Changes since this tag; since the release before if omitted.")]
Generated = Annotated[bool, Field(description="Add GitHub's notes: merged pull requests, contributors, changelog.")]
Latest = Annotated[bool, Field(description="Mark as the latest release; false for a fix of an old version.")]


class ReleaseTools:
    def __init__(self, releases: Releases) -> None:
        self._releases = releases

    async def list_releases(
        self, owner: Owner, repo: Repo, limit: Limit = 20, cursor: CursorKey | None = None
    ) -> Page[ReleaseSummary]:
        """Releases (published versions, their history) of a repository, newest first, with drafts and prereleases."""
        return await self._releases.list(RepositoryName(owner, repo), limit, cursor)

    async def list_tags(
        self, owner: Owner, repo: Repo, limit: Limit = 20, cursor: CursorKey | None = None
    ) -> Page[TagRecord]:
        """Git tags of a repository, newest first: commit, date, and the message of annotated tags."""
        return await self._releases.tags(RepositoryName(owner, repo), limit, cursor)

    async def get_latest_release(self, owner: Owner, repo: Repo) -> Release:
        """Latest release (newest, last, most recent, current version) of a repository: tag, date, and notes on what is
        new."""
        return await self._releases.latest(RepositoryName(owner, repo))

    async def get_release(self, owner: Owner, repo: Repo, tag: Tag) -> Release:
        """One release by its tag (a certain version, v1.2.0): notes, assets (downloads), date; drafts too."""
        return await self._releases.get(RepositoryName(owner, repo), tag)

    async def generate_release_notes(
        self,
        owner: Owner,
        repo: Repo,
        tag: NextTag | None = None,
        previous_tag: PreviousTag | None = None,
        target: Target | None = None,
    ) -> ReleaseNotes:
        """Generate release notes (a changelog, what changed since the last tag or version) from merged pull requests.
        Publishes nothing."""
        return await self._releases.notes(RepositoryName(owner, repo), tag, target, previous_tag)

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
        generate_notes: Generated = False,
        previous_tag: PreviousTag | None = None,
        latest: Latest = True,
    ) -> WrittenRelease:
        """Release a new version (publish, ship, cut): a release with its tag and notes, or a draft of it."""
        if previous_tag is not None and not generate_notes:
            raise Refused("previous_tag is for generated notes: give generate_notes=true too, or leave it out.")
        text = ReleaseText(
            tag, name, notes, target, draft, prerelease,
            generated=generate_notes, previous_tag=previous_tag, latest=latest,
        )  # fmt: skip
        return await self._releases.create(RepositoryName(owner, repo), text)

    async def find_release(self, owner: Owner, repo: Repo, **_: object) -> WrittenRelease | None:
        """The release that an earlier attempt created."""
        return await self._releases.find_created(RepositoryName(owner, repo))
