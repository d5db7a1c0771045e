"""Changes of files as entries of a new Git tree: the present mode and bytes of each file are read first."""

import asyncio
import base64
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from github_mcp.adapters.api.client import RAW, GitHubApi, Request
from github_mcp.adapters.repositories.directories import EXECUTABLE, FILE, LINK, Directories, TreeEntry
from github_mcp.models.changes import FileChange
from github_mcp.models.files.file_bytes import NewFile, new_file, new_link
from github_mcp.models.files.lfs import LARGEST_POINTER
from github_mcp.models.files.path_conflicts import check_removals, check_sources, check_targets
from github_mcp.models.identifiers import RepositoryName
from servicekit.core import OutcomeUnknown, Refused, off_loop
from servicekit.schema import show_line

_LARGEST: Final = 8 * 1024 * 1024
"""Bytes of a present file that are read, to edit it or to keep its line endings."""
_INLINE: Final = 256 * 1024
"""Bytes of a new text that travel inside the tree; a larger one becomes a blob first."""
_ALL_INLINE: Final = 2 * 1024 * 1024
"""Bytes of all new texts that travel inside the tree."""
_MOST_FILES: Final = 5000
"""Files of a commit, with those of directories that are moved or removed."""
_LONGEST_TARGET: Final = 200  # characters of a link's target that a refusal shows
_AT_ONCE: Final = 5
"""Files that are read and written concurrently. GitHub asks for few concurrent requests."""


@dataclass(frozen=True, slots=True)
class TreeEntries:
    """Entries for a new tree, the number of files that they change, and what the writer should know of them."""

    entries: list[dict[str, Any]]
    files: int
    notices: list[str]


@dataclass(slots=True)
class _Plan:
    """Which paths a commit writes and which it removes; a file of a moved directory is a change of its own."""

    written: dict[str, FileChange] = field(default_factory=dict)
    removed: dict[str, FileChange] = field(default_factory=dict)
    sources: dict[str, TreeEntry] = field(default_factory=dict)


