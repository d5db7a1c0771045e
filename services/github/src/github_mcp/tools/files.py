"""Tools for reading files and directories."""

from typing import Annotated

from pydantic import Field

from github_mcp.models.files.contents import Place, byte_part, directory, large_lines, lines, unreadable
from github_mcp.models.files.file_ranges import BytesOf, LinesOf
from github_mcp.models.identifiers import ByteRange, FromLine, Owner, Path, Ref, Repo, RepositoryName, ToLine, positions
from github_mcp.models.repositories.repositories import Contents, Entry
from github_mcp.ports.files import Files
from servicekit.core import Refused, off_loop
from servicekit.schema import Clamped, CursorKey, Page

TreeLimit = Annotated[int, Field(ge=1, le=500, description="Up to 500."), Clamped()]


class FileTools:
    def __init__(self, files: Files) -> None:
        self._files = files

    async def get_file_contents(
        self,
        owner: Owner,
        repo: Repo,
        path: Path = "",
        ref: Ref | None = None,
        from_line: FromLine = 1,
        to_line: ToLine | None = None,
        bytes: ByteRange | None = None,  # noqa: A002  # the unit of HTTP's ranges
    ) -> Contents:
        """Read a file, such as the README, changelog, config or source code; or what is in a directory."""
        repository = RepositoryName(owner, repo)
        if to_line is not None and (to_line < from_line or bytes is not None):
            raise Refused("Give to_line as a line after from_line, or `bytes` alone, for example bytes=0-1023.")
        found = await self._files.contents(repository, path, ref)
        if found.entries is not None:
            return directory(repository, path, found.ref, found.entries)
        if found.kind != "file":
            return unreadable(repository, path, found.ref, found.kind, sha=found.sha, target=found.target)
        place = Place(repository, path, found.ref, found.size, found.sha, found.target)
        content = found.content
        if bytes is not None:
            first, last = positions(bytes, found.size)
            if content is None:
                return byte_part(place, await self._files.stream(repository, path, found, lambda: BytesOf(first, last)))
            part = BytesOf(first, last)
            part.feed(content)
            return byte_part(place, part)
        if content is None:
            taken = await self._files.stream(repository, path, found, lambda: LinesOf(from_line, to_line))
            return large_lines(place, taken, to_line)
        return await off_loop(len(content), lines, place, content, from_line, to_line)

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
        below, truncated = await self._files.tree(repository, ref, path)
        start = int(cursor[0]) if cursor else 0
        rows = list(enumerate(below[start : start + limit + 1], start=start + 1))
        positions = {id(entry): index for index, entry in rows}
        notice = (
            "Cut: GitHub lists only a part of this large tree. List one directory at a time with path."
            if truncated
            else None
        )
        return Page([entry for _, entry in rows], limit, key=lambda entry: (positions[id(entry)],), notice=notice)
