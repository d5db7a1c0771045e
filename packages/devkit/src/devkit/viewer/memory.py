"""Traces and log records in bounded memory; when it is full, the least recently updated are deleted."""

from collections import OrderedDict, deque
from collections.abc import Iterable, Iterator
from typing import Final

from devkit.viewer.spans import LogRecord, Span

MOST_BYTES: Final = 64 << 20
MOST_SPANS: Final = 100_000
MOST_SPANS_OF_A_TRACE: Final = 2_000
MOST_LOGS: Final = 10_000
MOST_BYTES_OF_LOGS: Final = 16 << 20


class Trace:
    """The received spans of a trace, with their totals."""

    def __init__(self, span: Span) -> None:
        self.trace_id = span.trace_id
        self.first = span
        """The span that represents the trace: its first call, else its first span."""
        self.start = span.start
        self.end = span.end
        self.spans: list[Span] = []
        self.calls = 0
        self.errors = 0
        self.failures = 0
        self.size = 0
        self.dropped = 0
        self._seen: set[str] = set()

    @property
    def milliseconds(self) -> float:
        return max(self.end - self.start, 0) / 1e6

    def add(self, span: Span) -> bool:
        """Add a span; returns whether it is new and fits. Exporters send spans again after a lost response."""
        if span.span_id in self._seen:
            return False
        if len(self.spans) == MOST_SPANS_OF_A_TRACE:
            self.dropped += 1
            return False
        self._seen.add(span.span_id)
        self.spans.append(span)
        self.first = min(self.first, span, key=lambda one: (not one.is_call, one.start))
        self.start = min(self.start, span.start)
        self.end = max(self.end, span.end)
        self.calls += span.is_call
        self.errors += span.is_error
        self.failures += span.is_failure
        self.size += span.size
        return True


class Memory:
    """Traces and log records within fixed bounds."""

    def __init__(self, *, most_bytes: int = MOST_BYTES, most_spans: int = MOST_SPANS) -> None:
        self._most_bytes = most_bytes
        self._most_spans = most_spans
        self._traces: OrderedDict[str, Trace] = OrderedDict()
        self._logs: deque[LogRecord] = deque()
        self._log_bytes = 0
        self.spans = 0
        self.bytes = 0

    def add_spans(self, spans: Iterable[Span]) -> list[Span]:
        """Add spans; returns the new ones."""
        new = [span for span in spans if self._add(span)]
        while self._traces and (self.spans > self._most_spans or self.bytes > self._most_bytes):
            _trace_id, oldest = self._traces.popitem(last=False)
            self.spans -= len(oldest.spans)
            self.bytes -= oldest.size
        return new

    def add_logs(self, records: Iterable[LogRecord]) -> None:
        """Add log records."""
        for record in records:
            self._logs.append(record)
            self._log_bytes += record.size
            while len(self._logs) > MOST_LOGS or self._log_bytes > MOST_BYTES_OF_LOGS:
                self._log_bytes -= self._logs.popleft().size

    def traces(self) -> Iterator[Trace]:
        """Every trace."""
        return iter(self._traces.values())

    def trace(self, trace_id: str) -> Trace | None:
        """A trace; None when it is unknown or deleted."""
        return self._traces.get(trace_id)

    def logs(self, trace_id: str) -> list[LogRecord]:
        """The log records of one trace, oldest first."""
        return sorted((record for record in self._logs if record.trace_id == trace_id), key=lambda record: record.time)

    def __len__(self) -> int:
        return len(self._traces)

    def _add(self, span: Span) -> bool:
        trace = self._traces.setdefault(span.trace_id, Trace(span))
        self._traces.move_to_end(span.trace_id)
        if not trace.add(span):
            return False
        self.spans += 1
        self.bytes += span.size
        return True
