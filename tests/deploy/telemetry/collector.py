"""A real OTLP/HTTP receiver: decodes what arrives, and can hang, refuse or be unavailable."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

PATIENCE = 15.0  # seconds

Mood = Literal["taking", "refusing", "hung"]


@dataclass
class Span:
    """One span, as it came over the wire."""

    trace_id: str
    span_id: str
    parent_id: str
    name: str
    kind: int
    seconds: float
    attributes: dict[str, Any]
    links: list[tuple[str, str]]
    events: list[dict[str, Any]]
    failed: bool
    resource: dict[str, Any]


@dataclass
class Collector:
    """The received spans and metrics, and the behaviour of the receiver."""

    url: str
    spans: list[Span] = field(default_factory=list)
    metrics: dict[str, Any] = field(default_factory=dict)
    anchors: list[str] = field(default_factory=list)
    mood: Mood = "taking"
    attempts: int = 0
    changed: threading.Condition = field(default_factory=threading.Condition)
    released: threading.Event = field(default_factory=threading.Event)

    def wait_for(self, condition: Callable[[], Any]) -> Any:
        """The first result of a condition that is not empty."""
        end = time.monotonic() + PATIENCE
        with self.changed:
            while not (found := condition()):
                assert self.changed.wait(end - time.monotonic()), "the collector did not get it in time"
            return found

    def trace(self, trace_id: str, root: str) -> list[Span]:
        """Every span of a trace, after the last one arrived."""

        def find() -> list[Span]:
            spans = [span for span in self.spans if span.trace_id == trace_id]
            return spans if any(span.name == root for span in spans) else []

        found: list[Span] = self.wait_for(find)
        return found

    def receive(self, path: str, body: bytes) -> None:
        with self.changed:
            if path == "/v1/traces":
                self.spans += _spans(ExportTraceServiceRequest.FromString(body))
            elif path == "/v1/logs":
                self.anchors += _bodies(ExportLogsServiceRequest.FromString(body))
            else:
                for metric in _metrics(ExportMetricsServiceRequest.FromString(body)):
                    self.metrics[metric.name] = metric
            self.changed.notify_all()


@contextmanager
def collecting() -> Iterator[Collector]:
    """A receiver on a free port."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            with collector.changed:
                collector.attempts += 1
                collector.changed.notify_all()
            if collector.mood == "hung":
                collector.released.wait(60)
                return
            if collector.mood == "taking":
                collector.receive(self.path, body)
            self.send_response(200 if collector.mood == "taking" else 400)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    collector = Collector(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield collector
    finally:
        collector.released.set()
        server.shutdown()
        server.server_close()
        thread.join()


def tree(spans: list[Span]) -> Any:
    """``{name: {child: …}}`` of the spans that have no parent among them, siblings in the order of their names."""
    known = {span.span_id for span in spans}

    def below(parent: str) -> dict[str, Any]:
        children = sorted((span for span in spans if span.parent_id == parent), key=lambda span: span.name)
        return {span.name: below(span.span_id) for span in children}

    return {span.name: below(span.span_id) for span in spans if span.parent_id not in known}


def _bodies(request: Any) -> Iterator[str]:
    for group in request.resource_logs:
        for record in (record for scope in group.scope_logs for record in scope.log_records):
            yield record.body.string_value


def _spans(request: Any) -> Iterator[Span]:
    for group in request.resource_spans:
        resource = _attributes(group.resource.attributes)
        for span in (span for scope in group.scope_spans for span in scope.spans):
            yield Span(
                trace_id=span.trace_id.hex(),
                span_id=span.span_id.hex(),
                parent_id=span.parent_span_id.hex(),
                name=span.name,
                kind=span.kind,
                seconds=(span.end_time_unix_nano - span.start_time_unix_nano) / 1e9,
                attributes=_attributes(span.attributes),
                links=[(link.trace_id.hex(), link.span_id.hex()) for link in span.links],
                events=[_attributes(event.attributes) for event in span.events],
                failed=span.status.code == 2,
                resource=resource,
            )


def _metrics(request: Any) -> Iterator[Any]:
    for group in request.resource_metrics:
        for scope in group.scope_metrics:
            yield from scope.metrics


def _attributes(pairs: Any) -> dict[str, Any]:
    return {pair.key: getattr(pair.value, pair.value.WhichOneof("value")) for pair in pairs}
