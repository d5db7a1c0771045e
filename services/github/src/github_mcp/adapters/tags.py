"""Tags at GitHub."""

from collections.abc import Mapping
from typing import Any, Final

from github_mcp.adapters.api.client import GitHubApi, Request
from github_mcp.adapters.api.errors import UnexpectedResponse
from github_mcp.adapters.api.graphql import NotOffered
from github_mcp.adapters.api.paging import Fetched, collect, fetched
from github_mcp.models.identifiers import RepositoryName
from github_mcp.models.releases import Tag
from servicekit.core import Refused
from servicekit.schema import CursorKey, Page, unknown_value

_DOCUMENT: Final = """
query($owner: String!, $name: String!, $first: Int!, $after: String) {
  rateLimit { cost }
  repository(owner: $owner, name: $name, followRenames: false) {
    refs(refPrefix: "refs/tags/", first: $first, after: $after, orderBy: {field: TAG_COMMIT_DATE, direction: DESC}) {
      pageInfo { hasNextPage }
      edges {
        cursor
        node {
          name
          target {
            oid
            ... on Commit { committedDate }
            ... on Tag { message tagger { name date } target { oid } }
          }
        }
      }
    }
  }
}
"""
_BY_NAME: Final = "Sorted by name, without dates and messages: this GitHub server does not offer those."


class GitHubTags:
    """Lists and finds tags."""

    def __init__(self, api: GitHubApi) -> None:
        self._api = api

    async def list(self, repository: RepositoryName, limit: int, cursor: CursorKey | None) -> Page[Tag]:
        """Newest first, over GraphQL: REST sorts by name, and has neither dates nor messages."""
        if cursor is not None and len(cursor) > 1:
            return await self._by_name(repository, limit, cursor)
        try:
            return await self._newest(repository, limit, cursor)
        except NotOffered:
            return await self._by_name(repository, limit, None)

    async def exists(self, repository: RepositoryName, name: str) -> bool:
        """Whether a tag exists."""
        request = Request(("git", "ref", "tags", *name.split("/")), f"tag {name} in {repository.full}")
        found = await self._api.read_or_none(repository, request)
        return isinstance(found, Mapping) and found.get("ref") == f"refs/tags/{name}"

    async def unknown(self, repository: RepositoryName, name: str, argument: str) -> Refused:
        """The refusal of a tag that does not exist."""
        names = [one.name for one in (await self._by_name(repository, 100, None)).items]
        return unknown_value(argument, "tag", name, names, "list_tags lists them.")

    async def _newest(self, repository: RepositoryName, limit: int, cursor: CursorKey | None) -> Page[Tag]:
        after = str(cursor[0]) if cursor is not None else None
        what = f"tags of {repository.full}"
        answer = await self._api.graphql(repository, what, _DOCUMENT, {"first": limit, "after": after})
        edges = answer.find("repository", "refs", "edges")
        if not isinstance(edges, list):
            raise UnexpectedResponse
        places: dict[int, str] = {}
        tags: list[Tag] = []
        for edge in edges:
            if isinstance(edge, Mapping) and isinstance(node := edge.get("node"), Mapping):
                tags.append(_tag(node))
                places[id(tags[-1])] = str(edge.get("cursor"))
        more = answer.find("repository", "refs", "pageInfo", "hasNextPage") is True
        return Page(tags, limit, key=lambda one: (places[id(one)],), more=more)

    async def _by_name(self, repository: RepositoryName, limit: int, cursor: CursorKey | None) -> Page[Tag]:
        async def fetch(number: int, size: int) -> Fetched[Tag]:
            request = Request(("tags",), f"repository {repository.full}", {"per_page": size, "page": number})
            reply = await self._api.read(repository, request)
            items = reply.json()
            if not isinstance(items, list):
                raise UnexpectedResponse
            tags = [_tag({"name": one.get("name"), "target": {"oid": _sha(one)}}) for one in items]
            return fetched(reply, tags, size, _BY_NAME)

        return await collect(fetch, limit, cursor)


def _sha(tag: Any) -> Any:
    commit = tag.get("commit") if isinstance(tag, Mapping) else None
    return commit.get("sha") if isinstance(commit, Mapping) else None


def _tag(node: Mapping[str, Any]) -> Tag:
    target = node.get("target")
    found: Mapping[str, Any] = target if isinstance(target, Mapping) else {}
    tagger, commit = found.get("tagger"), found.get("target")
    made: Mapping[str, Any] = tagger if isinstance(tagger, Mapping) else {}
    message = found.get("message")
    try:
        return Tag(
            name=str(node.get("name")),
            sha=commit.get("oid") if isinstance(commit, Mapping) else found.get("oid"),
            message=message.strip() if isinstance(message, str) else None,
            tagger=made.get("name"),
            date=made.get("date") or found.get("committedDate"),
        )
    except ValueError:
        raise UnexpectedResponse from None
