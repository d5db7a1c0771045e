"""Tools for finding repositories and code."""

from typing import Literal

from github_mcp.models.identifiers import Owner, Query, Repo, RepositoryName
from github_mcp.models.repositories.repositories import Branch, CodeMatch, RepositorySummary
from github_mcp.ports.repositories import Repositories
from servicekit.schema import CursorKey, Limit, Page

RepositoryType = Literal["all", "owner", "member", "public", "private"]


class RepositoryTools:
    def __init__(self, repositories: Repositories) -> None:
        self._repositories = repositories

    async def search_repositories(
        self, query: Query, limit: Limit = 20, cursor: CursorKey | None = None
    ) -> Page[RepositorySummary]:
        """Find open source repositories (projects, libraries, packages) on all of GitHub by topic, language, stars or
        words.

        Qualifiers such as org:, language:, topic:, stars:>10.
        """
        return await self._repositories.search(query, limit, cursor)

    async def list_repositories(
        self,
        owner: Owner,
        type: RepositoryType = "owner",  # noqa: A002  # its name at GitHub
        limit: Limit = 30,
        cursor: CursorKey | None = None,
    ) -> Page[RepositorySummary]:
        """The repositories (repos, projects, public work) that one user or organisation has."""
        return await self._repositories.owned_by(owner, type, limit, cursor)

    async def search_code(self, query: Query, limit: Limit = 20, cursor: CursorKey | None = None) -> Page[CodeMatch]:
        """Find (grep) in code and files on default branches where a function or text is defined, used or mentioned, in
        one repository or all of an owner.

        Qualifiers such as repo:owner/name, org:, path:, extension:.
        """
        return await self._repositories.search_code(query, limit, cursor)

    async def list_branches(
        self, owner: Owner, repo: Repo, limit: Limit = 30, cursor: CursorKey | None = None
    ) -> Page[Branch]:
        """Which branches exist in a repository, each with the SHA of its head."""
        return await self._repositories.branches(RepositoryName(owner, repo), limit, cursor)
