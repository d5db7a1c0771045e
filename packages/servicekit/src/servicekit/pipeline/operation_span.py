"""One message and its answer, as operators see it: a server span, a duration, and what went wrong by kind.

Names follow the MCP semantic conventions (open-telemetry/semantic-conventions-genai, mcp.md), with one difference:
`error.type` is the outcome of the call (`refused`, `deadline`, `crash` …), where they know only `tool_error`.
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
"""Stands for whatever is not one of ours, so that a caller's words never become a label."""
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
_CONFIRMED: Final = {"confirmation_required": "asked", "declined": "declined"}
_INTERNAL_ERROR: Final = -32603  # JSON-RPC 2.0; over HTTP it travels as 200, and is a crash all the same
_LONGEST: Final = 512  # characters; what a tracestate must at least be given (W3C Trace Context §3.3.1.5)

_w3c: Final = TraceContextTextMapPropagator()  # and no baggage: it is a stranger's, and would travel on


@dataclass(frozen=True, slots=True)
class RequestMetadata:
    """What a transport knows about a message when it comes in.

    Attributes:
        carriers: where a trace context may stand, the one that decides first: `_meta`, then HTTP headers.
        timeline: what was done for it already.
        attributes: more for its span.
    """

    carriers: tuple[Mapping[str, Any], ...] = ()
    timeline: DeferredSpans | None = None
    attributes: Attributes = field(default_factory=dict[str, Any])


class OperationSpan:
    """A message that is being answered."""

    __slots__ = (
        "_before",
        "_code",
        "_started",
        "adopted",
        "method",
        "operation",
        "outcome",
        "span",
        "span_id",
        "trace_id",
    )

    def __init__(self, span: Span, method: str, operation: Operation | None, before: float) -> None:
        self.span, self.method, self.operation = span, method, operation
        self.outcome = "ok"
        self.adopted = False
        """The call of an operation reports into it."""
        self._code: int | None = None
        self._before = before
        self._started = time.perf_counter()
        ids = span.get_span_context()
        self.trace_id = trace.format_trace_id(ids.trace_id) if ids.is_valid else ""
        self.span_id = trace.format_span_id(ids.span_id) if ids.is_valid else ""

    @property
    def label(self) -> str:
        """What was asked for, in registered names."""
        if self.operation is not None:
            return self.operation.label
        return f"{self.method} {OTHER}" if self.method in _TARGETS else self.method

    @property
    def seconds(self) -> float:
        """How long it has taken until now, with what was done before its span began."""
        return self._before + time.perf_counter() - self._started

    def made_by(self, caller: Caller, protocol_version: str) -> None:
        """Who the call is for."""
        if self.span.is_recording():
            self.span.set_attributes(
                {
                    "enduser.id": caller.subject,
                    "mcp.client.id": caller.client_id,
                    "mcp.protocol.version": protocol_version,
                }
            )

    def record(self, error: BaseException) -> None:
        """Keep a failure that the caller does not get to read."""
        if self.span.is_recording():
            # The stack ends in the message, so both are ours to write.
            stack = redact("".join(traceback.format_exception(error)))
            attributes = {"exception.message": redact(str(error)), "exception.stacktrace": stack}
            self.span.record_exception(error, attributes)

    def settle(self, reply: Reply) -> None:
        """The operation ended, like this."""
        self.outcome = reply.outcome
        if reply.recorded:  # it did what it was to do, or it is the reply of a call that counted by itself
            return
        names = attributes_of(self.method, self.operation)
        if (counter := _COUNTED.get(reply.outcome)) is not None:
            counter.add(1, names)
        if (result := _CONFIRMED.get(reply.outcome)) is not None:
            instruments.confirmations.add(1, attributes_of(self.method, self.operation, result=result))
        if reply.meta.get("fleet/replayed"):
            instruments.writes_replayed.add(1, names)

    def fail(self, code: int, message: str) -> None:
        """It is answered with a JSON-RPC error."""
        self._code = code
        if self.outcome in _NO_FAILURE:
            self.outcome = "crash" if code == _INTERNAL_ERROR else str(code)
        if self.span.is_recording():
            self.span.set_attribute("rpc.response.status_code", str(code))
            self.span.set_status(Status(StatusCode.ERROR, redact(message[:_LONGEST])))

    def finish(self) -> None:
        """It is answered."""
        failure = None if self.outcome in _NO_FAILURE else self.outcome
        if failure is not None and self.span.is_recording():
            self.span.set_attribute("error.type", failure)
            if self._code is None:
                self.span.set_status(Status(StatusCode.ERROR))
        instruments.operation_duration.record(
            self.seconds, attributes_of(self.method, self.operation, failure=failure, code=self._code)
        )


_current: ContextVar[OperationSpan | None] = ContextVar("exchange", default=None)


@contextmanager
def operation_span(method: str, operation: Operation | None, arrival: RequestMetadata) -> Iterator[OperationSpan]:
    """Answer a message inside the block. Its names are registered ones, or `_OTHER`, so their number is bounded."""
    known = method if method in METHODS else OTHER
    timeline = arrival.timeline if arrival.timeline is not None and arrival.timeline.open else None
    parent, links = _parents(arrival.carriers)
    names = attributes_of(known, operation)
    span = tracer.start_span(
        operation.label if operation is not None else known,
        parent,
        SpanKind.SERVER,
        {**names, **_EXECUTES.get(known, {}), **arrival.attributes},
        links,
        start_time=timeline.began if timeline is not None else None,
    )
    if timeline is not None:
        timeline.close(span)
    if operation is not None:
        instruments.calls_active.add(1)
    with trace.use_span(span, end_on_exit=True, record_exception=False, set_status_on_exception=False):
        answered = OperationSpan(span, known, operation, timeline.seconds if timeline is not None else 0.0)
        token = _current.set(answered)
        try:
            yield answered
        finally:
            _current.reset(token)
            answered.finish()
            if operation is not None:
                instruments.calls_active.add(-1)


@contextmanager
def call_span(operation: Operation, arrival: RequestMetadata) -> Iterator[OperationSpan]:
    """The exchange that a call reports into: the message's own, or one more where the call was not a message."""
    current = _current.get()
    if current is not None and current.operation is operation and not current.adopted:
        current.adopted = True
        yield current
        return
    with operation_span(method_of(operation), operation, arrival) as own:
        own.adopted = True
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
    """The labels of a series: made once, as there are few of them."""
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
    """The parent from the first carrier that has one, and a link to every other trace that is named."""
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
