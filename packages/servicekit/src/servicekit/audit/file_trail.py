"""Reads the audit trail from the files of a service without a database, also while the service writes to them."""

import os
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from typing import BinaryIO, Final

from servicekit.audit.cuts import Cut
from servicekit.audit.entry import AuditEntry
from servicekit.audit.file_set import FileSet, first_entry, last_entry
from servicekit.audit.hash_chain import GENESIS, entry_of, searched_members
from servicekit.audit.lines import complete_size, lines_backwards, part_of_line, read_line
from servicekit.audit.trail import TrailEntry

_JITTER: Final = timedelta(hours=1)
"""Entries are in the order in which calls end, and dated when they begin."""


class FileTrail:
    """The trail in a set of files."""

    def __init__(self, files: FileSet) -> None:
        self._files = files

    def find(self, tenant: str, subject: str, count: int, before: int | None) -> list[tuple[int, AuditEntry]]:
        """The latest entries of a user, newest first, with their numbers. Reads backwards until it has enough.

        Args:
            before: entries with lower numbers only.
        """
        part = part_of_line(searched_members(tenant, subject))
        found = list[tuple[int, AuditEntry]]()
        with self._files.opened(newest_first=True) as files:
            for file in files:
                first = first_entry(file)
                if before is not None and first is not None and first.number >= before:
                    continue
                for line in lines_backwards(file, _complete(file), part):
                    stored = read_line(line)
                    if stored is None or (before is not None and stored.number >= before):
                        continue
                    entry = entry_of(stored.text)
                    if entry is not None and (entry.tenant, entry.subject) == (tenant, subject):
                        found.append((stored.number, entry))
                    if len(found) == count:
                        return found
        return found

    async def latest(self, count: int) -> AsyncIterator[TrailEntry]:
        """The latest entries, oldest first."""
        for entry in reversed(self._newest(count)):
            yield entry

    def _newest(self, count: int) -> list[TrailEntry]:
        newest = list[TrailEntry]()
        with self._files.opened(newest_first=True) as files:
            for file in files:
                for line in lines_backwards(file, _complete(file)):
                    if (entry := read_line(line)) is not None:
                        newest.append(entry)
                    if len(newest) == count:
                        return newest
        return newest

    async def cuts(self) -> Sequence[Cut]:
        """What retention removed."""
        return self._files.cuts()

    async def trail(self, since: datetime | None = None, until: datetime | None = None) -> AsyncIterator[TrailEntry]:
        """Every entry, but none of the files that lie wholly before `since` or after `until`.

        A damaged line comes as an entry with wrong hashes, so that verification reports it.
        """
        chain, number = "file", 0
        with self._files.kept(), self._files.opened(newest_first=False) as files:
            for file in files:
                if not _reaches_into(file, since, until):
                    continue
                file.seek(0)
                for line in file:
                    if not line.endswith(b"\n"):
                        break  # incomplete: being written, or cut by a crash
                    damaged = TrailEntry(chain, number + 1, line.decode(errors="replace"), GENESIS, GENESIS)
                    entry = read_line(line) or damaged
                    chain, number = entry.chain, entry.number
                    yield entry


def _complete(file: BinaryIO) -> int:
    return complete_size(file, file.seek(0, os.SEEK_END))


def _reaches_into(file: BinaryIO, since: datetime | None, until: datetime | None) -> bool:
    """Whether a file may have entries from `since` on and before `until`. Damaged files may."""
    if since is not None and (last := _time(last_entry(file))) is not None and last < since - _JITTER:
        return False
    first = _time(first_entry(file)) if until is not None else None
    return first is None or until is None or first < until + _JITTER


def _time(stored: TrailEntry | None) -> datetime | None:
    entry = entry_of(stored.text) if stored is not None else None
    return entry.at if entry is not None else None
