"""Comparisons of two refs, and blame, at GitHub. Blame comes over GraphQL: REST has none."""

from collections.abc import Mapping
from typing import Any, Final

from github_mcp.adapters.api.client import GitHubApi, Request, parsed, parsed_list
from github_mcp.adapters.api.errors import RefusedByGitHub, UnexpectedResponse
from github_mcp.adapters.api.known_names import KnownNames
from github_mcp.adapters.api.search import search
from github_mcp.adapters.commits.patches import shortened
from github_mcp.adapters.repositories.forks import repository_of
from github_mcp.models.commits.commits import ChangedFile
from github_mcp.models.commits.fork_refs import ForkRef
from github_mcp.models.commits.history import Blame, BlameCommit, BlamedLines, CommitMatch, Comparison
from github_mcp.models.identifiers import RepositoryName
from servicekit.core import Refused, off_loop
from servicekit.schema import CursorKey, Page

_COMMITS: Final = 100
"""Commits of one page."""
_FILES: Final = 300
"""Changed files that GitHub lists of a comparison, without saying how many there are."""
_RANGES: Final = 300
_BLAME: Final = """
query($owner: String!, $name: String!, $ref: String!, $path: String!) {
  rateLimit { cost }
  repository(owner: $owner, name: $name, followRenames: false) {
    object(expression: $ref) {
      ... on Commit {
        blame(path: $path) {
          ranges {
            startingLine
            endingLine
            commit { oid messageHeadline committedDate url author { name user { login } } }
          }
        }
      }
    }
  }
}
"""


class GitHubHistory:
    """Implements `History`."""

    def __init__(self, api: GitHubApi) -> None:
        self._api = api
        self._names = KnownNames(api)

    async def compare(
        self, repository: RepositoryName, base: ForkRef, head: ForkRef, path: str | None, page: int
    ) -> Comparison:
        """GitHub lists the files on the first page only."""
        sides = (("base", base), ("head", head))
        places = {argument: await repository_of(self._api, repository, side, argument) for argument, side in sides}
        for place in places.values():
            await self._api.access.reading(place)
        names = [_name(repository, places[argument], side.ref) for argument, side in sides]
        request = Request(
            ("compare", "...".join(names)),
            f"comparison of {names[0]} and {names[1]} in {repository.full}",
            {"per_page": _COMMITS, "page": page},
        )
        try:
            reply = await self._api.read(repository, request)
        except RefusedByGitHub as refused:
            if refused.status not in (404, 422):
                raise
            for argument, side in sides:
                await self._names.require_ref(places[argument], side.ref, argument)
            raise Refused(
                f"{names[0]} and {names[1]} have no common history, so that they cannot be compared."
            ) from None
        data = reply.json()
        if not isinstance(data, Mapping):
            raise UnexpectedResponse
        found = await off_loop(len(reply.body), parsed, Comparison, {**data, "files": []})
        changed = await off_loop(len(reply.body), parsed_list, ChangedFile, data.get("files") or [])
        chosen = [one for one in changed if not path or one.path == path or one.path.startswith(f"{path}/")]
        notices = [_of_commits(found, page), _of_files(len(changed), page)]
        if path and page == 1 and not chosen:
            await self._require_path(places["head"], path, head.ref)
            notices.append(f"{path} is in none of the listed changes.")
        changes = {
            "base": names[0],
            "head": names[1],
            "files": tuple(await shortened(chosen)),
            "notice": " ".join(filter(None, notices)) or None,
        }
        return found.model_copy(update=changes)

    async def search(self, query: str, limit: int, cursor: CursorKey | None) -> Page[CommitMatch]:
        """Commits of default branches."""
        return await search(self._api, "commits", query, limit, cursor, self._match)

    async def _match(self, item: Any) -> CommitMatch | None:
        found = parsed(CommitMatch, item)
        name = RepositoryName(*found.repository.partition("/")[::2])
        return found if await self._api.access.may_show(name) else None

    async def blame(
        self, repository: RepositoryName, path: str, ref: str | None, first: int, last: int | None
    ) -> Blame:
        """Ranges of lines in order."""
        used = ref or (await self._api.access.facts(repository)).default_branch
        what = f"blame of {path} in {repository.full} at {used}"
        answer = await self._api.graphql(repository, what, _BLAME, {"ref": used, "path": path})
        try:
            commit = answer.find("repository", "object")
            ranges = answer.find("repository", "object", "blame", "ranges") if commit else None
        except RefusedByGitHub as refused:
            if refused.status not in (404, 422):
                raise
            ranges = None
        if not ranges:  # GitHub answers no ranges, or an error, for a path that does not exist
            await self._require_path(repository, path, used)
            raise Refused(f"{path} has no lines at {used}: it is empty, a directory or a binary file.")
        return _blame(repository, path, used, ranges, first, last)

    async def _require_path(self, repository: RepositoryName, path: str, ref: str) -> None:
        """Check a path and its ref.

        Raises:
            Refused: one of them does not exist.
        """
        request = Request(("contents", *path.split("/")), f"{path} in {repository.full} at {ref}", {"ref": ref})
        try:
            await self._api.read(repository, request)
        except RefusedByGitHub as refused:
            if refused.status == 404:
                raise await self._names.no_path(repository, path, ref) from None


