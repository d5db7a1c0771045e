"""Changes of files as entries of a new Git tree: the present mode and bytes of each file are read first."""

import asyncio
import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from github_mcp.adapters.api import RAW, GitHubApi, Request, parsed_list
from github_mcp.models.changes import FileChange
from github_mcp.models.file_bytes import new_file
from github_mcp.models.identifiers import RepositoryName
from github_mcp.models.wire import Wire
from servicekit.core import OutcomeUnknown, Refused, off_loop

_PLAIN: Final = "100644"
_RUNNABLE: Final = "100755"
_LINK: Final = "120000"
_LARGEST: Final = 8 * 1024 * 1024
"""Bytes of a present file that are read, to edit it or to keep its line endings."""
_INLINE: Final = 256 * 1024
"""Bytes of a new text that travel inside the tree; a larger one becomes a blob first."""
_AT_ONCE: Final = 5
"""Files that are read and written concurrently. GitHub asks for few concurrent requests."""


class _Present(Wire):
    """An entry of a tree. The path is exact, unlike that of a listing, which is made fit to show."""

    path: str
    mode: str = _PLAIN
    type: str = "blob"
    sha: str
    size: int | None = None


@dataclass(frozen=True, slots=True)
class TreeEntries:
    """Entries for a new tree, and what the writer should know of them."""

    entries: list[dict[str, Any]]
    notices: list[str]


class TreeChanges:
    """Makes entries of a new tree in one repository.

    Args:
        root: the SHA of the tree that is changed.
        where: repository and branch, in words.
    """

    def __init__(self, api: GitHubApi, repository: RepositoryName, root: str | None, where: str) -> None:
        self._api, self._repository, self._root, self._where = api, repository, root, where
        self._present: dict[str, _Present] = {}

    async def of(self, files: Sequence[FileChange]) -> TreeEntries:
        """One entry for each file that really changes.

        Raises:
            Refused: a file is missing, is no plain file, or its edits do not fit; or nothing would change.
        """
        await self._read_directories([change.path for change in files])
        slots = asyncio.Semaphore(_AT_ONCE)

        async def one(change: FileChange) -> tuple[dict[str, Any] | None, str | None]:
            async with slots:
                return await self._entry(change)

        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(change)) for change in files]
        made = [task.result() for task in tasks]
        entries = [entry for entry, _ in made if entry is not None]
        if not entries:
            raise Refused(f"The files are like that already in {self._where}. Nothing was written.")
        return TreeEntries(entries, [notice for _, notice in made if notice])

    async def _entry(self, change: FileChange) -> tuple[dict[str, Any] | None, str | None]:
        present = self._present.get(change.path)
        self._check(change, present)
        if change.delete:
            mode = present.mode if present is not None else _PLAIN
            return {"path": change.path, "mode": mode, "type": "blob", "sha": None}, None
        mode = present.mode if present is not None else _PLAIN
        if change.executable is not None:
            mode = _RUNNABLE if change.executable else _PLAIN
        entry = {"path": change.path, "mode": mode, "type": "blob"}
        is_same_mode = present is not None and present.mode == mode
        unchanged = f"{change.path}: unchanged."
        if change.content is None and change.edits is None:
            assert present is not None  # noqa: S101  # for the type checker: checked above
            return (None, unchanged) if is_same_mode else ({**entry, "sha": present.sha}, None)
        before = await self._content(change, present)
        size = len(before or b"") + len(change.content or "")
        made = await off_loop(size, new_file, change, before)
        if made.content == before and is_same_mode:
            return None, unchanged
        return {**entry, **await self._stored(change, made.content)}, made.notice

    def _check(self, change: FileChange, present: _Present | None) -> None:
        path = change.path
        if present is None:
            if change.content is None:
                raise Refused(
                    f"There is no file {path} in {self._where}. Nothing was written. Give `content` for a new file, or "
                    "list the files with get_repository_tree."
                )
        elif present.type == "tree":
            raise Refused(f"{path} is a directory in {self._where}. Nothing was written. Name each of its files.")
        elif present.type != "blob" or (present.mode == _LINK and not change.delete):
            kind = "symbolic link" if present.mode == _LINK else "submodule"
            raise Refused(f"{path} is a {kind} in {self._where}. Nothing was written. Name the file that it leads to.")
        elif change.content == "" and present.size:  # some clients fill in what they leave out
            raise Refused(
                f"The content of {path} is empty, and the file has {present.size} bytes. Nothing was written. To "
                "remove it, give delete=true; to keep it but for one empty line, give a line break as its content."
            )

    async def _read_directories(self, paths: Sequence[str]) -> None:
        """Read the directories of these paths, level by level: GitHub truncates the list of a whole large tree."""
        needed = {path.rpartition("/")[0] for path in paths}
        needed |= {"/".join(path.split("/")[:depth]) for path in needed for depth in range(path.count("/") + 1)}
        level = {"": self._root} if self._root is not None else {}
        while level:
            trees = await asyncio.gather(*map(self._directory, level.values()))
            for directory, entries in zip(level, trees, strict=True):
                prefix = f"{directory}/" if directory else ""
                self._present.update({f"{prefix}{entry.path}": entry for entry in entries})
            level = {
                path: entry.sha
                for directory in level
                for path in needed
                if path.rpartition("/")[0] == directory
                and path
                and (entry := self._present.get(path)) is not None
                and entry.type == "tree"
            }

    async def _directory(self, sha: str) -> list[_Present]:
        request = Request(("git", "trees", sha), f"tree {sha} in {self._repository.full}", pinned=True)
        tree = await self._api.read_or_none(self._repository, request)
        if isinstance(tree, dict) and tree.get("truncated"):
            raise Refused(
                f"A directory in {self._where} is too large for GitHub to list, so the modes of its files are unknown. "
                "Nothing was written. Change it in a clone of the repository."
            )
        return parsed_list(_Present, tree, "tree") if tree is not None else []

    async def _content(self, change: FileChange, present: _Present | None) -> bytes | None:
        """The bytes of the present file, where the change depends on them."""
        if present is None or change.base64:
            return None
        if (present.size or 0) > _LARGEST:
            if change.edits is None:
                return None
            raise Refused(
                f"{change.path} has {present.size} bytes, and `edits` apply to files of up to {_LARGEST}. Nothing was "
                "written. Change it in a clone of the repository."
            )
        request = Request(
            ("git", "blobs", present.sha),
            f"file {change.path} in {self._where}",
            accept=RAW,
            json=False,
            pinned=True,
        )
        return (await self._api.read(self._repository, request)).body

    async def _stored(self, change: FileChange, content: bytes) -> dict[str, str]:
        """The member of an entry that holds the content or names its blob."""
        if not change.base64 and len(content) <= _INLINE:
            return {"content": content.decode()}
        sent = {"content": base64.b64encode(content).decode(), "encoding": "base64"}
        request = Request(("git", "blobs"), f"file {change.path} in {self._where}")
        data = await self._api.write(self._repository, "POST", request, sent, idempotent=True)
        return {"sha": sha_of(data)}


def sha_of(data: Any) -> str:
    """The SHA of an object that GitHub made. Nothing refers to it yet, so a repeated request is harmless.

    Raises:
        OutcomeUnknown: the response has none.
    """
    sha = data.get("sha") if isinstance(data, dict) else None
    if not isinstance(sha, str):
        raise OutcomeUnknown("GitHub")
    return sha
