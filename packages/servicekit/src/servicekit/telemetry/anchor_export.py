"""Export of the audit trail's anchors as log records over OTLP/HTTP: none is sampled, and none is dropped soon.

A missing anchor means that the log was tampered with, so anchors wait while the collector is unavailable.
"""

import logging
import threading
import time
from collections import deque
from typing import Final

from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.sdk._logs import ReadableLogRecord
from opentelemetry.sdk._logs.export import LogRecordExportResult
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.util.instrumentation import InstrumentationScope

from servicekit.telemetry.logs import ANCHOR_LOGGER
from servicekit.telemetry.traces import EXPORT_TIMEOUT, ThrottledLogger

MAX_WAITING: Final = 10_000
"""Anchors that wait for the collector: about a week at one a minute. Then the oldest are dropped."""
_RETRY: Final = 5.0  # seconds; doubled after each failure
_MAX_RETRY: Final = 300.0  # seconds
_BATCH: Final = 100  # anchors, of 8 KB each


class AnchorExport(logging.Handler):
    """Sends the anchors that are logged to a collector, from a background thread.

    Args:
        endpoint: base URL of a collector, such as ``http://127.0.0.1:4318``.
    """

    def __init__(self, resource: Resource, endpoint: str) -> None:
        super().__init__()
        self._resource = resource
        self._exporter = OTLPLogExporter(f"{endpoint}/v1/logs", timeout=EXPORT_TIMEOUT)
        self._failures = ThrottledLogger("audit anchors not exported, will retry")
        self._waiting: deque[ReadableLogRecord] = deque(maxlen=MAX_WAITING)
        self._changed = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="audit anchors", daemon=True)
        self._thread.start()
        logger = logging.getLogger(ANCHOR_LOGGER)
        logger.handlers[:] = [self]

    def emit(self, record: logging.LogRecord) -> None:
        """Queue an anchor."""
        now = time.time_ns()
        exported = LogRecord(
            timestamp=now,
            observed_timestamp=now,
            severity_text="INFO",
            severity_number=SeverityNumber.INFO,
            body=f"{record.msg} {getattr(record, 'anchor', '')}",  # attributes may be cut off by a limit
        )
        self._waiting.append(ReadableLogRecord(exported, self._resource, InstrumentationScope(ANCHOR_LOGGER)))
        self._changed.set()

    def shutdown(self) -> None:
        """Send what waits, with one attempt. The caller limits the time."""
        self._stopping.set()
        self._changed.set()
        self._thread.join()
        logging.getLogger(ANCHOR_LOGGER).removeHandler(self)
        self._exporter.shutdown()  # type: ignore[no-untyped-call]

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._changed.wait()
            self._changed.clear()
            delay = _RETRY
            while self._waiting and not self._send():
                if self._stopping.wait(delay):
                    break
                delay = min(delay * 2, _MAX_RETRY)
        self._send()

    def _send(self) -> bool:
        """Export everything that waits. False if the collector did not take it."""
        while batch := [self._waiting[index] for index in range(min(_BATCH, len(self._waiting)))]:
            if self._exporter.export(batch) is not LogRecordExportResult.SUCCESS:
                self._failures.add(0, "export_failed")
                return False
            for sent in batch:
                if self._waiting and self._waiting[0] is sent:  # it may have been dropped meanwhile
                    self._waiting.popleft()
        return True
