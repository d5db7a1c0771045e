"""Child spans of a call, and deferred spans for the work done before the call's own span starts.

Over HTTP a caller is authenticated before the body names the trace of the call. `DeferredSpans` keeps that work, which
becomes the first children of the call's span. Without a recording span or open deferred spans, a child span is a
constant that does nothing.
"""

import time
from collections.abc import Mapping
from contextlib import AbstractContextManager
from contextvars import ContextVar, Token
from functools import lru_cache
from types import TracebackType
from typing import Any, Final

from opentelemetry import context, trace
from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind, Status, StatusCode

from servicekit.telemetry.redaction import redact

tracer: Final = trace.get_tracer("servicekit")

_MAX_STATEMENT_LENGTH: Final = 2000  # characters of SQL on a span
_BRIEF: Final = 1_000_000  # nanoseconds; a brief span is created only if it took longer


class _DeferredSpan:
    """A span that started before its parent existed."""

    __slots__ = ("attributes", "began", "children", "ended", "error", "kind", "name")

    def __init__(self, name: str, kind: SpanKind, attributes: Mapping[str, Any] | None) -> None:
        self.name, self.kind, self.attributes = name, kind, attributes
        self.began = time.time_ns()
        self.ended = self.began
        self.error: str | None = None
        self.children: list[_DeferredSpan] = []

    def create(self) -> None:
        """Create it as a child of the current span, with its own times."""
        span = tracer.start_span(self.name, None, self.kind, self.attributes, start_time=self.began)
        if self.error is not None:
            _set_error(span, self.error)
        with trace.use_span(span, end_on_exit=False):
            for child in self.children:
                child.create()
        span.end(self.ended)


class DeferredSpans:
    """The spans of a request before its operation span starts."""

    __slots__ = ("_spans", "_unfinished", "began", "open")

    def __init__(self) -> None:
        self.began = time.time_ns()
        self.open = True
        self._spans: list[_DeferredSpan] = []
        self._unfinished: list[_DeferredSpan] = []

    def begin(self, span: _DeferredSpan) -> None:
        (self._unfinished[-1].children if self._unfinished else self._spans).append(span)
        self._unfinished.append(span)

    def end(self, error: str | None) -> None:
        span = self._unfinished.pop()
        span.ended, span.error = time.time_ns(), error

    @property
    def seconds(self) -> float:
        """The total duration of the spans, without the wait for the request body between them."""
        return sum(span.ended - span.began for span in self._spans) / 1e9

    def close(self, span: Span) -> None:
        """Create the deferred spans as children of `span` and stop deferring."""
        self.open = False
        if span.is_recording():
            with trace.use_span(span, end_on_exit=False):
                for deferred in self._spans:
                    if deferred.children or deferred.ended - deferred.began > _BRIEF:
                        deferred.create()


is_recorded: Final[ContextVar[bool]] = ContextVar("is_recorded", default=True)
"""False inside the operation span of a message that is not recorded: its child spans cost one look-up."""
_deferred_spans: ContextVar[DeferredSpans | None] = ContextVar("deferred_spans", default=None)


def defer_spans() -> DeferredSpans:
    """Defer the spans of the request that this task serves, until its operation span starts."""
    deferred = DeferredSpans()
    _deferred_spans.set(deferred)
    return deferred


def stop_deferring() -> None:
    """Stop deferring: a subscription stream stays open and would collect spans without limit."""
    deferred = _deferred_spans.get()
    if deferred is not None:
        deferred.open = False


def child_span(
    name: str, attributes: Mapping[str, Any] | None = None, kind: SpanKind = SpanKind.INTERNAL, *, brief: bool = False
) -> AbstractContextManager[None]:
    """A child span of the call in progress.

    Args:
        name: from a closed set.
        brief: create the span only if it took more than a millisecond.
    """
    if not is_recorded.get():
        return _NOTHING
    deferred = _deferred_spans.get()
    if deferred is not None and deferred.open:
        return _DeferredChild(deferred, name, attributes, kind)
    return _ChildSpan(name, attributes, kind, brief=brief) if trace.get_current_span().is_recording() else _NOTHING


class _Nothing:
    """The child span of a call that is not recorded."""

    __slots__ = ()

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        pass


_NOTHING: Final = _Nothing()


class _DeferredChild:
    """A child span of work that is done before the operation span starts."""

    __slots__ = ("_deferred", "_span")

    def __init__(
        self, deferred: DeferredSpans, name: str, attributes: Mapping[str, Any] | None, kind: SpanKind
    ) -> None:
        self._deferred = deferred
        self._span = _DeferredSpan(name, kind, attributes)

    def __enter__(self) -> None:
        self._deferred.begin(self._span)

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        self._deferred.end(kind.__qualname__ if kind is not None else None)


class _ChildSpan:
    """A child span of a call that is recorded."""

    __slots__ = ("_attributes", "_began", "_brief", "_kind", "_name", "_span", "_token")

    def __init__(self, name: str, attributes: Mapping[str, Any] | None, kind: SpanKind, *, brief: bool) -> None:
        self._name, self._attributes, self._kind, self._brief = name, attributes, kind, brief
        self._span: Span | None = None
        self._token: Token[Context] | None = None
        self._began = 0

    def __enter__(self) -> None:
        if self._brief:
            self._began = time.time_ns()
        else:
            self._span = tracer.start_span(self._name, None, self._kind, self._attributes)
            self._token = context.attach(trace.set_span_in_context(self._span))

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        error = kind.__qualname__ if kind is not None else None
        if self._span is not None and self._token is not None:
            context.detach(self._token)
            if error is not None:
                _set_error(self._span, error)
            self._span.end()
        elif time.time_ns() - self._began > _BRIEF:
            span = tracer.start_span(self._name, None, self._kind, self._attributes, start_time=self._began)
            if error is not None:
                _set_error(span, error)
            span.end()


def statement_span(query: str, database: Mapping[str, Any]) -> AbstractContextManager[None]:
    """The span of one SQL statement (OpenTelemetry's database conventions). Values are bound, so its text holds none.

    The asyncpg instrumentation is not used: it patches the driver for the whole process and also works for calls that
    are not recorded.
    """
    if not is_recorded.get():
        return _NOTHING
    operation, text = _operation_and_text(query)
    attributes = {**database, "db.operation.name": operation, "db.query.text": text}
    return child_span(f"{operation} {database.get('db.namespace', '')}".rstrip(), attributes, SpanKind.CLIENT)


def command_span(name: str) -> AbstractContextManager[None]:
    """The span of one Redis command."""
    if not is_recorded.get():
        return _NOTHING
    return child_span(name, {"db.system.name": "redis", "db.operation.name": name}, SpanKind.CLIENT)


@lru_cache(512)
def _operation_and_text(query: str) -> tuple[str, str]:
    """The first word of a statement, and its text on one line, cut to `_MAX_STATEMENT_LENGTH`."""
    text = redact(" ".join(query.split()))
    return text.partition(" ")[0].upper().rstrip(";"), text[:_MAX_STATEMENT_LENGTH]


def _set_error(span: Span, error: str) -> None:
    """Set the class of an error. Its message may quote values, so only the operation span holds it, redacted."""
    span.set_attribute("error.type", error)
    span.set_status(Status(StatusCode.ERROR))
