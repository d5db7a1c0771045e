"""The telemetry viewer's HTTP API: accepted and refused exports, traces, statistics, metrics, logs."""

import gzip
import json
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource

from devkit.viewer.memory import MOST_BYTES_OF_LOGS, MOST_LOGS, Memory
from devkit.viewer.receiver import LARGEST_BODY, LARGEST_MESSAGE
from devkit.viewer.spans import LogRecord, Span

from .telemetry import NOON, Piece, Viewer, running_viewer, tool_call

JSON = {"Content-Type": "application/json"}
PROTOBUF = {"Content-Type": "application/x-protobuf"}


@pytest.fixture
def viewer() -> Iterator[Viewer]:
    with running_viewer() as running:
        yield running


@pytest.fixture(scope="module")
def shared_viewer() -> Iterator[Viewer]:
    with running_viewer() as running:
        yield running


def test_trace_shows_self_time_of_spans(viewer: Viewer) -> None:
    sql = Piece("SELECT orders", 3, 7, {"db.system.name": "postgresql", "db.query.text": "SELECT $1"})
    redis = Piece("EVALSHA", 1, 2, {"db.system.name": "redis"})
    http = Piece("GET", 7, 8, {"http.request.method": "GET"})
    trace_id = viewer.export(
        "orders", tool_call("search_orders", 0, 10, redis, Piece("tool", 2, 9, children=[sql, http]))
    )

    trace = viewer.get(f"/api/traces/{trace_id}")
    assert (trace["name"], trace["service"], trace["duration_ms"]) == ("search_orders", "orders", 10)
    rows = [(row["name"], row["depth"], row["category"], row["offset_ms"], row["self_ms"]) for row in trace["rows"]]
    assert rows == [
        ("tools/call search_orders", 0, "call", 0, 2),
        ("EVALSHA", 1, "redis", 1, 1),
        ("tool", 1, "pipeline", 2, 2),
        ("SELECT orders", 2, "sql", 3, 4),
        ("GET", 2, "http", 7, 1),
    ]
    assert trace["rows"][0]["self"] == [[0, 1], [9, 1]]
    assert trace["rows"][3]["attributes"]["db.query.text"] == "SELECT $1"


def test_crash_shows_its_exception(viewer: Viewer) -> None:
    trace_id = viewer.export("orders", tool_call("get_order", 0, 5, error=ValueError("no such column")))
    (row,) = viewer.get(f"/api/traces/{trace_id}")["rows"]
    assert row["error"] is True
    (event,) = row["events"]
    assert event["attributes"]["exception.message"] == "no such column"
    assert event["attributes"]["exception.type"] == "ValueError"


def test_tools_and_callers_are_counted(viewer: Viewer) -> None:
    for milliseconds in range(1, 101):
        viewer.export("orders", tool_call("get_order", -milliseconds, 0))
    viewer.export("orders", tool_call("get_order", 0, 1, error=ValueError("broken")))
    viewer.export("orders", tool_call("get_order", 0, 1, error=ValueError("7"), outcome="invalid_arguments"))
    viewer.export("orders", tool_call("search_orders", -200_000, -190_000))
    viewer.export("orders", tool_call("search_orders", -2_000_000, -1_990_000))  # before the window

    get_order, search_orders = viewer.get("/api/tools")["tools"]
    assert (get_order["operation"], get_order["calls"]) == ("get_order", 102)
    assert (get_order["errors"], get_order["failures"]) == (2, 1), "an error of the caller is not a failure"
    assert (sum(get_order["error_steps"]), sum(get_order["failure_steps"])) == (2, 1)
    assert get_order["p50_ms"] == pytest.approx(50, rel=0.03)
    assert get_order["p95_ms"] == pytest.approx(95, rel=0.03)
    assert get_order["p99_ms"] == pytest.approx(99, rel=0.03)
    assert get_order["rate_per_second"] == pytest.approx(102 / 60)
    assert (search_orders["calls"], search_orders["rate_per_second"]) == (1, 0)
    assert search_orders["p50_ms"] == pytest.approx(10_000, rel=0.03)
    assert sum(search_orders["steps"]) == 1
    (caller,) = viewer.get("/api/callers")["callers"]
    assert (caller["caller"], caller["calls"], caller["errors"], caller["failures"]) == ("ann", 103, 2, 1)


