"""A viewer over HTTP, and services that export to it with the OpenTelemetry SDK."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from socket import socket
from typing import Any

import httpx2
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, set_span_in_context

from devkit.loopback.serving import serving_in_thread
from devkit.portal.app import portal_app
from servicekit.portal.files import portal_files

NOON = 1_800_000_000
"""The fixed time of the viewer's clock, in seconds."""


@dataclass
class Piece:
    """A span to create, from `begin` to `end` milliseconds after noon."""

    name: str
    begin: float
    end: float
    attributes: Mapping[str, Any] = field(default_factory=dict)
    children: list["Piece"] = field(default_factory=list)
    kind: SpanKind = SpanKind.INTERNAL
    error: Exception | None = None


def tool_call(
    tool: str, begin: float, end: float, *children: Piece, error: Exception | None = None, outcome: str = "crash"
) -> Piece:
    """The server span of a call to `tool`."""
    attributes = {"mcp.method.name": "tools/call", "gen_ai.tool.name": tool, "enduser.id": "ann"}
    if error is not None:
        attributes["error.type"] = outcome
    return Piece(f"tools/call {tool}", begin, end, attributes, list(children), SpanKind.SERVER, error)


class Viewer:
    """A running viewer and a client of it."""

    def __init__(self, url: str, client: httpx2.Client) -> None:
        self.url = url
        self.client = client

    def get(self, path: str, **parameters: str) -> Any:
        """The JSON at `path`."""
        answer = self.client.get(path, params=parameters)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def export(self, service: str, piece: Piece) -> str:
        """Export the spans of a trace; returns its id."""
        provider = TracerProvider(resource=Resource.create({"service.name": service}))
        exporter = OTLPSpanExporter(endpoint=f"{self.url}/v1/traces", compression=Compression.Gzip)
        provider.add_span_processor(SimpleSpanProcessor(exporter))
        span = _make(provider, piece, None)
        provider.shutdown()
        return f"{span.get_span_context().trace_id:032x}"


def _make(provider: TracerProvider, piece: Piece, parent: Span | None) -> Span:
    context = set_span_in_context(parent) if parent is not None else None
    span = provider.get_tracer("tests").start_span(
        piece.name, context, piece.kind, piece.attributes, start_time=_at(piece.begin)
    )
    for child in piece.children:
        _make(provider, child, span)
    if piece.error is not None:
        span.record_exception(piece.error, timestamp=_at(piece.end))
        span.set_status(Status(StatusCode.ERROR))
    span.end(_at(piece.end))
    return span


def _at(milliseconds: float) -> int:
    return NOON * 1_000_000_000 + round(milliseconds * 1_000_000)


@contextmanager
def running_viewer() -> Iterator[Viewer]:
    """A viewer with empty memory and a clock fixed at noon."""
    with socket() as listener:
        listener.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        app = portal_app(portal_files("Fleet", "", documents={}), lambda: NOON)
        with serving_in_thread(app, listener), httpx2.Client(base_url=url, timeout=10, trust_env=False) as client:
            yield Viewer(url, client)
