"""The website's main branch at the simulated GitHub, with files put there by git."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from mcp.client import Client

from devkit.simulators.github.git_store import FILE_MODE, GitStore
from tests.fixtures.calls import call, refusal

from .scene import SITE

LINK, SUBMODULE, EXECUTABLE = 0o120000, 0o160000, 0o100755


class Site:
    """Changes files by git, and by the tool."""

    def __init__(self, git: GitStore, client: Client) -> None:
        self.git, self.client = git, client

    @property
    def head(self) -> str:
        return self.git.branches()["main"]

    def put(self, path: str, content: bytes, mode: int = FILE_MODE) -> None:
        self.put_all({path: (mode, self.git.add_blob(content))})

    def put_all(self, entries: Mapping[str, tuple[int, str]]) -> None:
        """Add entries, each with its mode and the SHA of its blob or commit."""
        tree = self.git.add_tree(entries, self.git.commit(self.head).tree.decode())
        made = self.git.add_commit(tree, [self.head], "Put", "A <a@example.com>", datetime(2026, 1, 1, tzinfo=UTC))
        self.git.set_ref("refs/heads/main", made)

    def file(self, path: str) -> tuple[int, bytes]:
        """Mode and bytes."""
        mode, sha = self.git.files(self.head)[path]
        return mode, self.git.blob(sha)

    def paths(self, below: str) -> list[str]:
        """The files below a directory."""
        return sorted(path for path in self.git.files(self.head) if path.startswith(f"{below}/"))

    async def read(self, path: str, **arguments: Any) -> dict[str, Any]:
        return await call(self.client, "get_file_contents", path=path, **arguments, **SITE)

    async def commit(self, *files: dict[str, Any]) -> dict[str, Any]:
        return await call(self.client, "commit_files", **self.asked(files))

    async def refused(self, *files: dict[str, Any]) -> str:
        before = self.head
        words = await refusal(self.client, "commit_files", **self.asked(files))
        assert self.head == before
        return words

    async def newest(self) -> dict[str, Any]:
        """The newest commit, as the tool shows it."""
        return await call(self.client, "get_commit", ref=self.head, **SITE)

    async def lines_changed(self) -> tuple[int | None, int | None]:
        """Additions and deletions of the newest commit, as git counts them."""
        commit = await self.newest()
        return commit["additions"], commit["deletions"]

    def asked(self, files: tuple[dict[str, Any], ...]) -> dict[str, Any]:
        """The arguments of a commit of these files."""
        return {"branch": "main", "message": "M", "expected_head": self.head, "files": list(files), **SITE}
