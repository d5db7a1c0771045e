"""The audit trail of a service without a database: files with one JSON line per entry, in one hash chain."""

import errno
import fcntl
import logging
import os
import re
import secrets
import socket
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Final

from servicekit.audit.anchor_keys import AnchorKeys
from servicekit.audit.cuts import Cut
from servicekit.audit.entry import AuditEntry
from servicekit.audit.file_retention import Retention, prune
from servicekit.audit.file_set import FileSet, first_entry
from servicekit.audit.hash_chain import GENESIS, entry_hash, entry_of
from servicekit.audit.heads import Heads
from servicekit.audit.lines import complete_size, written_line
from servicekit.telemetry.instruments import audit_written

_logger = logging.getLogger(__name__)

MAX_BYTES: Final = 64 * 1024 * 1024
"""Default size of a file, in bytes."""
_MAX_HOST: Final = 63  # characters
_DAMAGED: Final = (0, 0)
"""Stands for the month of a file whose first entry was changed: the next entry begins a new file."""


class FileInUse(OSError):
    """Another process writes to the audit file."""


class AuditFile:
    """Appends entries to a file and continues its chain after a restart. A full file is renamed and a new one begun.

    Only one process may write to a file, so each replica has its own. Its chain is named after the machine or pod.

    Args:
        path: the file, created if it does not exist.
        max_bytes: size at which a new file is begun; also at the first entry of a month.
        retention: which older files are deleted.
        keys: sign the record of what was deleted.
    """

    def __init__(
        self,
        path: Path,
        *,
        max_bytes: int = MAX_BYTES,
        retention: Retention | None = None,
        keys: AnchorKeys | None = None,
    ) -> None:
        self.files: Final = FileSet(path)
        self.heads: Final = Heads()
        self.on_new_file: Callable[[], None] = lambda: None
        """Called when a file is full and a new one begun."""
        self.path: Final = path
        self._max_bytes, self._retention, self._keys = max_bytes, retention or Retention(), keys
        self._chain, self._number, self._head = "", 0, GENESIS
        self._first = 1  # number of the first entry of the file
        self._month: tuple[int, int] | None = None  # of the first entry of the file; None while it is empty
        self._file: BinaryIO | None = None
        self._lock: BinaryIO | None = None
        self._identity = 0, 0  # device and inode of the open file

    def open(self) -> None:
        """Open the file and read the end of its chain.

        Raises:
            FileInUse: another process has it open.
            OSError: the file cannot be opened. The server then does not start.
        """
        self._lock = _locked(self.path)
        try:
            last = self.files.last_entry()
            if last is not None:
                self._chain, self._number, self._head = last.chain, last.number, last.own
            elif cuts := self.files.cuts():  # retention removed everything
                self._chain, self._number, self._head = cuts[-1].chain, cuts[-1].number, cuts[-1].own
            else:
                self._chain = _new_chain()
            self._file = self._opened()
        except OSError:
            self.close()
            raise

    def _opened(self) -> BinaryIO:
        # Unbuffered: a line refused by a full disk must not be written later, when its number is used again.
        file = self.path.open("a+b", buffering=0)
        status = os.fstat(file.fileno())
        self._identity = status.st_dev, status.st_ino
        size = file.seek(0, os.SEEK_END)
        end = complete_size(file, size)
        if size > end:
            # Remove a line cut by a crash: its call was not answered, and the next line would be appended to it.
            file.truncate(end)
        self._first, self._month = self._number + 1, None
        if (first := first_entry(file)) is not None:
            written = entry_of(first.text)
            self._first, self._month = first.number, _month(written.at) if written is not None else _DAMAGED
        return file

    def append(self, *entries: tuple[AuditEntry, str]) -> None:
        """Append entries, each with its text (`serialise_entry`), all or none.

        They are with the operating system when this returns.

        Raises:
            OSError: they were not written.
        """
        if self._file is None:
            raise OSError("the audit file is not open")
        number, head = self._number, self._head
        lines = []
        for entry, text in entries:
            number += 1
            own = entry_hash(head, self._chain, number, text)
            lines.append(written_line(self._chain, entry.tenant, number, text, head, own))
            head = own
        encoded = "".join(lines).encode()
        month = _month(entries[0][0].at)
        if not self._is_in_place():
            _logger.error("audit file was removed or replaced, a new one begun")
            begun = self._opened()
            self._file.close()
            self._file = begun
        end = self._file.seek(0, os.SEEK_END)
        if self._month is not None and (month > self._month or end + len(encoded) > self._max_bytes):
            self._begin_file()
            end = self._file.seek(0, os.SEEK_END)
        try:
            if self._file.write(encoded) != len(encoded):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError:
            with suppress(OSError):
                self._file.truncate(end)
            raise
        self._month = self._month or month
        self._number, self._head = number, head
        audit_written.add(len(encoded))
        self.heads.advanced(self._chain, number, head)

    def _is_in_place(self) -> bool:
        """Whether the path still names the open file. Entries in a deleted file could not be read."""
        try:
            found = os.stat(self.path)  # noqa: PTH116 - a third of the time of Path.stat
        except FileNotFoundError:
            return False
        return (found.st_dev, found.st_ino) == self._identity

    def _begin_file(self) -> None:
        """Rename the file and begin a new one. Where that fails, the old one stays in use."""
        older = self.files.older_name(self._first)
        try:
            if older.exists():
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
            self.path.rename(older)
            try:
                begun = self._opened()
            except OSError:
                older.rename(self.path)
                raise
        except OSError as error:
            _logger.warning("no new audit file begun", extra={"reason": error.strerror})
            return
        if self._file is not None:
            self._file.close()
        self._file = begun
        self.on_new_file()

    def prepare_prune(self, now: datetime) -> None:
        """Begin a new file where every entry of this one has expired, so that it can be removed."""
        before = self._retention.before(now)
        if before is not None and self._month is not None:
            last = self.files.last_entry()
            written = entry_of(last.text) if last is not None else None
            if written is not None and written.at < before:
                self._begin_file()

    def prune(self, now: datetime) -> Cut | None:
        """Delete the older files that the settings do not keep. May run in a thread, beside `append`."""
        max_older = self._retention.max_older(self._max_bytes)
        return prune(self.files, self._retention.before(now), max_older, self._keys, now)

    def close(self) -> None:
        for file in (self._file, self._lock):
            if file is not None:
                file.close()
        self._file = self._lock = None


def _locked(path: Path) -> BinaryIO:
    """The lock of a file's writer, which is released when it is closed and when the process ends."""
    lock = path.with_name(f"{path.name}.lock").open("ab")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.close()
        if not isinstance(error, BlockingIOError):
            raise
        raise FileInUse(
            errno.EWOULDBLOCK,
            "Another process writes to this audit file. Stop it, or set AUDIT_FILE to a file of this process's own",
            str(path),
        ) from None
    return lock


def _new_chain() -> str:
    """A name that no other chain has, also of replicas and of a file that was deleted."""
    host = re.sub(r"[^A-Za-z0-9.-]", "-", socket.gethostname())[:_MAX_HOST] or "host"
    return f"file/{host}-{secrets.token_hex(4)}"


def _month(at: datetime) -> tuple[int, int]:
    return at.year, at.month
