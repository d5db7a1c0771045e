"""A collector that hangs, refuses or is unavailable delays no call and no stop, and is logged once."""

import secrets
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from devkit.issuer.testing import RunningIssuer
from devkit.loopback.ports import free_port
from devkit.stores.databases import DatabaseUrls
from servicekit.telemetry.traces import MAX_QUEUED, BoundedSpanProcessor

from .collector import Collector, collecting
from .server import in_trace, serving


@pytest.fixture
def own() -> Iterator[Collector]:
    """A collector for one test to break."""
    with collecting() as collector:
        yield collector


@pytest.mark.slow
@pytest.mark.parametrize("trouble", ["hung", "refusing", "away"])
async def test_a_dead_collector_delays_neither_calls_nor_a_stop(
    trouble: str,
    own: Collector,
    urls: DatabaseUrls,
    valkey_url: str,
    issuer: RunningIssuer,
    tmp_path: Path,
) -> None:
    url = own.url
    if trouble == "away":
        url = f"http://127.0.0.1:{free_port()}"
    else:
        own.mood = trouble  # type: ignore[assignment]
    with serving(urls, valkey_url, issuer, tmp_path / "log", otlp_endpoint=url) as server:
        async with server.client() as client:
            for _ in range(20):
                assert not (await client.call_tool("search_orders", {"limit": 1})).is_error
            if trouble != "away":
                own.wait_for(lambda: own.attempts)
            assert not (await client.call_tool("search_orders", {"limit": 1})).is_error
        server.stop(signal.SIGTERM)
        lines = server.lines()
    complaints = [line for line in lines if line["event"].endswith("not exported")]
    assert len({line["event"] for line in complaints}) == len(complaints), "said once a minute at most"
    assert not [line for line in lines if "exception" in line or line["logger"].startswith("opentelemetry")]


async def test_queued_spans_and_lines_outlive_the_process(
    own: Collector, urls: DatabaseUrls, valkey_url: str, issuer: RunningIssuer, tmp_path: Path
) -> None:
    trace_id = secrets.token_hex(16)
    with serving(urls, valkey_url, issuer, tmp_path / "log", otlp_endpoint=own.url) as server:
        async with server.client() as client:
            with in_trace(trace_id):
                await client.call_tool("get_inventory", {"skus": ["none"]})
        server.stop()
        assert trace_id in server.log_file.read_text()
    assert any(span.trace_id == trace_id for span in own.spans)
    points = own.metrics["mcp.server.operation.duration"].histogram.data_points
    assert trace_id in {exemplar.trace_id.hex() for point in points for exemplar in point.exemplars}
    assert {"process.memory.usage", "process.cpu.time", "mcp.server.calls.active"} <= set(own.metrics)


@pytest.mark.parametrize(("ratio", "follow", "flags"), [(0.0, False, "01"), (1.0, True, "00")])
async def test_an_unrecorded_call_keeps_its_trace_id_in_the_log(
    ratio: float,
    follow: bool,
    flags: str,
    own: Collector,
    urls: DatabaseUrls,
    valkey_url: str,
    issuer: RunningIssuer,
    tmp_path: Path,
) -> None:
    trace_id = secrets.token_hex(16)
    more = {"otlp_endpoint": own.url, "trace_sample_ratio": ratio, "trace_follow_callers": follow}
    with serving(urls, valkey_url, issuer, tmp_path / "log", **more) as server:
        params = {"name": "orders_whoami", "_meta": {"traceparent": f"00-{trace_id}-{'7' * 16}-{flags}"}}
        assert server.post("tools/call", params).status_code == 200
        assert server.line(event="call", trace_id=trace_id)["span_id"]
        server.stop()
    assert not [span for span in own.spans if span.trace_id == trace_id]


class Stuck(SpanExporter):
    """An exporter whose collector never answers."""

    def __init__(self) -> None:
        self.let_go = False
        self.taken = 0

    def export(self, spans: object) -> SpanExportResult:
        self.taken += len(spans)  # type: ignore[arg-type]
        while not self.let_go:
            time.sleep(0.01)
        return SpanExportResult.FAILURE

    def shutdown(self) -> None: ...


def test_a_full_queue_drops_spans_without_waiting(caplog: pytest.LogCaptureFixture) -> None:
    stuck = Stuck()
    lost: dict[str, int] = {}
    export = BoundedSpanProcessor(stuck)
    counted = export.lost

    def lose(count: int, reason: str) -> None:
        lost[reason] = lost.get(reason, 0) + count
        counted(count, reason)

    export.lost = lose  # type: ignore[method-assign]
    provider = TracerProvider(resource=Resource({}), shutdown_on_exit=False)
    provider.add_span_processor(export)
    tracer = provider.get_tracer("test")
    made = 3 * MAX_QUEUED
    for _ in range(made):
        span = tracer.start_span("one")
        assert isinstance(span, ReadableSpan)
        span.end()
    assert 0 < lost["queue_full"] <= made - MAX_QUEUED
    stuck.let_go = True
    provider.shutdown()
    assert stuck.taken + lost["queue_full"] == made
    assert sum(lost.values()) == made
    assert [record.getMessage() for record in caplog.records] == ["spans not exported"]
