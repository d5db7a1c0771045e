"""Whether a message is recorded is decided once; its ids are valid either way, and its children follow."""

from collections.abc import Iterator
from typing import Any

import pytest
from opentelemetry import propagate, trace
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from servicekit.pipeline.operation_span import RequestMetadata, operation_span
from servicekit.telemetry.sampling import sampling
from servicekit.telemetry.spans import child_span, command_span, statement_span
from servicekit.telemetry.trace_context import parent_and_links

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


def carrier(flags: str = "01", trace_id: str = TRACE, **more: Any) -> dict[str, Any]:
    return {"traceparent": f"00-{trace_id}-{SPAN}-{flags}", **more}


@pytest.fixture
def ratio(monkeypatch: pytest.MonkeyPatch, spans: InMemorySpanExporter) -> Iterator[Any]:  # noqa: ARG001
    def choose(ratio: float, *, follow_callers: bool = False) -> None:
        monkeypatch.setattr(sampling, "ratio", ratio)
        monkeypatch.setattr(sampling, "follow_callers", follow_callers)

    return choose


@pytest.mark.parametrize("carriers", [(), (carrier("01"),), (carrier("00"),)])
def test_an_unrecorded_message_has_ids_and_no_spans(carriers: Any, ratio: Any, spans: InMemorySpanExporter) -> None:
    ratio(0.0)
    with operation_span("ping", None, RequestMetadata(carriers)) as span:
        headers: dict[str, str] = {}
        propagate.inject(headers)
        with child_span("tool"), command_span("GET"), statement_span("SELECT 1", {}):
            pass
    assert spans.get_finished_spans() == ()
    assert headers["traceparent"][3:52] == f"{span.trace_id}-{span.span_id}"
    assert headers["traceparent"][-2:] in ("00", "02")
    assert (span.trace_id == TRACE) is bool(carriers)
    assert int(span.span_id, 16)


def test_a_recorded_message_keeps_its_trace(ratio: Any, spans: InMemorySpanExporter) -> None:
    ratio(1.0)
    state = carrier("00", tracestate="vendor=1")
    with operation_span("ping", None, RequestMetadata((state, carrier(trace_id="1" * 32)))) as span, child_span("tool"):
        pass
    child, root = spans.get_finished_spans()
    assert (child.name, root.name, root.kind) == ("tool", "ping", trace.SpanKind.SERVER)
    assert child.parent is not None
    assert root.parent is not None
    assert child.parent.span_id == int(span.span_id, 16)
    assert root.parent.span_id == int(SPAN, 16)
    assert (span.trace_id, root.context.trace_state) == (TRACE, {"vendor": "1"})
    assert [link.context.trace_id for link in root.links] == [int("1" * 32, 16)]


@pytest.mark.parametrize(("flags", "recorded"), [("00", False), ("01", True), ("03", True)])
def test_a_followed_caller_decides(flags: str, recorded: bool, ratio: Any) -> None:
    ratio(0.5, follow_callers=True)
    for _ in range(20):
        with operation_span("ping", None, RequestMetadata((carrier(flags),))) as span:
            assert span.recording is recorded


def test_a_ratio_records_about_its_share(ratio: Any) -> None:
    ratio(0.1)
    recorded = 0
    for number in range(2000):
        with operation_span("ping", None, RequestMetadata((carrier(),) if number % 2 else ())) as span:
            recorded += span.recording
    assert 100 < recorded < 320  # seven standard deviations


@pytest.mark.parametrize("recorded", [True, False])
def test_an_inner_message_follows_the_outer(recorded: bool, ratio: Any) -> None:
    ratio(float(recorded))
    with operation_span("ping", None, RequestMetadata()) as outer:
        ratio(float(not recorded))
        with operation_span("ping", None, RequestMetadata()) as inner:
            assert (inner.recording, inner.trace_id) == (recorded, outer.trace_id)
            assert inner.span_id != outer.span_id


@pytest.mark.parametrize(
    "text",
    [
        f"00-{TRACE}-{SPAN}-01-more",
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE.upper()}-{SPAN}-01",
        f" 00-{TRACE}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-01\n",
        f"00-{TRACE}-{SPAN}",
        f"01-{TRACE}-{SPAN}-01-{'x' * 500}",
        "",
        7,
        None,
        ["00"],
    ],
)
def test_a_malformed_trace_context_is_ignored(text: Any) -> None:
    assert parent_and_links([{"traceparent": text}]) == (None, [])


def test_a_later_version_may_go_on() -> None:
    parent, links = parent_and_links([{"traceparent": f"01-{TRACE}-{SPAN}-ff-more"}, carrier("03"), carrier("00")])
    assert parent is not None
    assert (parent.trace_id, parent.span_id, int(parent.trace_flags)) == (int(TRACE, 16), int(SPAN, 16), 3)
    assert parent.is_remote
    assert [int(link.trace_flags) for link in links] == [0]  # the second is the same context


@pytest.mark.parametrize("state", ["x" * 600, 7, "not a list", None])
def test_a_malformed_tracestate_costs_only_itself(state: Any) -> None:
    parent, _ = parent_and_links([carrier(tracestate=state)])
    assert parent is not None
    assert not parent.trace_state