class TreeChanges:
    """Makes entries of a new tree in one repository.

    Args:
        root: the SHA of the tree that is changed.
        where: repository and branch, in words.
    """

    def __init__(self, api: GitHubApi, repository: RepositoryName, root: str | None, where: str) -> None:
        self._api, self._repository, self._where = api, repository, where
        self._directories = Directories(api, repository, root, where)
        self._slots = asyncio.Semaphore(_AT_ONCE)

    async def of(self, files: Sequence[FileChange]) -> TreeEntries:
        """The entries for each file that really changes.

        Raises:
            Refused: a file is missing or cannot be changed so, changes contradict each other, or nothing would change.
        """
        check_removals(files)
        paths = [path for change in files for path in (change.path, change.renamed_from) if path]
        await self._directories.read({path.rpartition("/")[0] for path in paths})
        present = self._directories.get
        check_sources(files, present, self._where)
        plan = await self._plan(files)
        check_targets(plan.written, plan.removed, present, self._where)
        async with asyncio.TaskGroup() as group:
            tasks = {path: group.create_task(self._new(path, change, plan)) for path, change in plan.written.items()}
        made = {path: task.result() for path, task in tasks.items()}
        removed = [self._removed(path) for path in plan.removed if path not in made]
        entries = [{"path": path, **entry} for path, (entry, _) in made.items() if entry] + removed
        if not entries:
            raise Refused(f"The files are like that already in {self._where}. Nothing was written.")
        moved = sum(change.renamed_from is not None for path, change in plan.removed.items() if path not in made)
        entries = await self._stored(entries)
        return TreeEntries(entries, len(entries) - moved, [notice for _, notice in made.values() if notice])

    async def _plan(self, files: Sequence[FileChange]) -> _Plan:
        """The paths to write and to remove, with the files of whole directories."""
        plan = _Plan()
        for change in files:
            source = change.renamed_from or change.path
            found = self._directories.get(source)
            below = {source: found} if found is not None else {}
            if found is not None and found.type == "tree" and (change.delete or change.renamed_from):
                below = await self._directories.below(source)
            if change.delete or change.renamed_from:
                plan.removed |= dict.fromkeys(below, change)
            if not change.delete:
                targets = {f"{change.path}{path.removeprefix(source)}": entry for path, entry in below.items()}
                plan.written |= dict.fromkeys(targets or [change.path], change)
                plan.sources |= targets
        if len(plan.written) + len(plan.removed) > 2 * _MOST_FILES:
            raise Refused(f"The commit changes more than {_MOST_FILES} files. Nothing was written. Use a clone.")
        return plan

    def _removed(self, path: str) -> dict[str, Any]:
        """The entry that removes a file; GitHub needs one for each file of a directory."""
        return {"path": path, "mode": FILE, "type": "blob", "sha": None}

    async def _new(self, path: str, change: FileChange, plan: _Plan) -> tuple[dict[str, Any] | None, str | None]:
        """The entry of a path that is written, with its bytes as `content`; None if nothing changes there."""
        source = plan.sources.get(path)
        if source is not None and change.renamed_from is None and path in plan.removed:
            source = None  # another change moves the present file away
        mode = _mode(change, source)
        kind = "commit" if source is not None and source.type == "commit" else "blob"
        entry = {"mode": source.mode if kind == "commit" and source is not None else mode, "type": kind}
        is_same = source is not None and source.mode == mode and change.renamed_from is None
        unchanged = f"{path}: unchanged."
        if source is not None and change.content is None and change.edits is None:
            self._require_same_kind(change, source)
            return (None, unchanged) if is_same else ({**entry, "sha": source.sha}, None)
        await self._require_explicit(change, source)
        async with self._slots:
            before = await self._content(change, source)
        size = len(before or b"") + len(change.content or "")
        made: NewFile = await off_loop(size, new_link if mode == LINK else new_file, change, before)
        if made.content == before and is_same:
            return None, unchanged
        return {**entry, "content": made.content}, made.notice

    def _require_same_kind(self, change: FileChange, source: TreeEntry) -> None:
        """Refuse a mode for what is no file."""
        if source.mode == LINK and change.executable is not None:
            raise Refused(f"{change.path} is a symbolic link in {self._where}, and has no mode. Nothing was written.")

    async def _require_explicit(self, change: FileChange, source: TreeEntry | None) -> None:
        """Refuse to empty a file, or to write through a symbolic link, unless the change says so."""
        if source is None:
            return
        if source.mode == LINK and change.symlink is None:
            target = show_line((await self._read(source, change.path)).decode(errors="replace")[:_LONGEST_TARGET])
            raise Refused(
                f"{change.path} is a symbolic link to {target} in {self._where}. Nothing was written. Name the file "
                "that it leads to. To change the link itself, give symlink=true with its new target as content; to "
                "replace it by a file, symlink=false."
            )
        if change.content == "" and source.size:  # some clients fill in what they leave out
            raise Refused(
                f"The content of {change.path} is empty, and the file has {source.size} bytes. Nothing was written. To "
                "remove it, give delete=true; to keep it but for one empty line, give a line break as its content."
            )

    async def _content(self, change: FileChange, source: TreeEntry | None) -> bytes | None:
        """The bytes of the present file, where the change depends on them."""
        if source is None or (source.mode == LINK and not change.symlink):
            return None
        size = source.size or 0
        if change.base64 and size >= LARGEST_POINTER:
            return None
        if size > _LARGEST:
            if change.edits is None:
                return None
            raise Refused(
                f"{change.path} has {size} bytes, and `edits` apply to files of up to {_LARGEST}. Nothing was written. "
                "Change it in a clone of the repository."
            )
        return await self._read(source, change.path)

    async def _read(self, source: TreeEntry, path: str) -> bytes:
        what = f"file {path} in {self._where}"
        request = Request(("git", "blobs", source.sha), what, accept=RAW, json=False, pinned=True)
        return (await self._api.read(self._repository, request)).body

    async def _stored(self, entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The entries with small texts inside, and with the blobs of other contents, which are made concurrently."""
        room = _ALL_INLINE

        async def with_blob(entry: dict[str, Any], content: bytes) -> dict[str, Any]:
            async with self._slots:
                return {**entry, "sha": await self._blob(entry["path"], content)}

        async with asyncio.TaskGroup() as group:
            blobs: dict[int, asyncio.Task[dict[str, Any]]] = {}
            for place, entry in enumerate(entries):
                content = entry.get("content")
                if content is None:
                    continue
                text = _plain_text(content) if len(content) <= min(_INLINE, room) else None
                if text is None:
                    without = {name: value for name, value in entry.items() if name != "content"}
                    blobs[place] = group.create_task(with_blob(without, content))
                else:
                    room -= len(content)
                    entries[place] = {**entry, "content": text}
        return [blobs[place].result() if place in blobs else entry for place, entry in enumerate(entries)]

    async def _blob(self, path: str, content: bytes) -> str:
        sent = {"content": base64.b64encode(content).decode(), "encoding": "base64"}
        request = Request(("git", "blobs"), f"file {path} in {self._where}")
        return sha_of(await self._api.write(self._repository, "POST", request, sent, idempotent=True))


def _mode(change: FileChange, source: TreeEntry | None) -> str:
    """The mode after a change."""
    if change.symlink:
        return LINK
    present = source.mode if source is not None else FILE
    if change.symlink is False and present == LINK:
        present = FILE
    if change.executable is None or present == LINK:
        return present
    return EXECUTABLE if change.executable else FILE


def _plain_text(content: bytes) -> str | None:
    """Bytes as a text that has the same bytes in JSON; None for others."""
    try:
        return None if b"\0" in content else content.decode()
    except UnicodeDecodeError:
        return None


def sha_of(data: Any) -> str:
    """The SHA of an object that GitHub made. Nothing refers to it yet, so a repeated request is harmless.

    Raises:
        OutcomeUnknown: the response has none.
    """
    sha = data.get("sha") if isinstance(data, dict) else None
    if not isinstance(sha, str):
        raise OutcomeUnknown("GitHub")
    return sha
