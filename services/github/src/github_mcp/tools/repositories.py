"""Tools for finding repositories and reading their files."""

from typing import Annotated, Literal

from pydantic import Field

from github_mcp.models.contents import directory, file_part, unreadable
from github_mcp.models.identifiers import FromLine, Owner, Path, Query, Ref, Repo, RepositoryName
from github_mcp.models.repositories import Branch, CodeMatch, Contents, Entry, RepositorySummary
from github_mcp.ports import Repositories
from servicekit.core import off_loop
from servicekit.schema import Clamped, CursorKey, Limit, Page

PerPage = Annotated[int, Field(ge=1, le=50, description="Repositories to return, 1 to 50."), Clamped()]
RepositoryType = Literal["all", "owner", "member", "public", "private"]
TreeLimit = Annotated[int, Field(ge=1, le=500, description="Entries to return, 1 to 500."), Clamped()]


class RepositoryTools:
    def __init__(self, repositories: Repositories) -> None:
        self._repositories = repositories

    async def search_repositories(
        self, query: Query, limit: Limit = 20, cursor: CursorKey | None = None
    ) -> Page[RepositorySummary]:
        """Search repositories by words and qualifiers (user:, org:, language:, topic:, stars:>10).

        For all repositories of one owner use list_repositories; to find code use search_code.
        """
        return await self._repositories.search(query, limit, cursor)

    async def list_repositories(
        self,
        user: Owner,
        type: RepositoryType,  # noqa: A002  # its name at GitHub
        per_page: PerPage,
        cursor: CursorKey | None = None,
    ) -> Page[RepositorySummary]:
        """List the repositories of a user or organisation that this server may see. get_me shows its account and
        organisations."""
        return await self._repositories.owned_by(user, type, per_page, cursor)

    async def search_code(self, query: Query, limit: Limit = 20, cursor: CursorKey | None = None) -> Page[CodeMatch]:
        """Search files on default branches by words in them and qualifiers (repo:owner/name, path:, language:,
        extension:). Read a match with get_file_contents."""
        return await self._repositories.search_code(query, limit, cursor)

    async def get_file_contents(
        self, owner: Owner, repo: Repo, path: Path = "", ref: Ref | None = None, from_line: FromLine = 1
    ) -> Contents:
        """Read a file, or list a directory (the root if path is omitted).

        A long file is cut at a line: continue with from_line, or read the resource in `whole`.
        """
        repository = RepositoryName(owner, repo)
        found = await self._repositories.contents(repository, path, ref)
        if found.entries is not None:
            return directory(repository, path, found.ref, found.entries)
        if found.content is None:
            return unreadable(repository, path, found.ref, found.target)
        content = found.content
        return await off_loop(len(content), file_part, repository, path, found.ref, content, found.sha, from_line)

    async def get_repository_tree(
        self,
        owner: Owner,
        repo: Repo,
        ref: Ref | None = None,
        path: Path = "",
        limit: TreeLimit = 200,
        cursor: CursorKey | None = None,
    ) -> Page[Entry]:
        """List all files and directories of a repository, or below one path, with sizes. To read a file use
        get_file_contents; to find a file by its content use search_code."""
        repository = RepositoryName(owner, repo)
        below, truncated = await self._repositories.tree(repository, ref, path)
        start = int(cursor[0]) if cursor else 0
        rows = list(enumerate(below[start : start + limit + 1], start=start + 1))
        positions = {id(entry): index for index, entry in rows}
        notice = (
            "Cut: GitHub lists only a part of this large tree. List one directory at a time with path."
            if truncated
            else None
        )
        return Page([entry for _, entry in rows], limit, key=lambda entry: (positions[id(entry)],), notice=notice)

    async def list_branches(
        self, owner: Owner, repo: Repo, limit: Limit = 30, cursor: CursorKey | None = None
    ) -> Page[Branch]:
        """List the branches of a repository by name, each with the SHA of its head."""
        return await self._repositories.branches(RepositoryName(owner, repo), limit, cursor)
