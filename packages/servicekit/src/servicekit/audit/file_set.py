"""The files of an audit trail: the one that is written to, and older ones, named by the number of their first entry.

With the setting ``trail.jsonl``: entries are written to ``trail.jsonl``; ``trail.000000000001.jsonl`` is older;
``trail.cuts.jsonl`` records what retention removed.
"""

import fcntl
import json
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Final

from servicekit.audit.cuts import Cut, cut_members, read_cut
from servicekit.audit.lines import complete_size, lines_backwards, read_line
from servicekit.audit.trail import TrailEntry

_DIGITS: Final = 12


class FileSet:
    """The files of one trail.

    Args:
        path: the file that is written to.
    """

    def __init__(self, path: Path) -> None:
        self.path: Final = path
        self._cuts = path.with_name(f"{path.stem}.cuts{path.suffix}")

    def older(self) -> list[Path]:
        """The files that are not written to any more, oldest first."""
        name = re.compile(rf"{re.escape(self.path.stem)}\.\d{{{_DIGITS}}}{re.escape(self.path.suffix)}")
        if not self.path.parent.is_dir():
            return []
        return sorted(file for file in self.path.parent.iterdir() if name.fullmatch(file.name))

    def size(self) -> int:
        """Bytes of all files together."""
        total = 0
        for file in (*self.older(), self.path):
            with suppress(FileNotFoundError):  # deleted or renamed meanwhile
                total += file.stat().st_size
        return total

    def older_name(self, first: int) -> Path:
        """The name of an older file whose first entry has this number."""
        return self.path.with_name(f"{self.path.stem}.{first:0{_DIGITS}}{self.path.suffix}")

    @contextmanager
    def opened(self, *, newest_first: bool) -> Iterator[Iterator[BinaryIO]]:
        """Every file, opened when it is reached. None is missed where a new file is begun meanwhile."""
        with ExitStack() as stack:
            newest = stack.enter_context(self.path.open("rb")) if self.path.exists() else None
            older = self.older()  # listed after the newest was opened
            yield self._newest_first(newest, older[::-1]) if newest_first else self._oldest_first(newest, older)

    def _newest_first(self, newest: BinaryIO | None, older: Iterable[Path]) -> Iterator[BinaryIO]:
        if newest is not None:
            yield newest
        yield from _others(older, newest)

    def _oldest_first(self, newest: BinaryIO | None, older: Iterable[Path]) -> Iterator[BinaryIO]:
        yield from _others(older, newest)
        if newest is not None:
            yield newest

    def last_entry(self) -> TrailEntry | None:
        """The newest readable entry."""
        with self.opened(newest_first=True) as files:
            for file in files:
                if (entry := last_entry(file)) is not None:
                    return entry
        return None

    def cuts(self) -> list[Cut]:
        """What retention removed. A damaged line is left out, so that verification reports the missing entries."""
        if not self._cuts.exists():
            return []
        lines = self._cuts.read_bytes().splitlines()
        return [cut for line in lines if (cut := _read_cut(line)) is not None]

    def add_cut(self, cut: Cut) -> None:
        """Record a cut durably, before its files are deleted."""
        with self._cuts.open("ab") as file:
            file.write(json.dumps(cut_members(cut)).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())

    @contextmanager
    def kept(self) -> Iterator[None]:
        """While a reader is inside, no file is deleted."""
        with ExitStack() as stack:
            if self._cuts.exists():
                fcntl.flock(stack.enter_context(self._cuts.open("rb")), fcntl.LOCK_SH)
            yield

    @contextmanager
    def removing(self) -> Iterator[bool]:
        """Whether files may be deleted: no reader and no other process is at it."""
        with self._cuts.open("ab") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
            else:
                yield True


def _others(paths: Iterable[Path], opened: BinaryIO | None) -> Iterator[BinaryIO]:
    """The files at these paths, without those that were deleted and the one that is open."""
    for path in paths:
        with suppress(FileNotFoundError), path.open("rb") as file:
            if opened is None or not os.path.sameopenfile(file.fileno(), opened.fileno()):
                yield file


def first_entry(file: BinaryIO) -> TrailEntry | None:
    """The first entry of a file, if it is readable."""
    file.seek(0)
    return read_line(file.readline())


def last_entry(file: BinaryIO) -> TrailEntry | None:
    """The last readable entry of a file."""
    size = complete_size(file, file.seek(0, os.SEEK_END))
    return next((entry for line in lines_backwards(file, size) if (entry := read_line(line)) is not None), None)


def _read_cut(line: bytes) -> Cut | None:
    try:
        return read_cut(json.loads(line))
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
