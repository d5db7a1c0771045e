"""Refusals of arguments that name what GitHub does not have, with the nearest existing names.

Called only after GitHub refused a request, or for an empty result: a call that finds something pays nothing.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final

from github_mcp.adapters.api.access import is_granted
from github_mcp.adapters.api.client import GitHubApi, Request
from github_mcp.adapters.api.errors import BadCredential, EmptyRepository, RefusedByGitHub
from github_mcp.models.identifiers import RepositoryName
from servicekit.core import Refused
from servicekit.schema import show_line, unknown_value
from servicekit.upstream import Query

_MOST_LISTED: Final = 100
_PAGE: Final[Query] = {"per_page": _MOST_LISTED}
_BEGINNING: Final = 3  # letters that a name and those near it share
_HIDDEN: Final = "It may exist and be hidden from this server."
_NOT_FOUND: Final = (404, 422)
_ANY: Final = ("*", "none")
_REMOTES: Final = ("origin/", "upstream/")


class KnownNames:
    """Looks up which names exist."""

    def __init__(self, api: GitHubApi) -> None:
        self._api = api

    async def no_repository(self, repository: RepositoryName) -> Refused:
        """The refusal of a repository within the grants that GitHub does not show to this server."""
        theirs, own = await asyncio.gather(
            self._global_list(("users", repository.owner, "repos")), self._global_list(("user", "repos"))
        )
        full = [name for name in _texts([*(theirs or ()), *(own or ())], "full_name") if is_granted(name)]
        if theirs is None:
            return _no_owner("owner", repository.owner, full)
        names = {name: name.partition("/")[2] for name in full if _owner(name) == repository.owner.lower()}
        found_by = f"{_HIDDEN} list_repositories lists those of an owner."
        return unknown_value("repo", "repository", repository.full, names, found_by)

    async def no_account(self, argument: str, login: str) -> Refused:
        """The refusal of an account that does not exist."""
        own = await self._global_list(("user", "repos"))
        return _no_owner(argument, login, [name for name in _texts(own or (), "full_name") if is_granted(name)])

    async def no_ref(self, repository: RepositoryName, ref: str, argument: str = "ref") -> Refused:
        """The refusal of a branch, tag or commit that does not exist."""
        (default, branches), tags = await asyncio.gather(
            self._branches(repository, ref), self._list(repository, "tags")
        )
        if not branches and not tags:
            return EmptyRepository(repository, await self._api.access.facts(repository))
        names = [*branches, *_texts(tags or (), "name")]
        found_by = f"{_default(default)} list_branches lists branches."
        return unknown_value(argument, "branch, tag or commit", ref, _as_remote(ref, names), found_by)

    async def no_branch(self, repository: RepositoryName, branch: str, argument: str) -> Refused:
        """The refusal of a branch that does not exist."""
        default, names = await self._branches(repository, branch)
        if not names:
            return EmptyRepository(repository, await self._api.access.facts(repository))
        found_by = f"{_default(default)} list_branches lists branches, create_branch creates one."
        return unknown_value(argument, "branch", branch, _as_remote(branch, names), found_by)

    async def _branches(self, repository: RepositoryName, like: str) -> tuple[str, list[str]]:
        """The default branch, and the first hundred branches with those that begin like a name; none if it is empty."""
        facts, listed = await asyncio.gather(self._api.access.facts(repository), self._list(repository, "branches"))
        names = _texts(listed or (), "name")
        if len(names) == _MOST_LISTED:
            request = Request(("git", "matching-refs", "heads", like[:_BEGINNING]), "branches")
            found = await self._api.read_or_none(repository, request)
            names += [name.removeprefix("refs/heads/") for name in _texts(found or (), "ref")]
        return facts.default_branch, [] if listed == [] else [facts.default_branch, *names]

    async def require_branch(self, repository: RepositoryName, branch: str, argument: str) -> None:
        """Check a branch.

        Raises:
            Refused: it does not exist.
        """
        request = Request(("git", "ref", "heads", *branch.split("/")), f"branch {branch}")
        found = await self._api.read_or_none(repository, request)
        if not isinstance(found, dict) or found.get("ref") != f"refs/heads/{branch}":
            raise await self.no_branch(repository, branch, argument)

    async def require_ref(self, repository: RepositoryName, ref: str, argument: str) -> None:
        """Check a branch, tag or commit.

        Raises:
            Refused: it does not exist, or the repository is empty.
        """
        try:
            await self._api.read(repository, Request(("commits", ref), f"commit {ref}"))
        except EmptyRepository:
            raise
        except RefusedByGitHub as refused:
            if refused.status in _NOT_FOUND:
                raise await self.no_ref(repository, ref, argument) from None

    async def no_path(self, repository: RepositoryName, path: str, ref: str) -> Refused:
        """The refusal of a path that does not exist at a ref, or of a ref that does not exist."""
        request = Request(("git", "trees", ref), "tree", {"recursive": 1})
        try:
            tree = (await self._api.read(repository, request)).json()
        except RefusedByGitHub as refused:
            return refused if isinstance(refused, EmptyRepository) else await self.no_ref(repository, ref)
        names = _texts(tree.get("tree") or (), "path") if isinstance(tree, Mapping) else []
        folder = path.rpartition("/")[0]
        near_first = sorted(names, key=lambda name: name.rpartition("/")[0] != folder)
        words = {name: name.rpartition("/")[2] for name in near_first}
        found_by = f"The ref is {show_line(ref)}; get_repository_tree lists its paths."
        return unknown_value("path", "file or directory", path, words, found_by)

    async def require_labels(self, repository: RepositoryName, labels: Sequence[str]) -> None:
        """Check the label filter of an empty result.

        Raises:
            Refused: a label does not exist.
        """
        known = await self._list(repository, "labels")
        if known is None:
            return
        names = _texts(known, "name")
        present = {name.casefold() for name in names}
        for place, label in enumerate(labels):
            if label.casefold() in present:
                continue
            if len(names) == _MOST_LISTED and await self._exists(repository, "labels", label):
                continue
            raise unknown_value(f"labels.{place}", "label", label, names, "get_issue shows the labels in use.")

    async def require_user(self, repository: RepositoryName, login: str | None, argument: str) -> None:
        """Check the user filter of an empty result.

        Raises:
            Refused: the account does not exist.
        """
        if login is None or login in _ANY or login.endswith("[bot]"):  # not every server lists Apps as users
            return
        try:
            await self._api.read_global(("users", login), Request((), "account"))
        except RefusedByGitHub as refused:
            if refused.status not in _NOT_FOUND:
                return
            names = _texts(await self._list(repository, "assignees") or (), "login")
            found_by = "search_issues and list_commits show logins."
            raise unknown_value(argument, "user", login, names, found_by) from None

    async def require_team(self, repository: RepositoryName, team: str, argument: str) -> None:
        """Check a team that GitHub refused.

        Raises:
            Refused: it has no access to the repository.
        """
        names = _texts(await self._list(repository, "teams") or (), "slug")
        if names and team.casefold() not in names:
            raise unknown_value(argument, "team", team, names, "list_teams lists those of an organisation.")

    async def _list(self, repository: RepositoryName, kind: str) -> list[Any] | None:
        """The first hundred of a kind; None if they cannot be had."""
        try:
            data = (await self._api.read(repository, Request((kind,), kind, _PAGE))).json()
        except Refused:
            return None
        return data if isinstance(data, list) else None

    async def _exists(self, repository: RepositoryName, kind: str, name: str) -> bool:
        return await self._api.read_or_none(repository, Request((kind, name), kind)) is not None

    async def _global_list(self, path: tuple[str, ...]) -> list[Any] | None:
        """The first hundred of a list; None if there is no such account, or it cannot be had."""
        try:
            data = (await self._api.read_global(path, Request((), "list", _PAGE))).json()
        except (Refused, BadCredential):
            return None
        return data if isinstance(data, list) else None


def _default(branch: str) -> str:
    return f"The default branch is {show_line(branch)};"


def _as_remote(ref: str, names: Sequence[str]) -> dict[str, str]:
    """Names with the words that find them: a clone calls the branch ``main`` also ``origin/main``."""
    remote = next((prefix for prefix in _REMOTES if ref.startswith(prefix)), "")
    return {name: f"{remote}{name}" for name in names}


def _no_owner(argument: str, login: str, granted: Sequence[str]) -> Refused:
    owners = list(dict.fromkeys(name.partition("/")[0] for name in granted))
    return unknown_value(argument, "user or organisation", login, owners, f"{_HIDDEN} search_repositories finds them.")


def _owner(full_name: str) -> str:
    return full_name.partition("/")[0].lower()


def _texts(items: Sequence[Any], field: str) -> list[str]:
    found = (item.get(field) for item in items if isinstance(item, Mapping))
    return [text for text in found if isinstance(text, str)]
