"""Log lines of calls, formatted and written in batches off the hot path; every other line is written at once.

The order of lines is that of their events: a line that is written at once is preceded by the waiting ones. A batch is
written at most `INTERVAL` after its first event; lines that wait are lost if the process is killed (SIGKILL).
"""

import asyncio
import logging
import sys
import time
import traceback
from collections import deque
from collections.abc import Collection, Mapping
from contextlib import suppress
from typing import Any, Final, TextIO

from servicekit.telemetry.redaction import redact

INTERVAL: Final = 0.1
"""Seconds that a line of a call waits at most, while the event loop is not blocked."""
_SLICE: Final = 0.002  # seconds of formatting, after which other work of the event loop has its turn
_MAX_WAITING: Final = 2000  # lines; then they are written at once

_STANDARD: Final[Mapping[str, Any]] = vars(logging.makeLogRecord({"levelno": logging.INFO, "levelname": "INFO"}))


class BatchedRecord(logging.LogRecord):
    """An INFO record that may wait. Made without looking for its thread, process and place in the code.

    Args:
        logger: the logger's name.
        event: what happened.
        fields: the event's own fields, which are attributes too.
        generated: names of fields that hold numbers and words of the server, so that they need no redaction.
    """

    __slots__ = ("fields", "generated")

    def __init__(
        self, logger: str, event: str, fields: Mapping[str, Any], generated: Collection[str] = frozenset()
    ) -> None:
        self.fields, self.generated = fields, generated
        now = time.time()
        attributes = vars(self)
        attributes.update(_STANDARD)
        attributes.update(fields)
        attributes.update(name=logger, msg=event, created=now, msecs=now % 1 * 1000)


class BatchingHandler(logging.Handler):
    """Writes to a stream: records of calls in batches, others at once."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__()
        self._stream = stream
        self._waiting: deque[logging.LogRecord | str] = deque()
        self._loop: asyncio.AbstractEventLoop | None = None

    def emit(self, record: logging.LogRecord) -> None:
        """Queue a `BatchedRecord` inside an event loop; write any other, after those that wait."""
        self._queue(record, can_wait=type(record) is BatchedRecord)

    def write_line(self, line: str) -> None:
        """Queue the whole line of a call."""
        self.acquire()
        try:
            self._queue(line, can_wait=True)
        finally:
            self.release()

    def _queue(self, record: logging.LogRecord | str, *, can_wait: bool) -> None:
        self._waiting.append(record)
        if can_wait and len(self._waiting) < _MAX_WAITING:
            try:
                loop = asyncio.get_running_loop()
            except RuntimeError:
                self._write(float("inf"))
                return
            if self._loop is not loop:  # none is scheduled, or in a loop that may have ended
                self._loop = loop
                loop.call_later(INTERVAL, self._write_slice, loop)
            return
        self._write(float("inf"))

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  # the name is logging's
        """Report a record that cannot be written. `logging` would print its arguments unmasked."""
        if logging.raiseExceptions and sys.stderr is not None:
            with suppress(Exception):
                reason = redact(traceback.format_exc())
                sys.stderr.write(f"log line of {record.pathname}:{record.lineno} lost: {reason}\n")

    def flush(self) -> None:
        """Write every waiting line. `logging.shutdown` calls this at the end of the process."""
        self.acquire()
        try:
            self._write(float("inf"))
        finally:
            self.release()

    def _write_slice(self, loop: asyncio.AbstractEventLoop) -> None:
        self.acquire()
        try:
            self._write(_SLICE)
            if self._waiting:
                loop.call_soon(self._write_slice, loop)
            elif self._loop is loop:
                self._loop = None
        finally:
            self.release()

    def _write(self, seconds: float) -> None:
        """Format and write waiting records for a limited time, with one write."""
        lines: list[str] = []
        end = time.perf_counter() + seconds
        while self._waiting:
            record = self._waiting.popleft()
            if type(record) is str:
                lines.append(record)
                continue
            try:
                lines.append(self.format(record))  # type: ignore[arg-type]  # mypy does not narrow by `type() is`
            except Exception:
                self.handleError(record)  # type: ignore[arg-type]
            if time.perf_counter() > end:
                break
        if not lines:
            return
        lines.append("")
        try:
            self._stream.write("\n".join(lines))
            self._stream.flush()
        except Exception:  # the stream is closed or full: as `logging.StreamHandler`, report it and go on
            self.handleError(logging.makeLogRecord({"msg": lines[0]}))
