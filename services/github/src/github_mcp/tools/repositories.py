"""Tools for finding repositories and reading their files."""

from typing import Annotated, Literal

from pydantic import Field

from github_mcp.models.contents import directory, file_part, unreadable
from github_mcp.models.identifiers import FromLine, Owner, Path, Query, Ref, Repo, RepositoryName
from github_mcp.models.repositories import Branch, CodeMatch, Contents, Entry, RepositorySummary
from github_mcp.ports.repositories import Repositories
from servicekit.core import off_loop
from servicekit.schema import Clamped, CursorKey, Limit, Page

RepositoryType = Literal["all", "owner", "member", "public", "private"]
TreeLimit = Annotated[int, Field(ge=1, le=500, description="Up to 500."), Clamped()]


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

    async def get_file_contents(
        self, owner: Owner, repo: Repo, path: Path = "", ref: Ref | None = None, from_line: FromLine = 1
    ) -> Contents:
        """Read a file, such as the README, changelog, config or source code; or what is in a directory.

        A long file is cut: continue with from_line, or read the resource in `whole`.
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
        """All files and folders (ls, layout, structure) of a repository or below a path, with sizes."""
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
        """Which branches exist in a repository, each with the SHA of its head."""
        return await self._repositories.branches(RepositoryName(owner, repo), limit, cursor)
