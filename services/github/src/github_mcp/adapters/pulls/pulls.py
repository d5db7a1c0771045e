"""Pull requests at GitHub."""

from typing import Any

from github_mcp.adapters.api.client import DIFF, GitHubApi, Request, parsed, parsed_list, written
from github_mcp.adapters.api.effect_ids import find_own, with_effect_id
from github_mcp.adapters.api.errors import RefusedByGitHub
from github_mcp.adapters.api.known_names import KnownNames
from github_mcp.adapters.api.paging import Fetched, collect, fetched
from github_mcp.adapters.repositories.forks import repository_of
from github_mcp.models.changes import WrittenPull
from github_mcp.models.commits.fork_refs import fork_ref
from github_mcp.models.identifiers import RepositoryName
from github_mcp.models.pulls.pulls import PullRequest, PullSummary
from github_mcp.ports.pulls import PullFilter, PullText
from servicekit.core import Refused, off_loop
from servicekit.schema import CursorKey, Page
from servicekit.upstream import Query


class GitHubPulls:
    """Implements `Pulls`."""

    def __init__(self, api: GitHubApi) -> None:
        self._api = api
        self._names = KnownNames(api)

    async def list(
        self, repository: RepositoryName, wanted: PullFilter, limit: int, cursor: CursorKey | None
    ) -> Page[PullSummary]:
        """Newest first."""

        async def fetch(number: int, size: int) -> Fetched[PullSummary]:
            query: Query = {
                "state": wanted.state,
                "base": wanted.base,
                "head": _with_owner(repository, wanted.head) if wanted.head is not None else None,
                "sort": "created",
                "direction": "desc",
                "per_page": size,
                "page": number,
            }
            request = Request(("pulls",), f"repository {repository.full}", query)
            reply = await self._api.read(repository, request)
            return fetched(reply, parsed_list(PullSummary, reply.json()), size)

        page = await collect(fetch, limit, cursor)
        if not page.items and cursor is None:
            for argument, branch in (("base", wanted.base), ("head", wanted.head)):
                if branch is None:
                    continue
                owner, colon, _ = branch.partition(":")
                if colon:
                    await self._names.require_user(repository, owner.partition("/")[0], argument)
                else:
                    await self._names.require_branch(repository, branch, argument)
        return page

    async def get(self, repository: RepositoryName, number: int) -> PullRequest:
        return await self._one(repository, number, current=False)

    async def get_current(self, repository: RepositoryName, number: int) -> PullRequest:
        """A pull request, revalidated with GitHub."""
        return await self._one(repository, number, current=True)

    async def diff(self, repository: RepositoryName, number: int) -> str:
        """The complete diff."""
        what = _name(repository, number)
        request = Request(("pulls", number), what, accept=DIFF, json=False)
        try:
            reply = await self._api.read(repository, request)
        except RefusedByGitHub as refused:
            if refused.status != 406:
                raise
            raise Refused(
                f"{refused} list_changed_files (toolset reviews) shows its files with their patches."
            ) from None
        return await off_loop(len(reply.body), reply.text)

    async def create(self, repository: RepositoryName, text: PullText) -> WrittenPull:
        side = fork_ref(text.head)
        source = await repository_of(self._api, repository, side, "head")
        content: dict[str, Any] = {
            "title": text.title,
            "head": side.ref if source == repository else f"{source.owner}:{side.ref}",
            "base": text.base,
            "body": with_effect_id(text.body),
            "draft": text.draft,
        }
        if source != repository:
            if source.owner.lower() == repository.owner.lower():
                content["head_repo"] = source.full
            if text.maintainer_can_modify is not None:
                content["maintainer_can_modify"] = text.maintainer_can_modify
        request = Request(("pulls",), f"a new pull request in {repository.full}")
        try:
            return written(WrittenPull, await self._api.write(repository, "POST", request, content))
        except RefusedByGitHub as refused:
            if refused.status != 422:
                raise
            if "fork_collab" in str(refused):
                raise Refused(
                    f"{refused} This server's account cannot let others push to {source.full}. Nothing was written. "
                    "Call again with maintainer_can_modify=false."
                ) from None
            present = await self._open_number(repository, f"{source.owner}:{side.ref}", text.base)
            if present is not None:
                raise Refused(
                    f"Pull request #{present} from {text.head} into {text.base} is open already. Nothing was written. "
                    "Read it with get_pull_request; new commits on the branch become part of it."
                ) from None
            await self._names.require_branch(source, side.ref, "head")
            await self._names.require_branch(repository, text.base, "base")
            raise

    async def _open_number(self, repository: RepositoryName, head: str, base: str) -> int | None:
        """The number of the open pull request between the same branches."""
        query: dict[str, Any] = {"head": head, "base": base, "state": "open"}
        request = Request(("pulls",), f"repository {repository.full}", query, current=True)
        found = (await self._api.read(repository, request)).json()
        numbers = [one.get("number") for one in found if isinstance(one, dict)] if isinstance(found, list) else []
        return next((number for number in numbers if isinstance(number, int)), None)

    async def find_created(self, repository: RepositoryName, head: str) -> WrittenPull | None:
        """The pull request of this branch that carries the effect id of the current write."""
        side = fork_ref(head)
        where = f"{side.owner or repository.owner}:{side.ref}"
        query: dict[str, Any] = {"state": "all", "head": where, "per_page": 100}
        request = Request(("pulls",), f"repository {repository.full}", query, current=True)
        reply = await self._api.read(repository, request)
        found = find_own(reply.json())
        return parsed(WrittenPull, found) if found is not None else None

    async def _one(self, repository: RepositoryName, number: int, *, current: bool) -> PullRequest:
        request = Request(("pulls", number), _name(repository, number), current=current)
        try:
            reply = await self._api.read(repository, request)
        except RefusedByGitHub as refused:
            if refused.status != 404 or not await self._is_issue(repository, number):
                raise
            raise Refused(
                f"#{number} in {repository.full} is an issue, not a pull request. Read it with get_issue."
            ) from None
        return parsed(PullRequest, reply.json())

    async def _is_issue(self, repository: RepositoryName, number: int) -> bool:
        try:
            return await self._api.read_or_none(repository, Request(("issues", number), f"issue #{number}")) is not None
        except Refused:
            return False


def _with_owner(repository: RepositoryName, head: str) -> str:
    """A branch as GitHub filters by it, which ignores one without its owner."""
    return head if ":" in head else f"{repository.owner}:{head}"


def _name(repository: RepositoryName, number: int) -> str:
    return f"pull request #{number} in {repository.full}"
