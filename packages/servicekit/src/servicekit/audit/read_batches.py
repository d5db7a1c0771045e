"""Audit entries of reads, written in batches off the hot path.

A read only queues its entry; masking, serialising, hashing and writing are done within `INTERVAL`, in slices between
which other calls run. A killed process (SIGKILL) loses the entries that wait. A write's entry never waits here.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from servicekit.audit.entry import AuditEntry
from servicekit.audit.hash_chain import serialise_entry
from servicekit.telemetry.instruments import audit_lost

_logger = logging.getLogger(__name__)

INTERVAL: Final = 0.2  # seconds between batches
SLICE: Final = 0.002  # seconds of work after which other calls have their turn
_MAX_WAITING: Final = 10_000  # entries
_LONG: Final = 1000  # waiting entries by which a slice grows by its own length


class ReadBatches:
    """The queue of a journal.

    Args:
        write: writes a batch. It may return entries that it could not write, which are tried again.
    """

    def __init__(self, write: Callable[[Sequence[AuditEntry]], Awaitable[Sequence[AuditEntry]]]) -> None:
        self._write = write
        self._waiting: list[AuditEntry] = []
        self._flushing = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        self.dropped = 0
        """Lost entries."""

    def __len__(self) -> int:
        return len(self._waiting)

    def note(self, entry: AuditEntry) -> None:
        """Queue an entry, or count it as lost where too many wait."""
        if len(self._waiting) >= _MAX_WAITING:
            self.lose(1)
        else:
            self._waiting.append(entry)

    def lose(self, count: int) -> None:
        """Count entries that are lost."""
        self.dropped += count
        audit_lost.add(count)

    async def start(self) -> None:
        """Write a batch every `INTERVAL`."""
        self._task = asyncio.create_task(self._flush_periodically(), name="audit")

    async def stop(self) -> None:
        """Write what waits."""
        if self._task is not None:
            async with self._flushing:  # not during a batch, which would be lost
                self._task.cancel()
        await self.flush()

    async def flush(self) -> None:
        """Write what waits. The lock keeps the order, and a concurrent flush is complete on return."""
        async with self._flushing:
            entries, self._waiting = self._waiting, []
            if not entries:
                return
            unwritten = await self._write(entries)
            free = max(0, _MAX_WAITING - len(self._waiting))
            if len(unwritten) > free:
                self.lose(len(unwritten) - free)
            self._waiting[:0] = unwritten[:free]

    async def texts(self, entries: Sequence[AuditEntry]) -> list[tuple[AuditEntry, str]]:
        """Each entry with its text. Other calls run between slices, which grow with the queue so that it drains."""
        texts: list[tuple[AuditEntry, str]] = []
        end = time.perf_counter() + SLICE
        for entry in entries:
            try:
                texts.append((entry, serialise_entry(entry)))
            except Exception:  # a bug, which must not cost the other entries
                self.lose(1)
                _logger.exception("audit entry lost", extra={"operation": entry.operation})
            if time.perf_counter() > end:
                await asyncio.sleep(0)
                end = time.perf_counter() + SLICE * (1 + len(self._waiting) / _LONG)
        return texts

    async def _flush_periodically(self) -> None:
        while True:
            await asyncio.sleep(INTERVAL)
            await self.flush()
