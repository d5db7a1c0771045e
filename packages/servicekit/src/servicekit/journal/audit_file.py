"""An audit trail for services without a database: lines of JSON with the same hash chain, in a file of its own."""

import errno
import json
import os
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from servicekit.journal.hash_chain import GENESIS, entry_hash, serialise_entry
from servicekit.journal.protocol import AuditEntry

CHAIN = "file"
"""A file is one chain, whoever the entries are about."""


class AuditFile:
    """Appends to one file; each start of a process goes on with the chain that it finds.

    One process writes to one file: replicas have a file each, or a volume each.

    Args:
        path: the file; it is made where it is not there.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._number, self._head = 0, GENESIS
        self._file: BinaryIO | None = None

    def open(self) -> None:
        """Go on with the chain.

        Raises:
            OSError: the file cannot be opened. A server that cannot keep its trail does not start.
        """
        self._number, self._head, end = self._last()
        # Unbuffered: what a full disk did not take must not be written later, after its number was given away.
        self._file = self._path.open("ab", buffering=0)
        if self._file.tell() > end:
            self._file.truncate(end)  # a line cut by a crash was never acknowledged; the next would be lost in it

    def append(self, entry: AuditEntry) -> None:
        """Write an entry, and hand it to the operating system before returning.

        Raises:
            OSError: it could not be written.
        """
        if self._file is None:
            raise OSError("the audit file is not open")
        text, number = serialise_entry(entry), self._number + 1
        own = entry_hash(self._head, CHAIN, number, text)
        line = {
            "tenant": entry.tenant,
            "number": number,
            "entry": text,
            "previous": self._head.hex(),
            "hash": own.hex(),
        }
        encoded = json.dumps(line, ensure_ascii=False).encode() + b"\n"
        end = self._file.seek(0, os.SEEK_END)
        try:
            if self._file.write(encoded) != len(encoded):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError:
            with suppress(OSError):
                self._file.truncate(end)
            raise
        self._number, self._head = number, own

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    async def trail(self) -> AsyncIterator[tuple[str, int, str, bytes, bytes]]:
        """Every entry as written: chain, number, text, hash of the one before, own hash.

        A line that is none any more comes as its place and its text, under hashes that do not fit.
        """
        with self._path.open("rb") as lines:
            for place, line in enumerate(lines, start=1):
                if not line.endswith(b"\n"):
                    return  # being written, or cut by a crash
                yield _parsed(line) or (CHAIN, place, line.decode(errors="replace"), GENESIS, GENESIS)

    def _last(self) -> tuple[int, bytes, int]:
        """Number and hash of the last whole entry, and where it ends."""
        number, head, end = 0, GENESIS, 0
        if not self._path.exists():
            return number, head, end
        with self._path.open("rb") as lines:
            for line in lines:
                if line.endswith(b"\n"):
                    end += len(line)
                    if (found := _parsed(line)) is not None:
                        number, head = found[1], found[4]
        return number, head, end


def _parsed(line: bytes) -> tuple[str, int, str, bytes, bytes] | None:
    try:
        fields = json.loads(line)
        entry = (fields["number"] + 0, fields["entry"] + "")
        return CHAIN, *entry, bytes.fromhex(fields["previous"]), bytes.fromhex(fields["hash"])
    except (ValueError, KeyError, TypeError):
        return None
