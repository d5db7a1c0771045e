"""Traces: one server span per call, in the trace that the client began."""

import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from opentelemetry import propagate, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import Span, SpanKind, Status, StatusCode

from servicekit.telemetry.redaction import redact

if TYPE_CHECKING:
    from servicekit.caller import Caller
    from servicekit.calls import RequestInfo

_tracer = trace.get_tracer("servicekit")

# MCP semantic conventions (open-telemetry/semantic-conventions-genai, mcp.md).
_METHODS = {
    "tool": ("tools/call", "gen_ai.tool.name"),
    "resource": ("resources/read", "mcp.resource.template"),
    "prompt": ("prompts/get", "gen_ai.prompt.name"),
    "completion": ("completion/complete", "mcp.completion.argument"),
}


def configure_traces(service: str, version: str, endpoint: str | None, sample_ratio: float) -> TracerProvider:
    """Make spans, so that every call has a trace id, and export them over OTLP/HTTP where there is an endpoint.

    Args:
        endpoint: base URL of a collector, such as ``http://127.0.0.1:4318``; None exports nothing.
        sample_ratio: share of new traces to record, 0 to 1; a trace the client began keeps the client's choice.
    """
    provider = TracerProvider(
        resource=Resource.create({"service.name": service, "service.version": version}),
        sampler=ParentBased(TraceIdRatioBased(sample_ratio)),
    )
    if endpoint is not None:
        exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces")
        provider.add_span_processor(BatchSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    return provider


class CallSpan:
    """The span of one call."""

    __slots__ = ("_span", "trace_id")

    def __init__(self, span: Span, trace_id: str) -> None:
        self._span = span
        self.trace_id = trace_id

    def record(self, error: Exception) -> None:
        """Keep a failure that the caller does not get to read."""
        if self._span.is_recording():
            # The stack ends in the message, so both are ours to write.
            stack = redact("".join(traceback.format_exception(error)))
            attributes = {"exception.message": redact(str(error)), "exception.stacktrace": stack}
            self._span.record_exception(error, attributes)

    def end(self, outcome: str) -> None:
        """Say how the call ended."""
        if outcome != "ok" and self._span.is_recording():
            self._span.set_attribute("error.type", outcome)
            self._span.set_status(Status(StatusCode.ERROR))


@contextmanager
def call_span(label: str, kind: str, name: str, caller: "Caller", request: "RequestInfo") -> Iterator[CallSpan]:
    """The server span of a call; its names are registered ones, so their number is bounded."""
    method, attribute = _METHODS[kind]
    attributes = {
        "mcp.method.name": method,
        attribute: name,
        "mcp.protocol.version": request.protocol_version,
        "enduser.id": caller.subject,
        "mcp.client.id": caller.client_id,
    }
    context = propagate.extract(request.trace_context) if request.trace_context else None
    with _tracer.start_as_current_span(
        label, context, SpanKind.SERVER, attributes, record_exception=False, set_status_on_exception=False
    ) as span:
        yield CallSpan(span, _trace_id(span, request.trace_context))


def _trace_id(span: Span, carrier: Mapping[str, str]) -> str:
    context = span.get_span_context()
    if context.is_valid:
        return trace.format_trace_id(context.trace_id)
    return carrier.get("traceparent", "")[3:35]
