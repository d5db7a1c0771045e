"""Tools for users, collaborators and teams."""

from typing import Annotated

from pydantic import Field

from github_mcp.models.identifiers import OWNER, Owner, Query, Repo, RepositoryName, team_slug
from github_mcp.models.people import Person, Team
from github_mcp.ports.people import People
from servicekit.schema import CursorKey, Identifier, Limit, Page

Words = Annotated[Query, Field(description="Name, login or GitHub qualifiers: tom type:user location:Prague")]
Organization = Annotated[str, OWNER, Field(description="Organisation.")]
TeamSlug = Annotated[
    str,
    Identifier(
        "a team's slug such as platform-team",
        "platform-team",
        pattern=r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}",
        found_by="list_teams",
        normalise=team_slug,
    ),
    Field(description="Slug of the team, from list_teams."),
]


class PeopleTools:
    def __init__(self, people: People) -> None:
        self._people = people

    async def search_accounts(self, query: Words, limit: Limit = 20, cursor: CursorKey | None = None) -> Page[Person]:
        """Find a person's GitHub account (user, login, username, profile) by name, e-mail, place or language; also
        organisations with type:org."""
        return await self._people.search(query, limit, cursor)

    async def list_collaborators(
        self, owner: Owner, repo: Repo, limit: Limit = 30, cursor: CursorKey | None = None
    ) -> Page[Person]:
        """Who has access to a repository and in which role (admin, maintain, write, triage, read): people who can be
        assigned or asked for a review."""
        return await self._people.collaborators(RepositoryName(owner, repo), limit, cursor)

    async def list_teams(
        self, organization: Organization, limit: Limit = 30, cursor: CursorKey | None = None
    ) -> Page[Team]:
        """The teams (groups, squads) of an organisation."""
        return await self._people.teams(organization, limit, cursor)

    async def list_team_members(
        self, organization: Organization, team: TeamSlug, limit: Limit = 30, cursor: CursorKey | None = None
    ) -> Page[Person]:
        """Who is in (belongs to) a team of an organisation."""
        return await self._people.members(organization, team, limit, cursor)