def _name(repository: RepositoryName, place: RepositoryName, ref: str) -> str:
    """A ref as GitHub compares it: one of a fork has its owner in front."""
    if place == repository:
        return ref
    of_owner = place.owner.lower() == repository.owner.lower()
    return f"{place.owner}:{place.repo}:{ref}" if of_owner else f"{place.owner}:{ref}"


def _of_commits(found: Comparison, page: int) -> str | None:
    last = (page - 1) * _COMMITS + len(found.commits)
    if found.ahead_by is None:  # some servers leave the number out
        return f"There may be more commits: continue with page={page + 1}." if len(found.commits) == _COMMITS else None
    if found.ahead_by and not found.commits:
        return f"page is too large: there are {found.ahead_by} commits, {_COMMITS} a page."
    if last >= found.ahead_by and page == 1:
        return None
    more = f" Continue with page={page + 1}." if last < found.ahead_by else ""
    return f"Commits {last - len(found.commits) + 1} to {last} of {found.ahead_by}, oldest first.{more}"


def _of_files(count: int, page: int) -> str | None:
    if page > 1:
        return "The changed files are on page 1."
    if count < _FILES:
        return None
    return (
        f"Cut: GitHub lists only {_FILES} changed files of a comparison; there may be more. Compare refs that are "
        "nearer to each other, or read single commits with get_commit."
    )


def _blame(repository: RepositoryName, path: str, ref: str, ranges: Any, first: int, last: int | None) -> Blame:
    if not isinstance(ranges, list):
        raise UnexpectedResponse
    lines: list[BlamedLines] = []
    commits: dict[str, BlameCommit] = {}
    total = 0
    wanted = 0
    for one in ranges:
        commit = parsed(BlameCommit, one.get("commit")) if isinstance(one, Mapping) else None
        start, end = (one.get(name) for name in ("startingLine", "endingLine")) if commit else (None, None)
        if commit is None or not isinstance(start, int) or not isinstance(end, int):
            raise UnexpectedResponse
        total = max(total, end)
        if end < first or (last is not None and start > last):
            continue
        wanted += 1
        if len(lines) < _RANGES:
            commits.setdefault(commit.sha, commit)
            start, end = max(start, first), end if last is None else min(end, last)
            lines.append(BlamedLines(first_line=start, last_line=end, commit=[*commits].index(commit.sha) + 1))
    if not lines:
        raise Refused(f"{path} has {total} lines at {ref}. Give a from_line up to that.")
    notice = None
    if wanted > len(lines):
        end = lines[-1].last_line
        notice = f"Cut: lines {lines[0].first_line} to {end} of {total} are shown. Continue with from_line={end + 1}."
    return Blame(
        repository=repository.full,
        path=path,
        ref=ref,
        lines=tuple(lines),
        commits=tuple(commits.values()),
        notice=notice,
    )
