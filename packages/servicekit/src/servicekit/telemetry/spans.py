"""Child spans of a call, and deferred spans for the work before the call's own span can begin.

Over HTTP a caller is authenticated and counted before the body says which trace the call belongs to. That work is
kept in `DeferredSpans`; the call's span then makes its first children from it. Without a recording span or open
deferred spans, a child span costs two look-ups.
"""

import time
from collections.abc import Mapping
from contextvars import ContextVar, Token
from functools import lru_cache
from types import TracebackType
from typing import Any, Final

from opentelemetry import context, trace
from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind, Status, StatusCode

tracer: Final = trace.get_tracer("servicekit")

_LONGEST_STATEMENT: Final = 2000  # characters of SQL on a span
_WORTH_TELLING: Final = 1_000_000  # nanoseconds; a stage that is usually over at once is a span only beyond this


class _Note:
    """A stage that was over, or at least begun, before there was a span to put it under."""

    __slots__ = ("attributes", "began", "ended", "error", "inner", "kind", "name")

    def __init__(self, name: str, kind: SpanKind, attributes: Mapping[str, Any] | None) -> None:
        self.name, self.kind, self.attributes = name, kind, attributes
        self.began = time.time_ns()
        self.ended = self.began
        self.error: str | None = None
        self.inner: list[_Note] = []

    def replay(self) -> None:
        """Become a child of the current span."""
        span = tracer.start_span(self.name, None, self.kind, self.attributes, start_time=self.began)
        if self.error is not None:
            _mark(span, self.error)
        with trace.use_span(span, end_on_exit=False):
            for note in self.inner:
                note.replay()
        span.end(self.ended)


class DeferredSpans:
    """The stages of a request until its span begins."""

    __slots__ = ("_notes", "_under_way", "began", "open")

    def __init__(self) -> None:
        self.began = time.time_ns()
        self.open = True
        self._notes: list[_Note] = []
        self._under_way: list[_Note] = []

    def begin(self, note: _Note) -> None:
        """A stage began, inside the one that is under way."""
        (self._under_way[-1].inner if self._under_way else self._notes).append(note)
        self._under_way.append(note)

    def end(self, error: str | None) -> None:
        """The innermost stage is over."""
        note = self._under_way.pop()
        note.ended, note.error = time.time_ns(), error

    @property
    def seconds(self) -> float:
        """What the stages took together. Waiting for a client to send its body is none of them."""
        return sum(note.ended - note.began for note in self._notes) / 1e9

    def close(self, span: Span) -> None:
        """Make the noted stages children of `span`; from now on stages are spans by themselves."""
        self.open = False
        if span.is_recording():
            with trace.use_span(span, end_on_exit=False):
                for note in self._notes:
                    if note.inner or note.ended - note.began > _WORTH_TELLING:
                        note.replay()


_timeline: ContextVar[DeferredSpans | None] = ContextVar("timeline", default=None)


def defer_spans() -> DeferredSpans:
    """Note the stages of the request that this task serves until its span begins."""
    timeline = DeferredSpans()
    _timeline.set(timeline)
    return timeline


def stop_deferring() -> None:
    """Note no more: what follows is no request that ends."""
    timeline = _timeline.get()
    if timeline is not None:
        timeline.open = False


class child_span:  # noqa: N801  # reads as the `with` statement that it is
    """One stage of the call in progress, as a span of its own.

    Args:
        name: from a closed set.
        attributes: what is known when it begins.
        brief: it is usually over at once, so it becomes a span only when it took more than a millisecond.
    """

    __slots__ = ("_attributes", "_began", "_brief", "_kind", "_name", "_noted", "_span", "_token")

    def __init__(
        self,
        name: str,
        attributes: Mapping[str, Any] | None = None,
        kind: SpanKind = SpanKind.INTERNAL,
        *,
        brief: bool = False,
    ) -> None:
        self._name, self._attributes, self._kind, self._brief = name, attributes, kind, brief
        self._span: Span | None = None
        self._token: Token[Context] | None = None
        self._noted: DeferredSpans | None = None
        self._began = 0

    def __enter__(self) -> None:
        if not trace.get_current_span().is_recording():
            timeline = _timeline.get()
            if timeline is not None and timeline.open:
                self._noted = timeline
                timeline.begin(_Note(self._name, self._kind, self._attributes))
        elif self._brief:
            self._began = time.time_ns()
        else:
            self._span = tracer.start_span(self._name, None, self._kind, self._attributes)
            self._token = context.attach(trace.set_span_in_context(self._span))

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        error = kind.__qualname__ if kind is not None else None
        if self._span is not None and self._token is not None:
            context.detach(self._token)
            if error is not None:
                _mark(self._span, error)
            self._span.end()
        elif self._noted is not None:
            self._noted.end(error)
        elif self._began and time.time_ns() - self._began > _WORTH_TELLING:
            span = tracer.start_span(self._name, None, self._kind, self._attributes, start_time=self._began)
            if error is not None:
                _mark(span, error)
            span.end()


def statement_span(query: str, database: Mapping[str, Any]) -> child_span:
    """The span of one SQL statement (OpenTelemetry's database conventions). Its text holds no values: they are bound.

    A thin span of our own, and not the asyncpg instrumentation: that patches the driver for the whole process, and does
    its work for calls that nobody records as well.
    """
    operation, text = _described(query)
    attributes = {**database, "db.operation.name": operation, "db.query.text": text}
    return child_span(f"{operation} {database.get('db.namespace', '')}".rstrip(), attributes, SpanKind.CLIENT)


def command_span(name: str) -> child_span:
    """The span of one round trip to the shared store."""
    return child_span(name, {"db.system.name": "redis", "db.operation.name": name}, SpanKind.CLIENT)


@lru_cache(512)
def _described(query: str) -> tuple[str, str]:
    """The first word of a statement, and its text on one line."""
    text = " ".join(query.split())
    return text.partition(" ")[0].upper().rstrip(";"), text[:_LONGEST_STATEMENT]


def _mark(span: Span, error: str) -> None:
    """A failure by its kind. What it says may quote values, so that is for the call's own span, redacted."""
    span.set_attribute("error.type", error)
    span.set_status(Status(StatusCode.ERROR))
