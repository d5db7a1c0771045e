"""The audit trail of a service without a database: a file with one JSON line per entry, in a hash chain."""

import errno
import json
import os
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from datetime import datetime
from json.encoder import encode_basestring
from pathlib import Path
from typing import BinaryIO, Final

from servicekit.journal.cuts import Cut
from servicekit.journal.hash_chain import GENESIS, entry_hash
from servicekit.journal.heads import Heads
from servicekit.journal.protocol import AuditEntry
from servicekit.journal.trail import TrailEntry

CHAIN = "file"
"""The name of the chain. A file has one chain for all tenants."""


class AuditFile:
    """Appends entries to a file and continues its chain after a restart.

    Only one process may write to a file, so each replica has its own.

    Args:
        path: the file, created if it does not exist.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._number, self._head = 0, GENESIS
        self._file: BinaryIO | None = None
        self.heads: Final = Heads()

    def open(self) -> None:
        """Open the file and read the end of its chain.

        Raises:
            OSError: the file cannot be opened. The server then does not start.
        """
        self._number, self._head, end = self._end_of_chain()
        # Unbuffered: a line refused by a full disk must not be written later, when its number is used again.
        self._file = self._path.open("ab", buffering=0)
        if self._file.tell() > end:
            self._file.truncate(
                end
            )  # remove a line cut by a crash: its call was not answered, and the next line would be appended to it

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
            own = entry_hash(head, CHAIN, number, text)
            lines.append(_line(entry.tenant, number, text, head, own))
            head = own
        encoded = "".join(lines).encode()
        end = self._file.seek(0, os.SEEK_END)
        try:
            if self._file.write(encoded) != len(encoded):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError:
            with suppress(OSError):
                self._file.truncate(end)
            raise
        self._number, self._head = number, head
        self.heads.advanced(CHAIN, number, head)

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    async def latest(self, count: int) -> AsyncIterator[TrailEntry]:
        """The latest entries, oldest first."""
        newest: deque[TrailEntry] = deque(maxlen=count)
        async for entry in self.trail():
            newest.append(entry)
        for entry in newest:
            yield entry

    def cuts(self) -> Sequence[Cut]:
        """None: entries are not removed."""
        return ()

    async def trail(self, since: datetime | None = None, until: datetime | None = None) -> AsyncIterator[TrailEntry]:  # noqa: ARG002
        """Every entry.

        Unreadable lines are returned with their position and wrong hashes, so that verification reports them.
        """
        with self._path.open("rb") as lines:
            for position, line in enumerate(lines, start=1):
                if not line.endswith(b"\n"):
                    return  # incomplete: being written, or cut by a crash
                yield _parsed(line) or TrailEntry(CHAIN, position, line.decode(errors="replace"), GENESIS, GENESIS)

    def _end_of_chain(self) -> tuple[int, bytes, int]:
        """Number and hash of the last entry, and the end of the last complete line in bytes."""
        number, head, end = 0, GENESIS, 0
        if not self._path.exists():
            return number, head, end
        with self._path.open("rb") as lines:
            for line in lines:
                if line.endswith(b"\n"):
                    end += len(line)
                    if (found := _parsed(line)) is not None:
                        number, head = found.number, found.own
        return number, head, end


def _line(tenant: str, number: int, text: str, previous: bytes, own: bytes) -> str:
    return (
        f'{{"tenant": {encode_basestring(tenant)}, "number": {number}, "entry": {encode_basestring(text)}, '
        f'"previous": "{previous.hex()}", "hash": "{own.hex()}"}}\n'
    )


def _parsed(line: bytes) -> TrailEntry | None:
    try:
        fields = json.loads(line)
        previous, own = bytes.fromhex(fields["previous"]), bytes.fromhex(fields["hash"])
        number, text = fields["number"] + 0, fields["entry"] + ""
        return TrailEntry(CHAIN, number, text, previous, own, {"tenant": fields["tenant"]})
    except (ValueError, KeyError, TypeError):
        return None
