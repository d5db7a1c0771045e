"""Releases at GitHub."""

from github_mcp.adapters.api import GitHubApi, Request, parsed, written
from github_mcp.adapters.effect_ids import find_own, with_effect_id
from github_mcp.adapters.errors import RefusedByGitHub
from github_mcp.adapters.known_names import KnownNames
from github_mcp.models.changes import WrittenRelease
from github_mcp.models.identifiers import RepositoryName
from github_mcp.models.releases import Release
from github_mcp.ports.releases import ReleaseText


class GitHubReleases:
    """Implements `Releases`."""

    def __init__(self, api: GitHubApi) -> None:
        self._api = api

    async def latest(self, repository: RepositoryName) -> Release:
        """The release that GitHub marks as latest."""
        request = Request(("releases", "latest"), f"published release in {repository.full}")
        return parsed(Release, (await self._api.read(repository, request)).json())

    async def create(self, repository: RepositoryName, text: ReleaseText) -> WrittenRelease:
        """Create a release; a missing tag is created at `target`."""
        content = {
            "tag_name": text.tag,
            "name": text.name or text.tag,
            "body": with_effect_id(text.notes),
            "draft": text.draft,
            "prerelease": text.prerelease,
            **({"target_commitish": text.target} if text.target else {}),
        }
        request = Request(("releases",), f"release {text.tag} in {repository.full}")
        try:
            return written(WrittenRelease, await self._api.write(repository, "POST", request, content))
        except RefusedByGitHub as refused:
            if refused.status == 422 and text.target:
                await KnownNames(self._api).require_ref(repository, text.target, "target")
            raise

    async def find_created(self, repository: RepositoryName) -> WrittenRelease | None:
        """The recent release that carries the effect id of the current write."""
        request = Request(("releases",), f"repository {repository.full}", {"per_page": 100}, current=True)
        found = find_own((await self._api.read(repository, request)).json())
        return parsed(WrittenRelease, found) if found is not None else None
