"""Operation spans: the server span of one message, its duration, and its failure by kind.

Names follow the MCP semantic conventions (open-telemetry/semantic-conventions-genai, mcp.md), with one difference:
`error.type` is the outcome of the call (`refused`, `deadline`, `crash` …), where the conventions have `tool_error`.
"""

import time
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

from opentelemetry import context, trace
from opentelemetry.trace import Link, Span, SpanContext, SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from servicekit.core.caller import Caller
from servicekit.pipeline.request import Reply
from servicekit.registry.operation import Operation
from servicekit.telemetry import instruments
from servicekit.telemetry.redaction import redact
from servicekit.telemetry.spans import DeferredSpans, tracer

Attributes = Mapping[str, Any]

OTHER: Final = "_OTHER"
"""The label of methods and names that are not registered, so that a caller's words never become a label."""
METHODS: Final = frozenset(
    {
        "completion/complete", "initialize", "logging/setLevel", "notifications/cancelled", "notifications/initialized",
        "notifications/progress", "notifications/roots/list_changed", "ping", "prompts/get", "prompts/list",
        "resources/list", "resources/read", "resources/subscribe", "resources/templates/list", "resources/unsubscribe",
        "server/discover", "subscriptions/listen", "tools/call", "tools/list",
    }
)  # fmt: skip
_TARGETS: Final = {
    "tools/call": "gen_ai.tool.name",
    "prompts/get": "gen_ai.prompt.name",
    "resources/read": "mcp.resource.template",
    "completion/complete": "mcp.completion.argument",
}
_EXECUTES: Final = {"tools/call": {"gen_ai.operation.name": "execute_tool"}}
_NO_FAILURE: Final = frozenset({"ok", "confirmation_required", "input_required"})
_COUNTED: Final = {"denied": instruments.scopes_refused, "invalid_arguments": instruments.arguments_refused}
_CONFIRMED: Final = {"confirmation_required": "requested", "declined": "declined"}
_INTERNAL_ERROR: Final = -32603  # JSON-RPC 2.0; over HTTP its status is 200
_LONGEST: Final = 512  # characters; the least that W3C Trace Context §3.3.1.5 asks to keep of a tracestate

_w3c: Final = TraceContextTextMapPropagator()  # without baggage: it comes from strangers and would be sent on


@dataclass(frozen=True, slots=True)
class RequestMetadata:
    """What a transport knows about a message before the pipeline.

    Attributes:
        carriers: where a trace context may stand, in order of precedence: `_meta`, then HTTP headers.
        deferred: spans of the work done for the message so far.
        attributes: further attributes of its span.
    """

    carriers: tuple[Mapping[str, Any], ...] = ()
    deferred: DeferredSpans | None = None
    attributes: Attributes = field(default_factory=dict[str, Any])


class OperationSpan:
    """The span of a message in progress."""

    __slots__ = (
        "_code",
        "_seconds_before",
        "_started",
        "has_call",
        "method",
        "operation",
        "outcome",
        "span",
        "span_id",
        "trace_id",
    )

    def __init__(self, span: Span, method: str, operation: Operation | None, seconds_before: float) -> None:
        self.span, self.method, self.operation = span, method, operation
        self.outcome = "ok"
        self.has_call = False
        """A call reports into this span."""
        self._code: int | None = None
        self._seconds_before = seconds_before
        self._started = time.perf_counter()
        ids = span.get_span_context()
        self.trace_id = trace.format_trace_id(ids.trace_id) if ids.is_valid else ""
        self.span_id = trace.format_span_id(ids.span_id) if ids.is_valid else ""

    @property
    def label(self) -> str:
        """The method and the registered name."""
        if self.operation is not None:
            return self.operation.label
        return f"{self.method} {OTHER}" if self.method in _TARGETS else self.method

    @property
    def seconds(self) -> float:
        """Seconds so far, including the deferred spans."""
        return self._seconds_before + time.perf_counter() - self._started

    def set_caller(self, caller: Caller, protocol_version: str) -> None:
        """Add the caller to the span."""
        if self.span.is_recording():
            self.span.set_attributes(
                {
                    "enduser.id": caller.subject,
                    "mcp.client.id": caller.client_id,
                    "mcp.protocol.version": protocol_version,
                }
            )

    def record(self, error: BaseException) -> None:
        """Add an exception to the span, redacted. The caller does not read it."""
        if self.span.is_recording():
            # The stack ends with the message, so both are redacted.
            stack = redact("".join(traceback.format_exception(error)))
            attributes = {"exception.message": redact(str(error)), "exception.stacktrace": stack}
            self.span.record_exception(error, attributes)

    def set_reply(self, reply: Reply) -> None:
        """Take over the reply's outcome, and count it."""
        self.outcome = reply.outcome
        if reply.recorded:  # a write that succeeded, or the reply of a confirmed call, which counted itself
            return
        names = attributes_of(self.method, self.operation)
        if (counter := _COUNTED.get(reply.outcome)) is not None:
            counter.add(1, names)
        if (result := _CONFIRMED.get(reply.outcome)) is not None:
            instruments.confirmations.add(1, attributes_of(self.method, self.operation, result=result))
        if reply.meta.get("fleet/replayed"):
            instruments.writes_replayed.add(1, names)

    def fail(self, code: int, message: str) -> None:
        """The message is answered with a JSON-RPC error."""
        self._code = code
        if self.outcome in _NO_FAILURE:
            self.outcome = "crash" if code == _INTERNAL_ERROR else str(code)
        if self.span.is_recording():
            self.span.set_attribute("rpc.response.status_code", str(code))
            self.span.set_status(Status(StatusCode.ERROR, redact(message[:_LONGEST])))

    def finish(self) -> None:
        """Record the duration, and the failure."""
        failure = None if self.outcome in _NO_FAILURE else self.outcome
        if failure is not None and self.span.is_recording():
            self.span.set_attribute("error.type", failure)
            if self._code is None:
                self.span.set_status(Status(StatusCode.ERROR))
        instruments.operation_duration.record(
            self.seconds, attributes_of(self.method, self.operation, failure=failure, code=self._code)
        )


