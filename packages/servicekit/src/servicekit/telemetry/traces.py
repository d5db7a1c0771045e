"""Traces: which calls are recorded, and how spans leave this process without ever holding a call up."""

import logging
import random
import threading
import time
from collections.abc import Sequence
from typing import Any, Final

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import Decision, ParentBased, Sampler, SamplingResult, TraceIdRatioBased

from servicekit.telemetry.instruments import spans_lost

_logger = logging.getLogger(__name__)

EXPORT_TIMEOUT: Final = 5.0
"""Seconds that one export may take, retries included; the spans that wait meanwhile are bounded by `MOST_WAITING`."""
MOST_WAITING: Final = 2048
"""Spans that wait for the collector. More are dropped and counted: a call never waits for them."""
_BATCH: Final = 128  # spans; encoding one batch takes the interpreter for a few milliseconds
_DELAY: Final = 500  # milliseconds that a span waits for others
_BETWEEN_COMPLAINTS: Final = 60.0  # seconds


def configure_traces(
    resource: Resource, endpoint: str | None, sample_ratio: float, follow_callers: bool
) -> TracerProvider:
    """Make spans, so that every call has a trace id, and export them over OTLP/HTTP where there is an endpoint.

    Args:
        endpoint: base URL of a collector, such as ``http://127.0.0.1:4318``; None exports nothing.
        sample_ratio: share of the calls to record, 0 to 1.
        follow_callers: a trace that a caller began is recorded if the caller says so, whatever the share.
    """
    provider = TracerProvider(resource=resource, sampler=_sampler(sample_ratio, follow_callers), shutdown_on_exit=False)
    if endpoint is not None:
        provider.add_span_processor(BoundedExport(OTLPSpanExporter(f"{endpoint}/v1/traces", timeout=EXPORT_TIMEOUT)))
    trace.set_tracer_provider(provider)
    return provider


def _sampler(ratio: float, follow_callers: bool) -> Sampler:
    """The share of the calls; spans inside a call go with it."""
    root = TraceIdRatioBased(ratio)
    if follow_callers:
        return ParentBased(root)
    return ParentBased(root, remote_parent_sampled=_Share(ratio), remote_parent_not_sampled=_Share(ratio))


class _Share(Sampler):
    """A share of the calls by chance: not by their trace id, which callers choose to be recorded or not."""

    def __init__(self, ratio: float) -> None:
        self._ratio = ratio

    def should_sample(
        self,
        parent_context: Context | None,
        trace_id: int,  # noqa: ARG002  # the signature is OpenTelemetry's
        name: str,  # noqa: ARG002
        kind: Any = None,  # noqa: ARG002
        attributes: Any = None,
        links: Any = None,  # noqa: ARG002
        trace_state: Any = None,  # noqa: ARG002
    ) -> SamplingResult:
        """Record it or not."""
        recorded = random.random() < self._ratio  # noqa: S311  # no secret depends on it
        state = trace.get_current_span(parent_context).get_span_context().trace_state
        decision = Decision.RECORD_AND_SAMPLE if recorded else Decision.DROP
        return SamplingResult(decision, attributes if recorded else None, state)

    def get_description(self) -> str:
        """For people."""
        return f"Share({self._ratio:g})"


class ThrottledLogger:
    """Says at most once a minute that telemetry does not get through: its trouble must not become the log's."""

    def __init__(self, event: str) -> None:
        self._event = event
        self._lost = 0
        self._said_at = float("-inf")
        self._lock = threading.Lock()

    def note(self, lost: int, reason: str) -> None:
        """Count what was lost, and say so if nothing was said for a minute."""
        with self._lock:
            self._lost += lost
            if time.monotonic() - self._said_at < _BETWEEN_COMPLAINTS:
                return
            self._said_at = time.monotonic()
            lost, self._lost = self._lost, 0
        _logger.warning(self._event, extra={"reason": reason, "lost": lost})


class BoundedExport(SpanProcessor):
    """Batches of spans, exported by a thread of their own; a full queue drops what comes, and counts it.

    Around the SDK's processor, which would log every span that it drops, on the path of the call.
    """

    def __init__(self, exporter: SpanExporter) -> None:
        self._waiting = 0
        self._lock = threading.Lock()
        self._complaints = ThrottledLogger("spans not exported")
        self._batches = BatchSpanProcessor(_Told(exporter, self), MOST_WAITING + _BATCH, _DELAY, _BATCH)

    def on_end(self, span: ReadableSpan) -> None:
        """Queue a span, or drop it."""
        if span.context is None or not span.context.trace_flags.sampled:
            return
        with self._lock:
            full = self._waiting >= MOST_WAITING
            self._waiting += not full
        if full:
            self.lost(1, "queue_full")
        else:
            self._batches.on_end(span)

    def taken(self, count: int) -> None:
        """These left the queue."""
        with self._lock:
            self._waiting -= count

    def lost(self, count: int, reason: str) -> None:
        """These reached nobody."""
        spans_lost[reason] += count
        self._complaints.note(count, reason)

    def shutdown(self) -> None:
        """Export what waits, then stop."""
        self._batches.shutdown()  # type: ignore[no-untyped-call]

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Export what waits."""
        return self._batches.force_flush(timeout_millis)


class _Told(SpanExporter):
    """An exporter that tells how it went."""

    def __init__(self, exporter: SpanExporter, told: BoundedExport) -> None:
        self._exporter = exporter
        self._told = told

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send one batch."""
        self._told.taken(len(spans))
        result = self._exporter.export(spans)
        if result is not SpanExportResult.SUCCESS:
            self._told.lost(len(spans), "export_failed")
        return result

    def shutdown(self) -> None:
        """Let go of the connection."""
        self._exporter.shutdown()
