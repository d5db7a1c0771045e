"""Files and directories."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from github_mcp.models.files.file_ranges import Received
from github_mcp.models.identifiers import RepositoryName
from github_mcp.models.repositories.repositories import ContentType, Entry

Taker = TypeVar("Taker", bound=Received)


@dataclass(frozen=True, slots=True)
class Stored:
    """What is at a path.

    Attributes:
        ref: branch, tag or commit it was read at.
        kind: what it is; a file is ``file``, whatever its bytes are.
        entries: of a directory.
        content: of a file; None for a large one, which is read in parts.
        size: bytes of a file.
        sha: of the blob of a file or symbolic link, or of a submodule's commit.
        target: path of the file that a symbolic link leads to, target of another link, or URL of a submodule.
    """

    ref: str
    kind: ContentType
    entries: list[Entry] | None = None
    content: bytes | None = None
    size: int = 0
    sha: str | None = None
    target: str | None = None


class Files(Protocol):
    """Files and directories of repositories."""

    async def contents(self, repository: RepositoryName, path: str, ref: str | None) -> Stored: ...
    async def stream(self, repository: RepositoryName, path: str, stored: Stored, into: Callable[[], Taker]) -> Taker:
        """Pass a file on in pieces, to take a part of it.

        Args:
            into: makes what takes the pieces; an attempt that fails is repeated with a new one.
        """
        ...

    async def tree(self, repository: RepositoryName, ref: str | None, path: str) -> tuple[list[Entry], bool]:
        """The entries below a path (empty: the root), and whether GitHub truncated their list."""
        ...