_current: ContextVar[OperationSpan | None] = ContextVar("operation_span", default=None)


@contextmanager
def operation_span(method: str, operation: Operation | None, metadata: RequestMetadata) -> Iterator[OperationSpan]:
    """Open the span of a message. Its labels are registered names, or `_OTHER`, so their number is bounded."""
    known = method if method in METHODS else OTHER
    deferred = metadata.deferred if metadata.deferred is not None and metadata.deferred.open else None
    parent, links = _parents(metadata.carriers)
    names = attributes_of(known, operation)
    span = tracer.start_span(
        operation.label if operation is not None else known,
        parent,
        SpanKind.SERVER,
        {**names, **_EXECUTES.get(known, {}), **metadata.attributes},
        links,
        start_time=deferred.began if deferred is not None else None,
    )
    if deferred is not None:
        deferred.close(span)
    if operation is not None:
        instruments.calls_active.add(1)
    with trace.use_span(span, end_on_exit=True, record_exception=False, set_status_on_exception=False):
        opened = OperationSpan(span, known, operation, deferred.seconds if deferred is not None else 0.0)
        token = _current.set(opened)
        try:
            yield opened
        finally:
            _current.reset(token)
            opened.finish()
            if operation is not None:
                instruments.calls_active.add(-1)


@contextmanager
def call_span(operation: Operation, metadata: RequestMetadata) -> Iterator[OperationSpan]:
    """The span that a call reports into: its message's own, or a new one for a call that came without a message."""
    current = _current.get()
    if current is not None and current.operation is operation and not current.has_call:
        current.has_call = True
        yield current
        return
    with operation_span(method_of(operation), operation, metadata) as own:
        own.has_call = True
        yield own


def method_of(operation: Operation) -> str:
    """The MCP method that runs an operation."""
    return operation.label.partition(" ")[0]


def attributes_of(
    method: str,
    operation: Operation | None,
    *,
    failure: str | None = None,
    code: int | None = None,
    result: str | None = None,
) -> Attributes:
    """The labels of a series, cached: their number is bounded."""
    return _prepared(method, operation.name if operation is not None else None, failure, code, result)


@cache
def _prepared(
    method: str, name: str | None, failure: str | None, code: int | None, result: str | None
) -> dict[str, str]:
    attributes = {"mcp.method.name": method}
    if method in _TARGETS:
        attributes[_TARGETS[method]] = name or OTHER
    for key, value in (("error.type", failure), ("rpc.response.status_code", code), ("result", result)):
        if value is not None:
            attributes[key] = str(value)
    return attributes


def _parents(carriers: tuple[Mapping[str, Any], ...]) -> tuple[context.Context | None, list[Link]]:
    """The parent from the first carrier that has one, and links to the other traces."""
    found: list[SpanContext] = []
    for carrier in carriers:
        fields = {name: value for name in ("traceparent", "tracestate") if _short(value := carrier.get(name))}
        if "traceparent" in fields:
            named = trace.get_current_span(_w3c.extract(fields, context.Context())).get_span_context()
            if named.is_valid and named not in found:
                found.append(named)
    if not found:
        return None, []
    parent = trace.set_span_in_context(trace.NonRecordingSpan(found[0]))
    return parent, [Link(other) for other in found[1:]]


def _short(value: object) -> bool:
    return isinstance(value, str) and len(value) <= _LONGEST
