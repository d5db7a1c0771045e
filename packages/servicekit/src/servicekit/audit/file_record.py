"""The audit trail of one process in its files: entries of writes at once, those of reads in batches, and retention."""

import asyncio
import logging
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Final

from servicekit.audit.entry import AuditEntry
from servicekit.audit.file import AuditFile, FileInUse
from servicekit.audit.file_trail import FileTrail
from servicekit.audit.hash_chain import serialise_entry
from servicekit.audit.read_batches import ReadBatches
from servicekit.core.errors import NothingChanged
from servicekit.telemetry.instruments import audit_size
from servicekit.telemetry.volumes import volumes

_logger = logging.getLogger(__name__)

_LINES: Final = 500  # entries hashed and appended at once: about 2 ms
_PRUNE_INTERVAL: Final = 3600.0  # seconds
_PATIENCE: Final = 5.0  # seconds to wait for a file that another process writes to
_POLL_INTERVAL: Final = 0.1  # seconds


class AuditUnwritable(NothingChanged):
    """A write is refused, because the audit file cannot take its entry."""

    def __init__(self) -> None:
        super().__init__("audit file")
        words = (
            "This server cannot record actions at the moment: its audit file has no space. Nothing was changed, and "
            "reads still work. Tell the operator, and try again later."
        )
        self.args = (words,)


class FileRecord:
    """Records calls in an audit file.

    Args:
        audit: the file.
    """

    def __init__(self, audit: AuditFile) -> None:
        self._audit = audit
        self._reads = ReadBatches(self._write_reads)
        self._searching = asyncio.Lock()
        self._full = asyncio.Event()
        self._unwritten: list[tuple[AuditEntry, str]] = []  # of writes that took effect when the disk became full
        self._pruner: asyncio.Task[None] | None = None
        self.heads: Final = audit.heads
        self.stored: Final = FileTrail(audit.files)

    @property
    def dropped(self) -> int:
        """Lost audit entries of reads."""
        return self._reads.dropped

    async def start(self) -> None:
        """Open the file.

        Raises:
            OSError: it cannot be opened, or another process writes to it.
        """
        await self._open()
        self._audit.on_new_file = self._full.set
        audit_size.follow(self._audit.files.size, "file")
        volumes.watch("audit", self._audit.path.parent)
        await self._reads.start()
        self._pruner = asyncio.create_task(self._prune_periodically(), name="audit retention")

    async def _open(self) -> None:
        """Open the file. A process that ends may still have it, as when a client restarts its server over stdio."""
        end = time.monotonic() + _PATIENCE
        while True:
            try:
                self._audit.open()
            except FileInUse:
                if time.monotonic() > end:
                    raise
                await asyncio.sleep(_POLL_INTERVAL)
            else:
                return

    async def stop(self) -> None:
        """Write the queued entries and close the file."""
        if self._pruner is not None:
            self._pruner.cancel()
        await self._reads.stop()
        try:
            self._write_unwritten()
        except OSError as error:
            _logger.error(  # noqa: TRY400 - a full disk needs no stack
                "audit entries of writes lost", extra={"reason": error.strerror, "entries": len(self._unwritten)}
            )
        self._audit.close()
        audit_size.set(None, "file")
        volumes.forget("audit")

    def append(self, entry: AuditEntry) -> None:
        """Append the audit entry of a write, which took effect already.

        An entry that cannot be written is kept, and written before the next write begins (`require_writable`).
        """
        self._unwritten.append((entry, serialise_entry(entry)))
        try:
            self._write_unwritten()
        except OSError as error:
            _logger.error(  # noqa: TRY400 - a full disk needs no stack
                "audit entry of a write kept in memory", extra={"reason": error.strerror}
            )

    def require_writable(self) -> None:
        """Called before a write has an effect.

        Raises:
            AuditUnwritable: entries of earlier writes still cannot be written.
        """
        try:
            self._write_unwritten()
        except OSError:
            raise AuditUnwritable from None

    def _write_unwritten(self) -> None:
        if self._unwritten:
            self._audit.append(*self._unwritten)
            self._unwritten.clear()

    def note(self, entry: AuditEntry) -> None:
        """Queue the entry of a read. It is appended with the next batch."""
        self._reads.note(entry)

    async def calls_of(
        self, tenant: str, subject: str, count: int, before: int | None
    ) -> Sequence[tuple[int, AuditEntry]]:
        """The latest entries of a user, newest first."""
        await self._reads.flush()
        async with self._searching:  # in a thread: a user without entries is searched for in all files
            return await asyncio.to_thread(self.stored.find, tenant, subject, count, before)

    async def _write_reads(self, entries: Sequence[AuditEntry]) -> Sequence[AuditEntry]:
        """Append a batch. What cannot be written is lost, which is logged and counted and fails no call."""
        texts = await self._reads.texts(entries)
        while texts:
            count = max(_LINES, len(self._reads))  # no slower than new entries come
            lines, texts = texts[:count], texts[count:]
            try:
                self._audit.append(*lines)
            except OSError as error:
                self._reads.lose(len(lines))
                _logger.warning("audit entry lost", extra={"reason": error.strerror, "dropped": self.dropped})
            await asyncio.sleep(0)
        return ()

    async def _prune_periodically(self) -> None:
        """Delete what retention does not keep: at the start, whenever a file is full, and every `_PRUNE_INTERVAL`."""
        while True:
            try:
                now = datetime.now(UTC)
                self._audit.prepare_prune(now)
                cut = await asyncio.to_thread(self._audit.prune, now)
                if cut is not None:
                    _logger.info("audit entries removed", extra={"chain": cut.chain, "up_to": cut.number})
            except OSError as error:  # the next run tries again
                _logger.warning("audit entries not removed", extra={"reason": error.strerror})
            with suppress(TimeoutError):
                await asyncio.wait_for(self._full.wait(), _PRUNE_INTERVAL)
            self._full.clear()
