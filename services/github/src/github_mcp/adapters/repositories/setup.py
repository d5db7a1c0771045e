"""Repositories and branches as a whole, at GitHub."""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from github_mcp.adapters.api.client import GitHubApi, Request
from github_mcp.adapters.api.errors import RefusedByGitHub, UnexpectedResponse
from github_mcp.adapters.api.known_names import KnownNames
from github_mcp.adapters.repositories.new_repositories import NewRepositories
from github_mcp.models.identifiers import RepositoryName
from github_mcp.models.repositories.setup import BranchState
from servicekit.core import Refused, Unavailable
from servicekit.upstream import Query

_LISTED: Final = 100


class GitHubRepositorySetup(NewRepositories):
    """Implements `RepositorySetup`."""

    def __init__(self, api: GitHubApi) -> None:
        super().__init__(api)
        self._api = api
        self._names = KnownNames(api)

    async def branch(self, repository: RepositoryName, branch: str) -> BranchState:
        """A branch, and what deleting it would mean. Its head is read first: what follows is about that commit."""
        facts = await self._api.access.facts(repository)
        request = Request(("branches", branch), f"branch {branch} in {repository.full}", current=True)
        data = await self._api.read_or_none(repository, request)
        sha = _text(data, "commit", "sha")
        if sha is None:
            raise await self._names.no_branch(repository, branch, "branch")
        default = facts.default_branch
        unmerged, pulls_from, pulls_into, is_locked = await asyncio.gather(
            self._unmerged(repository, default, sha),
            self._pulls(repository, {"head": f"{repository.owner}:{branch}"}),
            self._pulls(repository, {"base": branch}),
            self._forbids_deletion(repository, branch),
        )
        prevented = None
        if branch == default:
            prevented = "it is the default branch"
        elif data.get("protected") is True:
            prevented = "it is protected"
        elif is_locked:
            prevented = "a rule of the repository forbids to delete it"
        return BranchState(
            sha=sha,
            default_branch=default,
            unmerged=unmerged,
            pulls_from=pulls_from,
            pulls_into=pulls_into,
            prevented_by=prevented,
        )

    async def delete_branch(self, repository: RepositoryName, branch: str) -> None:
        """Delete a branch."""
        request = Request(
            ("git", "refs", "heads", *branch.split("/")), f"branch {branch} in {repository.full}", json=False
        )
        await self._api.write(repository, "DELETE", request, None)

    async def head_of(self, repository: RepositoryName, branch: str) -> str | None:
        """The SHA of a branch's head; None if there is no such branch."""
        request = Request(("branches", branch), f"branch {branch} in {repository.full}", current=True)
        return _text(await self._api.read_or_none(repository, request), "commit", "sha")

    async def _unmerged(self, repository: RepositoryName, default: str, sha: str) -> int | None:
        """The number of commits that the default branch lacks; None if it cannot be had."""
        request = Request(("compare", f"{default}...{sha}"), "comparison", {"per_page": 1}, current=True)
        try:
            data = (await self._api.read(repository, request)).json()
        except (RefusedByGitHub, Unavailable, UnexpectedResponse):
            return None
        count = data.get("ahead_by") if isinstance(data, Mapping) else None
        return count if isinstance(count, int) else None

    async def _pulls(self, repository: RepositoryName, which: Mapping[str, str]) -> tuple[int, ...]:
        """The numbers of open pull requests, ascending."""
        query: Query = {"state": "open", "per_page": _LISTED, **which}
        request = Request(("pulls",), f"repository {repository.full}", query, current=True)
        found = (await self._api.read(repository, request)).json()
        if not isinstance(found, list):
            raise UnexpectedResponse
        own = [one for one in found if "head" not in which or _is_own(one, repository)]
        numbers = [one.get("number") for one in own if isinstance(one, Mapping)]
        return tuple(sorted(number for number in numbers if isinstance(number, int)))

    async def _forbids_deletion(self, repository: RepositoryName, branch: str) -> bool:
        """Whether a ruleset forbids to delete the branch. A server without rulesets answers 404."""
        request = Request(
            ("rules", "branches", branch), f"branch {branch} in {repository.full}", {"per_page": _LISTED}, current=True
        )
        try:
            rules = await self._api.read_or_none(repository, request)
        except (Refused, Unavailable):
            return False  # GitHub refuses the deletion itself
        return isinstance(rules, list) and any(
            isinstance(rule, Mapping) and rule.get("type") == "deletion" for rule in rules
        )


def _is_own(pull: Any, repository: RepositoryName) -> bool:
    """Whether the head of a pull request is in the repository, not in a fork of the same owner."""
    name = _text(pull, "head", "repo", "full_name")
    return name is None or name.lower() == repository.full.lower()


def _text(data: Any, *path: str) -> str | None:
    for step in path:
        data = data.get(step) if isinstance(data, Mapping) else None
    return data if isinstance(data, str) else None
