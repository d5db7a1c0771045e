"""Milestones and issue types by name, with the nearest existing names where one is unknown."""

from collections.abc import Mapping
from typing import Any, Final

from github_mcp.adapters.api.client import GitHubApi, Request
from github_mcp.adapters.api.errors import UNKNOWN_REF, RefusedByGitHub, UnexpectedResponse
from github_mcp.adapters.api.paging import Fetched, everything, fetched
from github_mcp.models.identifiers import RepositoryName
from servicekit.core import Refused
from servicekit.schema import unknown_value
from servicekit.upstream import Query

_DIGITS_OF_A_YEAR: Final = 4
"""A number this long may be a title, such as 2026: then the titles are looked at first."""
_NO_VALUE: Final = frozenset({"none", "null", "no milestone", "no type"})


class PlannedNames:
    """Finds milestones and issue types."""

    def __init__(self, api: GitHubApi) -> None:
        self._api = api

    async def milestone(self, repository: RepositoryName, given: str) -> int:
        """The number of a milestone by its number or title. A short number is not looked up.

        Raises:
            Refused: there is none, with the nearest titles.
        """
        is_number = given.isascii() and given.isdecimal()
        if is_number and len(given) < _DIGITS_OF_A_YEAR:
            return int(given)
        return await self.known_milestone(repository, given)

    async def known_milestone(self, repository: RepositoryName, given: str) -> int:
        """The number of a milestone that exists.

        Raises:
            Refused: there is none, with the nearest titles.
        """
        wanted = given.strip().casefold()
        titles: dict[str, int] = {}
        for one in await self.milestones(repository, "all"):
            number, title = one.get("number"), one.get("title")
            if isinstance(number, int) and isinstance(title, str):
                titles[title] = number
        for title, number in titles.items():
            if title.strip().casefold() == wanted:
                return number
        if wanted.isascii() and wanted.isdecimal() and int(wanted) in titles.values():
            return int(wanted)
        known = {title: str(number) for title, number in titles.items()}
        raise unknown_value("milestone", "milestone", given, known, _next("list_milestones", "milestone", given))

    async def milestones(
        self, repository: RepositoryName, state: str, *, current: bool = False
    ) -> list[Mapping[str, Any]]:
        """At most a thousand milestones, as GitHub shows them."""

        async def fetch(number: int, size: int) -> Fetched[Mapping[str, Any]]:
            query: Query = {"state": state, "per_page": size, "page": number}
            request = Request(("milestones",), f"repository {repository.full}", query, current=current)
            reply = await self._api.read(repository, request)
            data = reply.json()
            if not isinstance(data, list):
                raise UnexpectedResponse
            return fetched(reply, [one if isinstance(one, Mapping) else None for one in data], size)

        return await everything(fetch)

    async def types(self, repository: RepositoryName) -> list[Any] | None:
        """The issue types of the organisation that owns a repository; None if it has none, or they cannot be had."""
        found = await self._api.read_or_none(repository, Request(("issue-types",), "issue types"))
        if found is None:  # older servers list the types of an organisation alone
            try:
                path = ("orgs", repository.owner, "issue-types")
                found = (await self._api.read_global(path, Request((), "issue types"))).json()
            except RefusedByGitHub as refused:
                if refused.status not in UNKNOWN_REF:
                    raise
        return found if isinstance(found, list) else None

    async def known_type(self, repository: RepositoryName, given: str) -> str:
        """An issue type as GitHub spells it; `given` where the types cannot be had.

        Raises:
            Refused: the organisation has no such type, with the nearest names.
        """
        try:
            found = await self.types(repository)
        except Refused:
            return given
        if found is None:
            raise Refused(
                f"{repository.full} has no issue types (type): only organisations have them, on servers that know them."
            )
        names: list[str] = [
            one["name"] for one in found if isinstance(one, Mapping) and isinstance(one.get("name"), str)
        ]
        for name in names:
            if name.casefold() == given.strip().casefold():
                return name
        raise unknown_value("type", "issue type", given, names, _next("list_issue_types", "type", given))


def _next(lister: str, argument: str, given: str) -> str:
    """The next step after an unknown name."""
    if given.strip().casefold() in _NO_VALUE:
        return f"To remove it from an issue, name {argument} in clear."
    return f"{lister} lists them."
