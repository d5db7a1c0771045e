"""Spans and log records, read from OTLP messages."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span as SpanMessage
from opentelemetry.proto.trace.v1.trace_pb2 import Status

Category = Literal["call", "pipeline", "sql", "redis", "http"]

FAILURES = frozenset({"crash", "deadline", "unavailable"})
"""Outcomes that count against the service level objective (docs/operations.md)."""
LONGEST_TEXT = 16_384
"""Characters of one attribute; longer ones are cut."""


@dataclass(frozen=True, slots=True)
class Event:
    """An event of a span, such as an exception. `time` is in nanoseconds since 1970."""

    name: str
    time: int
    attributes: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Span:
    """A span. Times are in nanoseconds since 1970; `size` is its bytes on the wire."""

    trace_id: str
    span_id: str
    parent_id: str
    service: str
    name: str
    is_server: bool
    start: int
    end: int
    is_error: bool
    status: str
    attributes: dict[str, Any]
    events: tuple[Event, ...]
    size: int

    @property
    def milliseconds(self) -> float:
        return max(self.end - self.start, 0) / 1e6

    @property
    def is_call(self) -> bool:
        """Whether it is the server span of an MCP request."""
        return self.is_server and "mcp.method.name" in self.attributes

    @property
    def is_failure(self) -> bool:
        """Whether it is a call that failed because of the server."""
        return self.is_call and self.attributes.get("error.type") in FAILURES

    @property
    def category(self) -> Category:
        """Its category, by attributes of the semantic conventions."""
        if self.is_server:
            return "call"
        system = str(self.attributes.get("db.system.name") or self.attributes.get("db.system") or "")
        if system:
            return "redis" if system in ("redis", "valkey") else "sql"
        return "http" if "http.request.method" in self.attributes else "pipeline"

    @property
    def operation(self) -> str:
        """The called tool, prompt or resource template, else the method, else the name of the span."""
        for name in ("gen_ai.tool.name", "gen_ai.prompt.name", "mcp.resource.template", "mcp.method.name"):
            if value := self.attributes.get(name):
                return str(value)
        return self.name


@dataclass(frozen=True, slots=True)
class LogRecord:
    """A log record. `time` is in nanoseconds since 1970; `size` is its bytes on the wire."""

    trace_id: str
    service: str
    time: int
    severity: str
    body: Any
    attributes: dict[str, Any]
    size: int


def spans_of(request: ExportTraceServiceRequest) -> Iterator[Span]:
    """Every span of an export with a valid trace id and span id."""
    for resource in request.resource_spans:
        service = service_of(resource.resource.attributes)
        for scope in resource.scope_spans:
            for span in scope.spans:
                if len(span.trace_id) == 16 and len(span.span_id) == 8:
                    yield _span(span, service)


def logs_of(request: ExportLogsServiceRequest) -> Iterator[LogRecord]:
    """Every log record of an export."""
    for resource in request.resource_logs:
        service = service_of(resource.resource.attributes)
        for scope in resource.scope_logs:
            for record in scope.log_records:
                yield LogRecord(
                    trace_id=record.trace_id.hex(),
                    service=service,
                    time=record.time_unix_nano or record.observed_time_unix_nano,
                    severity=_cut(record.severity_text),
                    body=plain(record.body),
                    attributes=attributes_of(record.attributes),
                    size=record.ByteSize(),
                )


def service_of(attributes: Iterable[KeyValue]) -> str:
    """The `service.name` of a resource."""
    return str(attributes_of(attributes).get("service.name") or "unknown")


def attributes_of(attributes: Iterable[KeyValue]) -> dict[str, Any]:
    """Attributes as JSON values."""
    return {_cut(attribute.key): plain(attribute.value) for attribute in attributes}


def plain(value: AnyValue) -> Any:
    """An OTLP value as a JSON value; as text when JSON has no equivalent."""
    match value.WhichOneof("value"):
        case "string_value":
            return _cut(value.string_value)
        case "bool_value":
            return value.bool_value
        case "int_value":
            # JavaScript would round it.
            return value.int_value if abs(value.int_value) < 2**53 else str(value.int_value)
        case "double_value":
            return value.double_value if math.isfinite(value.double_value) else str(value.double_value)
        case "array_value":
            return [plain(item) for item in value.array_value.values]
        case "kvlist_value":
            return {_cut(item.key): plain(item.value) for item in value.kvlist_value.values}
        case "bytes_value":
            return f"{len(value.bytes_value)} bytes"
    return None


def _span(span: SpanMessage, service: str) -> Span:
    return Span(
        trace_id=span.trace_id.hex(),
        span_id=span.span_id.hex(),
        parent_id=span.parent_span_id.hex(),
        service=service,
        name=_cut(span.name),
        is_server=span.kind == SpanMessage.SPAN_KIND_SERVER,
        start=span.start_time_unix_nano,
        end=span.end_time_unix_nano,
        is_error=span.status.code == Status.STATUS_CODE_ERROR,
        status=_cut(span.status.message),
        attributes=attributes_of(span.attributes),
        events=tuple(
            Event(_cut(event.name), event.time_unix_nano, attributes_of(event.attributes)) for event in span.events
        ),
        size=span.ByteSize(),
    )


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]}… ({len(text)} characters)"