def test_traces_are_filtered(viewer: Viewer) -> None:
    slow = viewer.export("orders", tool_call("search_orders", 0, 250))
    failed = viewer.export("orders", tool_call("get_order", 1, 6, error=ValueError("broken")))
    refused = viewer.export("orders", tool_call("get_order", 1.5, 3, error=ValueError("no"), outcome="refused"))
    other = viewer.export("weather", tool_call("get_forecast", 2, 3))

    def found(**parameters: str) -> list[str]:
        return [trace["trace_id"] for trace in viewer.get("/api/traces", **parameters)["traces"]]

    assert found() == [other, refused, failed, slow]
    assert found(service="orders") == [refused, failed, slow]
    assert found(service="orders", tool="search_orders") == [slow]
    assert found(errors="1") == [refused, failed]
    assert found(failures="1") == [failed]
    assert found(min_ms="5") == [failed, slow]
    assert found(trace=f'"trace_id": "{slow}"') == [slow]
    assert found(trace=failed[:10]) == [failed]
    assert found(trace="0" * 32) == []
    assert viewer.client.get("/api/traces", params={"min_ms": "long"}).status_code == 400
    assert viewer.client.get(f"/api/traces/{'0' * 32}").status_code == 404


def span(number: int, **changes: object) -> dict[str, object]:
    """A span in OTLP's JSON."""
    times = {"startTimeUnixNano": str(NOON * 10**9), "endTimeUnixNano": str(NOON * 10**9 + 1_000_000)}
    return {"traceId": "ab" * 16, "spanId": f"{number:016x}", "name": f"span {number}", **times, **changes}


def traces_in_json(*spans: dict[str, object]) -> str:
    service = {"attributes": [{"key": "service.name", "value": {"stringValue": "orders"}}]}
    return json.dumps({"resourceSpans": [{"resource": service, "scopeSpans": [{"spans": spans}]}]})


def test_json_is_accepted_and_repeated_spans_are_ignored(viewer: Viewer) -> None:
    strange = {"key": "far", "value": {"doubleValue": "Infinity"}}
    body = traces_in_json(span(1, attributes=[strange]), span(2, parentSpanId=f"{1:016x}"), span(3, notYetInvented=1))
    for _ in range(2):
        answer = viewer.client.post("/v1/traces", content=body, headers=JSON)
        assert (answer.status_code, answer.json()) == (200, {})
    trace = viewer.get(f"/api/traces/{'ab' * 16}")
    assert [(row["name"], row["depth"]) for row in trace["rows"]] == [("span 1", 0), ("span 2", 1), ("span 3", 0)]
    assert trace["rows"][0]["attributes"] == {"far": "inf"}


def test_cyclic_parents_are_all_shown(viewer: Viewer) -> None:
    body = traces_in_json(
        span(1, parentSpanId=f"{2:016x}"), span(2, parentSpanId=f"{1:016x}"), span(3, parentSpanId=f"{3:016x}")
    )
    viewer.client.post("/v1/traces", content=body, headers=JSON)
    assert {row["name"] for row in viewer.get(f"/api/traces/{'ab' * 16}")["rows"]} == {"span 1", "span 2", "span 3"}


def test_one_trace_cannot_fill_the_memory(viewer: Viewer) -> None:
    body = traces_in_json(*(span(number) for number in range(2_100)))
    assert viewer.client.post("/v1/traces", content=body, headers=JSON).status_code == 200
    trace = viewer.get(f"/api/traces/{'ab' * 16}")
    assert (len(trace["rows"]), trace["dropped"]) == (2_000, 100)


@pytest.mark.parametrize("bounds", [{"most_spans": 10}, {"most_bytes": 1_000}])
def test_least_recently_updated_trace_is_deleted_first(bounds: dict[str, int]) -> None:
    memory = Memory(**bounds)
    for number in range(30):
        memory.add_spans([made(f"{number:032x}", f"{number:016x}")])
        if number % 6 == 0:
            memory.add_spans([made("a" * 32, f"{number:016x}")])  # keeps receiving spans
    kept = {trace.trace_id: len(trace.spans) for trace in memory.traces()}
    assert kept == {"a" * 32: 5, **{f"{number:032x}": 1 for number in range(25, 30)}}
    assert (memory.spans, memory.bytes) == (10, 1_000)


