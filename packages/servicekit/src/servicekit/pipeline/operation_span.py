"""Operation spans: the server span of one message, its duration, and its failure by kind.

Names follow the MCP semantic conventions (open-telemetry/semantic-conventions-genai, mcp.md), with one difference:
`error.type` is the outcome of the call (`refused`, `deadline`, `crash` …), where the conventions have `tool_error`.
"""

import time
import traceback
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from contextvars import ContextVar, Token
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final, Self

from opentelemetry import context, trace
from opentelemetry.trace import Link, Span, SpanContext, SpanKind, Status, StatusCode

from servicekit.core.caller import Caller
from servicekit.pipeline.request import Reply
from servicekit.registry.operation import Operation
from servicekit.telemetry import instruments
from servicekit.telemetry.redaction import redact
from servicekit.telemetry.sampling import recorded_under, sampling, unrecorded_span
from servicekit.telemetry.spans import DeferredSpans, is_recorded, tracer
from servicekit.telemetry.tallies import Series
from servicekit.telemetry.trace_context import parent_and_links

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
_LONGEST: Final = 512  # characters of an error message on a span


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
    """The span of a message in progress. It is current inside its `with` block, and ends with it.

    A message that is not recorded costs two random ids.

    Attributes:
        has_call: a call reports into this span.
        tenant: the caller's, once a call reports into it.
        recording: the span is recorded.
    """

    __slots__ = (
        "_code",
        "_context_token",
        "_own_token",
        "_recorded_token",
        "_seconds_before",
        "_started",
        "has_call",
        "ids",
        "method",
        "operation",
        "outcome",
        "recording",
        "span",
        "tenant",
    )

    def __init__(self, span: Span, method: str, operation: Operation | None, seconds_before: float) -> None:
        self.span, self.method, self.operation = span, method, operation
        self.ids: SpanContext = span.get_span_context()
        self.recording = span.is_recording()
        self.outcome = "ok"
        self.has_call = False
        self.tenant: str | None = None
        self._code: int | None = None
        self._seconds_before = seconds_before
        self._context_token: Token[context.Context] | None = None
        self._own_token: Token[OperationSpan | None] | None = None
        self._recorded_token: Token[bool] | None = None
        self._started = time.perf_counter()

    def __enter__(self) -> Self:
        if self.operation is not None:
            instruments.calls_active.add(1)
        self._context_token = context.attach(trace.set_span_in_context(self.span))
        self._own_token = _current.set(self)
        self._recorded_token = is_recorded.set(self.recording)
        return self

    def __exit__(self, *_: object) -> None:
        if self._own_token is not None and self._context_token is not None and self._recorded_token is not None:
            _current.reset(self._own_token)
            is_recorded.reset(self._recorded_token)
            context.detach(self._context_token)
        self.finish()
        if self.recording:
            self.span.end()
        if self.operation is not None:
            instruments.calls_active.add(-1)

    @property
    def trace_id(self) -> str:
        """In lowercase hexadecimal."""
        return trace.format_trace_id(self.ids.trace_id)

    @property
    def span_id(self) -> str:
        """In lowercase hexadecimal."""
        return trace.format_span_id(self.ids.span_id)

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
        self.tenant = caller.tenant
        if self.recording:
            self.span.set_attributes(
                {
                    "enduser.id": caller.subject,
                    "mcp.client.id": caller.client_id,
                    "mcp.protocol.version": protocol_version,
                }
            )

    def record(self, error: BaseException) -> None:
        """Add an exception to the span, redacted. The caller does not read it."""
        if self.recording:
            # The stack ends with the message, so both are redacted.
            stack = redact("".join(traceback.format_exception(error)))
            attributes = {"exception.message": redact(str(error)), "exception.stacktrace": stack}
            self.span.record_exception(error, attributes)

    def set_reply(self, reply: Reply) -> None:
        """Take over the reply's outcome, and count it."""
        self.outcome = reply.outcome
        if reply.recorded:  # a write that succeeded, or the reply of a confirmed call, which counted itself
            return
        if (counter := _COUNTED.get(reply.outcome)) is not None:
            counter.add(1, attributes_of(self.method, self.operation))
        if (result := _CONFIRMED.get(reply.outcome)) is not None:
            instruments.confirmations.add(1, attributes_of(self.method, self.operation, result=result))
        if reply.meta.get("fleet/replayed"):
            instruments.writes_replayed.add(1, attributes_of(self.method, self.operation))

    def fail(self, code: int, message: str) -> None:
        """The message is answered with a JSON-RPC error."""
        self._code = code
        if self.outcome in _NO_FAILURE:
            self.outcome = "crash" if code == _INTERNAL_ERROR else str(code)
        if self.recording:
            self.span.set_attribute("rpc.response.status_code", str(code))
            self.span.set_status(Status(StatusCode.ERROR, redact(message)[:_LONGEST]))

    def finish(self) -> None:
        """Record the duration, and the failure."""
        failure = None if self.outcome in _NO_FAILURE else self.outcome
        if failure is not None and self.recording:
            self.span.set_attribute("error.type", failure)
            if self._code is None:
                self.span.set_status(Status(StatusCode.ERROR))
        name = self.operation.name if self.operation is not None else None
        seconds = self.seconds
        _duration(self.method, name, failure, self._code).record(seconds, self.ids if self.recording else None)
        if self.has_call:
            instruments.tenant_calls.record(self.tenant, failure, seconds)


_current: ContextVar[OperationSpan | None] = ContextVar("operation_span", default=None)


def operation_span(method: str, operation: Operation | None, metadata: RequestMetadata) -> OperationSpan:
    """The span of a message, to enter. Its labels are registered names, or `_OTHER`, so their number is bounded."""
    known = method if method in METHODS else OTHER
    deferred = metadata.deferred if metadata.deferred is not None and metadata.deferred.open else None
    parent, others = parent_and_links(metadata.carriers)
    outer = trace.get_current_span().get_span_context() if parent is None else parent
    local = parent is None and outer.is_valid  # a confirmed call runs inside the call that confirmed it
    if outer.trace_flags.sampled if local else sampling.records(parent):
        span = tracer.start_span(
            operation.label if operation is not None else known,
            None if local else recorded_under(parent),
            SpanKind.SERVER,
            {**attributes_of(known, operation), **_EXECUTES.get(known, {}), **metadata.attributes},
            [Link(other) for other in others],
            start_time=deferred.began if deferred is not None else None,
        )
    else:
        span = unrecorded_span(outer if outer.is_valid else None)
    if deferred is not None:
        deferred.close(span)
    return OperationSpan(span, known, operation, deferred.seconds if deferred is not None else 0.0)


def call_span(operation: Operation, metadata: RequestMetadata) -> AbstractContextManager[OperationSpan]:
    """The span that a call reports into: its message's own, or a new one for a call that came without a message."""
    current = _current.get()
    if current is not None and current.operation is operation and not current.has_call:
        current.has_call = True
        return nullcontext(current)
    own = operation_span(method_of(operation), operation, metadata)
    own.has_call = True
    return own


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


@cache
def _duration(method: str, name: str | None, failure: str | None, code: int | None) -> Series:
    """The series of a kind of message, bound to its attributes."""
    return instruments.operation_duration.series(_prepared(method, name, failure, code, None))
