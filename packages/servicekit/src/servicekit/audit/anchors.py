"""Writes an anchor of the audit trail every interval and at the end of the process, to the log and to OTLP."""

import asyncio
import logging
import socket
from secrets import token_hex
from typing import Final

from servicekit.audit.anchor import AnchorSeries
from servicekit.audit.anchor_keys import AnchorKeys
from servicekit.audit.heads import Heads
from servicekit.telemetry.log_batches import BatchedRecord
from servicekit.telemetry.logs import ANCHOR_LOGGER

_logger = logging.getLogger(ANCHOR_LOGGER)
_GENERATED: Final = frozenset({"anchor"})


class Anchors:
    """A component of a service. Start it before the journal, so that it stops after the journal's last entries.

    An anchor is written also if no chain advanced: otherwise deleted anchors would look like an idle service.

    Args:
        heads: what the journal wrote.
        interval: seconds between anchors.
    """

    name = "anchors"
    needed_for = ()

    def __init__(self, heads: Heads, keys: AnchorKeys, service: str, interval: float) -> None:
        self._heads = heads
        self._interval = interval
        self._series = AnchorSeries(
            keys, service=service, host=socket.gethostname(), instance=token_hex(8), interval=interval
        )
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Write the first anchor, and one every interval."""
        self._write()
        self._task = asyncio.create_task(self._write_periodically(), name="audit anchors")

    async def stop(self) -> None:
        """Write the last anchor."""
        if self._task is not None:
            self._task.cancel()
            self._task = None
        self._write(final=True)

    async def check(self) -> None:
        """Raise if anchors are not written any more."""
        if self._task is None or self._task.done():
            raise RuntimeError("no anchors are written")

    async def _write_periodically(self) -> None:
        while True:
            await asyncio.sleep(self._interval)
            self._write()

    def _write(self, *, final: bool = False) -> None:
        """Write what advanced. `handle` ignores the level that operators choose for other lines."""
        for text in self._series.texts(self._heads.take(), final=final):
            _logger.handle(BatchedRecord(ANCHOR_LOGGER, "audit anchor", {"anchor": text}, _GENERATED))
