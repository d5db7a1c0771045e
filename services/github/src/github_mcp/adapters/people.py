"""Users, collaborators and teams at GitHub."""

from typing import Final

from github_mcp.adapters.api.access import require_owner
from github_mcp.adapters.api.client import GitHubApi, Model, Request, parsed_list
from github_mcp.adapters.api.errors import RefusedByGitHub
from github_mcp.adapters.api.known_names import KnownNames
from github_mcp.adapters.api.paging import Fetched, collect, fetched
from github_mcp.models.identifiers import RepositoryName
from github_mcp.models.people import Person, Team
from servicekit.core import Refused
from servicekit.schema import CursorKey, Page, unknown_value

_MOST_FOUND: Final = 1000  # results of a search that GitHub shows, however many it counts
_MOST_NAMED: Final = 50
_CUT: Final = "Cut: GitHub shows only the first 1000 users of a search. Narrow the query, for example by location:."
_HIDDEN: Final = "A token sees the teams of organisations that its account belongs to, with the right to read members."


class GitHubPeople:
    """Implements `People`."""

    def __init__(self, api: GitHubApi) -> None:
        self._api = api
        self._names = KnownNames(api)

    async def search(self, query: str, limit: int, cursor: CursorKey | None) -> Page[Person]:
        """Best matches first. Accounts are public, so grants of repositories do not limit them."""

        async def fetch(number: int, size: int) -> Fetched[Person]:
            request = Request((), "result for that search", {"q": query, "per_page": size, "page": number})
            reply = await self._api.read_global(("search", "users"), request, "search")
            data = reply.json()
            found = parsed_list(Person, data, "items")
            total = data.get("total_count")
            is_cut = number * size >= _MOST_FOUND and isinstance(total, int) and total > _MOST_FOUND
            page = fetched(reply, found, size, _CUT if is_cut else None)
            return page if number * size < _MOST_FOUND else Fetched(page.items, more=False, notice=page.notice)

        return await collect(fetch, limit, cursor)

    async def collaborators(self, repository: RepositoryName, limit: int, cursor: CursorKey | None) -> Page[Person]:
        """Everybody with access, each with the role; only an account that may push sees them."""

        async def fetch(number: int, size: int) -> Fetched[Person]:
            query = {"per_page": size, "page": number}
            request = Request(("collaborators",), f"the collaborators of {repository.full}", query)
            reply = await self._api.read(repository, request)
            return fetched(reply, parsed_list(Person, reply.json()), size)

        return await collect(fetch, limit, cursor)

    async def teams(self, organization: str, limit: int, cursor: CursorKey | None) -> Page[Team]:
        try:
            return await self._of_organization(Team, organization, ("teams",), limit, cursor)
        except RefusedByGitHub as refused:
            raise await self._no_teams(organization, refused) from None

    async def members(self, organization: str, team: str, limit: int, cursor: CursorKey | None) -> Page[Person]:
        """The members, also those of child teams."""
        try:
            return await self._of_organization(Person, organization, ("teams", team, "members"), limit, cursor)
        except RefusedByGitHub as refused:
            if refused.status != 404:
                raise await self._no_teams(organization, refused) from None
        names = [one.slug for one in (await self.teams(organization, _MOST_NAMED, None)).items]
        raise unknown_value("team", "team", team, names, f"list_teams lists them. {_HIDDEN}")

    async def _of_organization(
        self, model: type[Model], organization: str, path: tuple[str, ...], limit: int, cursor: CursorKey | None
    ) -> Page[Model]:
        require_owner(organization)

        async def fetch(number: int, size: int) -> Fetched[Model]:
            request = Request((), f"the teams of organisation {organization}", {"per_page": size, "page": number})
            reply = await self._api.read_global(("orgs", organization, *path), request)
            return fetched(reply, parsed_list(model, reply.json()), size)

        return await collect(fetch, limit, cursor)

    async def _no_teams(self, organization: str, refused: RefusedByGitHub) -> Refused:
        """Why GitHub shows no teams: there is no such organisation, or its teams are hidden from this server."""
        if refused.status not in (403, 404):
            return refused
        try:
            await self._api.read_global(("users", organization), Request((), "account"))
        except RefusedByGitHub:
            return await self._names.no_account("organization", organization)
        return Refused(f"GitHub shows this server no teams of {organization}. {_HIDDEN}")