def test_long_log_records_push_out_older_ones() -> None:
    memory = Memory()
    memory.add_logs(
        LogRecord("ab" * 16, "orders", number, "INFO", "", {}, MOST_BYTES_OF_LOGS // 4) for number in range(9)
    )
    assert [record.time for record in memory.logs("ab" * 16)] == [5, 6, 7, 8]
    memory.add_logs([LogRecord("ab" * 16, "orders", 9, "INFO", "", {}, MOST_BYTES_OF_LOGS + 1)])
    assert memory.logs("ab" * 16) == []
    memory.add_logs(LogRecord("cd" * 16, "orders", number, "INFO", "", {}, 1) for number in range(MOST_LOGS + 1))
    assert len(memory.logs("cd" * 16)) == MOST_LOGS


def made(trace_id: str, span_id: str) -> Span:
    """A span of 100 bytes."""
    return Span(trace_id, span_id, "", "orders", "GET", False, 0, 1, False, "", {}, (), 100)


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"{}", {"Content-Type": "text/plain"}, 415),
        (b"{}", JSON | {"Content-Encoding": "br"}, 415),
        (b"\xff\xff\xff", PROTOBUF, 400),
        (b"[1]", JSON, 400),
        (b'{"resourceSpans": 1}', JSON, 400),
        (b'{"resourceSpans": [{"scopeSpans": [{"spans": [{"traceId": "xyz"}]}]}]}', JSON, 400),
        (b'{"a":' * 20_000, JSON, 400),
        (b"no gzip", PROTOBUF | {"Content-Encoding": "gzip"}, 400),
        (gzip.compress(b"cut off" * 99, mtime=0)[:20], PROTOBUF | {"Content-Encoding": "gzip"}, 400),
        (gzip.compress(bytes(LARGEST_MESSAGE + 1), mtime=0), PROTOBUF | {"Content-Encoding": "gzip"}, 413),
        (bytes(LARGEST_BODY + 1), PROTOBUF, 413),
    ],
)
def test_invalid_otlp_is_refused(shared_viewer: Viewer, body: bytes, headers: dict[str, str], status: int) -> None:
    before = shared_viewer.get("/api/version")
    answer = shared_viewer.client.post("/v1/traces", content=body, headers=headers)
    assert answer.status_code == status
    assert answer.text.endswith(".\n")
    assert shared_viewer.get("/api/version") == before


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["resourceSpans", "scopeSpans", "spans", "traceId", "attributes", "key", "value", "arrayValue"]
            ),
            inner,
            max_size=4,
        )
    ),
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=400) | json_values.map(lambda value: json.dumps(value).encode()), data=st.data())
def test_no_body_crashes_the_receiver(shared_viewer: Viewer, body: bytes, data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(["/v1/traces", "/v1/metrics", "/v1/logs"]))
    headers = data.draw(st.sampled_from([JSON, PROTOBUF]))
    assert shared_viewer.client.post(path, content=body, headers=headers).status_code in (200, 400)
    for kept in ("/api/tools", "/api/traces", "/api/metrics"):
        assert shared_viewer.client.get(kept).status_code == 200


def test_metrics_show_their_latest_value(viewer: Viewer) -> None:
    exporter = OTLPMetricExporter(endpoint=f"{viewer.url}/v1/metrics")
    reader = PeriodicExportingMetricReader(exporter, export_interval_millis=3_600_000)
    provider = MeterProvider([reader], resource=Resource.create({"service.name": "orders"}))
    meter = provider.get_meter("tests")
    shed = meter.create_counter("mcp.server.calls.shed", "{call}", "Calls refused.")
    taken = meter.create_histogram("mcp.server.operation.duration", "s", explicit_bucket_boundaries_advisory=[0.1, 1])
    shed.add(2, {"reason": "queue"})
    reader.collect()
    shed.add(1, {"reason": "queue"})
    for seconds in (0.05, 0.05, 0.5, 3):
        taken.record(seconds)
    provider.shutdown()

    counter, histogram = viewer.get("/api/metrics")["metrics"]
    assert (counter["name"], counter["value"], counter["attributes"]) == (
        "mcp.server.calls.shed",
        3,
        {"reason": "queue"},
    )
    assert (histogram["count"], histogram["mean"], histogram["p95"]) == (4, 0.9, "> 1")


def test_trace_has_its_log_records(viewer: Viewer) -> None:
    trace_id = viewer.export("orders", tool_call("get_order", 0, 5))
    records = [
        {
            "timeUnixNano": str(NOON * 10**9 + at),
            "traceId": trace,
            "severityText": "INFO",
            "body": {"stringValue": text},
        }
        for at, trace, text in [
            (2_000_000, trace_id, "second"),
            (1_000_000, trace_id, "first"),
            (0, "ab" * 16, "other"),
        ]
    ]
    body = json.dumps({"resourceLogs": [{"scopeLogs": [{"logRecords": records}]}]})
    assert viewer.client.post("/v1/logs", content=body, headers=JSON).status_code == 200
    logs = viewer.get(f"/api/traces/{trace_id}")["logs"]
    assert [(record["body"], record["offset_ms"]) for record in logs] == [("first", 1), ("second", 2)]


def test_foreign_host_name_is_refused(viewer: Viewer) -> None:
    assert viewer.client.get("/api/traces", headers={"Host": "attacker.example"}).status_code == 421


def test_page_only_runs_its_own_script(viewer: Viewer) -> None:
    page = viewer.client.get("/telemetry")
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'; script-src 'self'; style-src 'self'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy.replace("http://www.w3.org/2000/svg", "")
    assert "<script>" not in page.text
    assert "<style>" not in page.text
