"""Traces: sampling, and export of spans in batches from a bounded queue that never delays a call."""

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
from servicekit.telemetry.sampling import is_recorded, sampling
from servicekit.telemetry.span_redaction import redacted_span

_logger = logging.getLogger(__name__)

EXPORT_TIMEOUT: Final = 5.0
"""Seconds for one export, retries included; `MAX_QUEUED` bounds the spans that wait meanwhile."""
MAX_QUEUED: Final = 2048
"""Size of the queue of spans to export. Spans beyond it are dropped and counted."""
_BATCH: Final = 128  # spans; encoding a batch holds the interpreter lock for a few milliseconds
_DELAY: Final = 500  # milliseconds between exports of incomplete batches
_LOG_INTERVAL: Final = 60.0  # seconds


def configure_traces(
    resource: Resource, endpoint: str | None, sample_ratio: float, follow_callers: bool
) -> TracerProvider:
    """Set up tracing. Every call gets a trace id; spans are exported over OTLP/HTTP if there is an endpoint.

    Args:
        endpoint: base URL of a collector, such as ``http://127.0.0.1:4318``; None exports nothing.
        sample_ratio: share of calls to record, 0 to 1.
        follow_callers: for a trace started by the caller, follow the caller's sampling decision instead of the ratio.
    """
    sampler = _sampler(sample_ratio, follow_callers)
    provider = TracerProvider(resource=resource, sampler=sampler, shutdown_on_exit=False)
    sampling.ratio, sampling.follow_callers = sample_ratio, follow_callers
    if endpoint is not None:
        provider.add_span_processor(
            BoundedSpanProcessor(OTLPSpanExporter(f"{endpoint}/v1/traces", timeout=EXPORT_TIMEOUT))
        )
    trace.set_tracer_provider(provider)
    return provider


def _sampler(ratio: float, follow_callers: bool) -> Sampler:
    """The sampler of the tracer provider: what `sampling` chose, its child spans, and a ratio of any other span."""
    root = TraceIdRatioBased(ratio)
    if follow_callers:
        return _Chosen(ParentBased(root))
    random_ratio = _RandomSampler(ratio)
    return _Chosen(ParentBased(root, remote_parent_sampled=random_ratio, remote_parent_not_sampled=random_ratio))


class _Chosen(Sampler):
    """Samples the spans that `recorded_under` marked; asks another sampler about the rest."""

    def __init__(self, rest: Sampler) -> None:
        self._rest = rest

    def should_sample(self, parent_context: Context | None, *arguments: Any, **named: Any) -> SamplingResult:
        if not is_recorded(parent_context):
            return self._rest.should_sample(parent_context, *arguments, **named)
        attributes = named.get("attributes", arguments[3] if len(arguments) > 3 else None)
        state = trace.get_current_span(parent_context).get_span_context().trace_state
        return SamplingResult(Decision.RECORD_AND_SAMPLE, attributes, state)

    def get_description(self) -> str:
        return f"Chosen({self._rest.get_description()})"


class _RandomSampler(Sampler):
    """Samples at random, independent of the trace id, which the caller chooses and could use to force recording."""

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
        recorded = random.random() < self._ratio  # noqa: S311  # no secret depends on it
        state = trace.get_current_span(parent_context).get_span_context().trace_state
        decision = Decision.RECORD_AND_SAMPLE if recorded else Decision.DROP
        return SamplingResult(decision, attributes if recorded else None, state)

    def get_description(self) -> str:
        return f"RandomSampler({self._ratio:g})"


class ThrottledLogger:
    """Logs failed exports at most once a minute, with the number lost since the last line."""

    def __init__(self, event: str) -> None:
        self._event = event
        self._lost = 0
        self._logged_at = float("-inf")
        self._lock = threading.Lock()

    def add(self, lost: int, reason: str) -> None:
        """Count lost items, and log them if the last line is older than a minute."""
        with self._lock:
            self._lost += lost
            if time.monotonic() - self._logged_at < _LOG_INTERVAL:
                return
            self._logged_at = time.monotonic()
            lost, self._lost = self._lost, 0
        _logger.warning(self._event, extra={"reason": reason, "lost": lost})


class BoundedSpanProcessor(SpanProcessor):
    """Exports spans in batches from a background thread; drops and counts spans while the queue is full.

    Wraps the SDK's processor, which would log every span that it drops, in the thread of the call.
    """

    def __init__(self, exporter: SpanExporter) -> None:
        self._waiting = 0
        self._lock = threading.Lock()
        self._failures = ThrottledLogger("spans not exported")
        self._batches = BatchSpanProcessor(_CountingExporter(exporter, self), MAX_QUEUED + _BATCH, _DELAY, _BATCH)

    def on_end(self, span: ReadableSpan) -> None:
        """Queue a span, or drop it if the queue is full."""
        if span.context is None or not span.context.trace_flags.sampled:
            return
        with self._lock:
            full = self._waiting >= MAX_QUEUED
            self._waiting += not full
        if full:
            self.lost(1, "queue_full")
        else:
            self._batches.on_end(span)

    def dequeued(self, count: int) -> None:
        with self._lock:
            self._waiting -= count

    def lost(self, count: int, reason: str) -> None:
        spans_lost[reason] += count
        self._failures.add(count, reason)

    def shutdown(self) -> None:
        """Export the queued spans, then stop."""
        self._batches.shutdown()  # type: ignore[no-untyped-call]

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return self._batches.force_flush(timeout_millis)


class _CountingExporter(SpanExporter):
    """Exports spans redacted. Reports to its processor which ones left the queue and which were lost."""

    def __init__(self, exporter: SpanExporter, processor: BoundedSpanProcessor) -> None:
        self._exporter = exporter
        self._processor = processor

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        self._processor.dequeued(len(spans))
        result = self._exporter.export([redacted_span(span) for span in spans])
        if result is not SpanExportResult.SUCCESS:
            self._processor.lost(len(spans), "export_failed")
        return result

    def shutdown(self) -> None:
        self._exporter.shutdown()
