"""Releases at GitHub."""

from github_mcp.adapters.api import GitHubApi, Request, parsed, written
from github_mcp.adapters.marks import marked, ours_among
from github_mcp.models.changes import WrittenRelease
from github_mcp.models.identifiers import RepositoryName
from github_mcp.models.releases import Release
from github_mcp.ports import ReleaseText


class GitHubReleases:
    """The port, over the API."""

    def __init__(self, api: GitHubApi) -> None:
        self._api = api

    async def latest(self, repository: RepositoryName) -> Release:
        """The one that GitHub shows as the latest."""
        request = Request(("releases", "latest"), f"published release in {repository.full}")
        return parsed(Release, (await self._api.read(repository, request)).json())

    async def create(self, repository: RepositoryName, text: ReleaseText) -> WrittenRelease:
        """Make one; a tag that is not there yet is made at `target`."""
        content = {
            "tag_name": text.tag,
            "name": text.name or text.tag,
            "body": marked(text.notes),
            "draft": text.draft,
            "prerelease": text.prerelease,
            **({"target_commitish": text.target} if text.target else {}),
        }
        request = Request(("releases",), f"release {text.tag} in {repository.full}")
        return written(WrittenRelease, await self._api.write(repository, "POST", request, content))

    async def find_created(self, repository: RepositoryName) -> WrittenRelease | None:
        """The one among the latest that carries our mark."""
        request = Request(("releases",), f"repository {repository.full}", {"per_page": 100}, current=True)
        found = ours_among((await self._api.read(repository, request)).json())
        return parsed(WrittenRelease, found) if found is not None else None
