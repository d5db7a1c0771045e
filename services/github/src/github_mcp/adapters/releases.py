"""Releases and generated release notes at GitHub."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from github_mcp.adapters.api.client import GitHubApi, Request, parsed, parsed_list, written
from github_mcp.adapters.api.effect_ids import find_own, with_effect_id
from github_mcp.adapters.api.errors import RefusedByGitHub, UnexpectedResponse
from github_mcp.adapters.api.known_names import KnownNames
from github_mcp.adapters.api.paging import Fetched, collect, fetched
from github_mcp.adapters.tags import GitHubTags
from github_mcp.models.changes import WrittenRelease
from github_mcp.models.identifiers import RepositoryName
from github_mcp.models.releases import Release, ReleaseNotes, ReleaseSummary, Tag
from github_mcp.ports.releases import ReleaseText
from servicekit.core import Refused
from servicekit.schema import CursorKey, Page, show_line, unknown_value
from servicekit.upstream import Query

_RECENT: Final[Query] = {"per_page": 100}
_COMPARED: Final = re.compile(r"/compare/(?P<previous>[^\s?#]{1,255}?)\.\.\.")
_LISTED: Final = re.compile(r"^[*-] ", re.MULTILINE)
_WRONG: Final = (400, 404, 422)
"""Statuses with which GitHub refuses a wrong tag or target."""


class GitHubReleases:
    """Implements `Releases`."""

    def __init__(self, api: GitHubApi) -> None:
        self._api = api
        self._names = KnownNames(api)
        self._tags = GitHubTags(api)

    async def list(self, repository: RepositoryName, limit: int, cursor: CursorKey | None) -> Page[ReleaseSummary]:
        """Newest first. Drafts are among them if this server may write to the repository."""

        async def fetch(number: int, size: int) -> Fetched[ReleaseSummary]:
            request = Request(("releases",), f"repository {repository.full}", {"per_page": size, "page": number})
            reply = await self._api.read(repository, request)
            return fetched(reply, parsed_list(ReleaseSummary, reply.json()), size)

        return await collect(fetch, limit, cursor)

    async def tags(self, repository: RepositoryName, limit: int, cursor: CursorKey | None) -> Page[Tag]:
        """Newest first."""
        return await self._tags.list(repository, limit, cursor)

    async def latest(self, repository: RepositoryName) -> Release:
        """The release that GitHub marks as latest."""
        request = Request(("releases", "latest"), f"published release in {repository.full}")
        return parsed(Release, (await self._api.read(repository, request)).json())

    async def get(self, repository: RepositoryName, tag: str) -> Release:
        """The release of a tag; GitHub finds only published ones by it, so drafts are looked for in the list."""
        request = Request(("releases", "tags", tag), f"release {tag} in {repository.full}")
        found = await self._api.read_or_none(repository, request)
        if found is not None:
            return parsed(Release, found)
        request = Request(("releases",), f"repository {repository.full}", _RECENT)
        recent = (await self._api.read(repository, request)).json()
        items = [one for one in recent if isinstance(one, Mapping)] if isinstance(recent, list) else []
        for one in items:
            if one.get("tag_name") == tag:
                return parsed(Release, one)
        if await self._tags.exists(repository, tag):
            raise Refused(
                f"Tag {tag} exists in {repository.full}, but has no release. generate_release_notes shows what is new "
                "in it; create_release publishes a release of it."
            )
        names = [str(one["tag_name"]) for one in items if one.get("tag_name")]
        raise unknown_value("tag", "release or tag", tag, names, "list_releases and list_tags list them.")

    async def notes(
        self, repository: RepositoryName, tag: str | None, target: str | None, previous_tag: str | None
    ) -> ReleaseNotes:
        """Generated notes. Without a tag they are those of the unreleased changes of the target."""
        target = target or (await self._api.access.facts(repository)).default_branch
        name = tag or target  # the notes of a tag that does not exist are those of the target
        data = await self._generated(repository, name, target, previous_tag)
        body = str(data.get("body") or "")
        compared = _COMPARED.search(body)
        previous = previous_tag or (compared["previous"] if compared else None)
        return ReleaseNotes(
            tag=name,
            name=data.get("name") if tag is not None else None,
            notes=body,
            previous_tag=previous,
            notice=" ".join(_about(body, tag, show_line(target))) or None,
        )

    async def create(self, repository: RepositoryName, text: ReleaseText) -> WrittenRelease:
        """Create a release; a missing tag is created at `target`."""
        notes, name = text.notes, text.name
        if text.generated:  # by a request of its own: GitHub takes no previous tag together with a new release
            target = text.target or (await self._api.access.facts(repository)).default_branch
            data = await self._generated(repository, text.tag, target, text.previous_tag)
            notes = "\n\n".join(filter(None, [notes, str(data.get("body") or "")]))
            name = name or data.get("name")
        content = {
            "tag_name": text.tag,
            "name": name or text.tag,
            "body": with_effect_id(notes),
            "draft": text.draft,
            "prerelease": text.prerelease,
            **({} if text.latest else {"make_latest": "false"}),
            **({"target_commitish": text.target} if text.target else {}),
        }
        request = Request(("releases",), f"release {text.tag} in {repository.full}")
        try:
            return written(WrittenRelease, await self._api.write(repository, "POST", request, content))
        except RefusedByGitHub as refused:
            if refused.status == 422:
                target = text.target or (await self._api.access.facts(repository)).default_branch
                await self._names.require_ref(repository, target, "target")
            raise

    async def find_created(self, repository: RepositoryName) -> WrittenRelease | None:
        """The recent release that carries the effect id of the current write."""
        request = Request(("releases",), f"repository {repository.full}", _RECENT, current=True)
        found = find_own((await self._api.read(repository, request)).json())
        return parsed(WrittenRelease, found) if found is not None else None

    async def _generated(
        self, repository: RepositoryName, tag: str, target: str, previous_tag: str | None
    ) -> Mapping[str, Any]:
        content: dict[str, Any] = {"tag_name": tag, "target_commitish": target}
        if previous_tag:
            content["previous_tag_name"] = previous_tag
        request = Request(("releases", "generate-notes"), f"generated release notes of {tag} in {repository.full}")
        try:
            data = await self._api.read_with(repository, request, content)
        except RefusedByGitHub as refused:
            if refused.status in _WRONG:
                if previous_tag is not None and not await self._tags.exists(repository, previous_tag):
                    raise await self._tags.unknown(repository, previous_tag, "previous_tag") from None
                await self._names.require_ref(repository, target, "target")
            if refused.status in (403, 404):
                raise Refused(
                    f"{refused} GitHub generates release notes only for accounts with write access to contents."
                ) from None
            raise
        if not isinstance(data, Mapping):
            raise UnexpectedResponse
        return data


def _about(notes: str, tag: str | None, target: str) -> Iterator[str]:
    """What to know of generated notes."""
    if tag is None:
        yield f"These are the changes of {target} that have no tag yet."
    if not _LISTED.search(notes):
        yield "They name no merged pull request. list_commits shows commits that were pushed without one."
