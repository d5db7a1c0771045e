"""Directories as Git trees, read one by one: GitHub truncates the list of a whole large tree."""

import asyncio
from collections.abc import Collection
from typing import Any, Final

from github_mcp.adapters.api.client import GitHubApi, Request, parsed_list
from github_mcp.models.identifiers import RepositoryName, is_sha
from github_mcp.models.wire import Wire
from servicekit.core import Refused, off_loop

FILE: Final = "100644"
EXECUTABLE: Final = "100755"
LINK: Final = "120000"


class TreeEntry(Wire):
    """An entry of a tree. The path is exact, unlike that of a listing, which is made fit to show."""

    path: str
    mode: str = FILE
    type: str = "blob"
    sha: str
    size: int | None = None

    @property
    def kind(self) -> str:
        """What it is, in words."""
        if self.type == "blob":
            return "symbolic link" if self.mode == LINK else "file"
        return "directory" if self.type == "tree" else "submodule"


class Directories:
    """The directories of one commit, as far as they were read.

    Args:
        root: the SHA of the root directory; None if there is none.
        where: repository and branch, in words.
    """

    def __init__(self, api: GitHubApi, repository: RepositoryName, root: str | None, where: str) -> None:
        self._api, self._repository, self._root, self._where = api, repository, root, where
        self._known: dict[str, TreeEntry] = {}
        self._cut: set[str] = set()

    def get(self, path: str) -> TreeEntry | None:
        """The entry at a path whose directory was read; None if there is none.

        Raises:
            Refused: GitHub lists only a part of the directory, and the entry is not in that part.
        """
        found = self._known.get(path)
        if found is None and path.rpartition("/")[0] in self._cut:
            raise Refused(
                f"The directory of {path} in {self._where} is too large for GitHub to list, so it is unknown whether "
                "there is such a path. Nothing was written. Use a clone of the repository."
            )
        return found

    def names(self, kind: str) -> list[str]:
        """The paths of all known entries of a type, such as ``tree``."""
        return [path for path, entry in self._known.items() if entry.type == kind]

    async def read(self, directories: Collection[str]) -> None:
        """Read these directories and those that contain them, level by level."""
        needed = {"/".join(path.split("/")[:depth]) for path in directories for depth in range(path.count("/") + 2)}
        level = {"": self._root} if self._root is not None else {}
        while level:
            trees = await asyncio.gather(*map(self._tree, level.values()))
            for directory, (entries, is_cut) in zip(level, trees, strict=True):
                prefix = f"{directory}/" if directory else ""
                self._known.update({f"{prefix}{entry.path}": entry for entry in entries})
                self._cut |= {directory} if is_cut else set()
            level = {
                path: entry.sha
                for path in needed
                if path and path.rpartition("/")[0] in level
                if (entry := self._known.get(path)) is not None and entry.type == "tree"
            }

    async def below(self, directory: str) -> dict[str, TreeEntry]:
        """All files below a directory that was found, by path from the root.

        Raises:
            Refused: GitHub does not list all of them.
        """
        entries, is_cut = await self._tree(self._known[directory].sha, recursive=True)
        if is_cut:
            raise Refused(
                f"{directory} in {self._where} is too large for GitHub to list. Nothing was written. Move or remove "
                "its directories one by one, or use a clone of the repository."
            )
        return {f"{directory}/{entry.path}": entry for entry in entries if entry.type != "tree"}

    async def _tree(self, sha: str, *, recursive: bool = False) -> tuple[list[TreeEntry], bool]:
        query = {"recursive": 1} if recursive else None
        request = Request(("git", "trees", sha), f"tree {sha} in {self._repository.full}", query, pinned=is_sha(sha))
        reply = await self._api.read(self._repository, request)
        data: Any = reply.json()
        entries = await off_loop(len(reply.body), parsed_list, TreeEntry, data, "tree")
        return entries, bool(data.get("truncated"))
