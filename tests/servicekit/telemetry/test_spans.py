"""Spans: they continue the trace of the caller, and hold no secret."""

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from servicekit.pipeline.call import call
from servicekit.pipeline.request import RequestInfo
from servicekit.testing.service import caller
from tests.servicekit.apps.general_app import READ, general_app
from tests.servicekit.apps.pipeline_parts import boundary


async def test_a_span_of_a_crash_holds_the_stack_without_its_secrets(spans: InMemorySpanExporter) -> None:
    context = {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}
    operation = general_app().registry.tools["burn"]
    await call(boundary(), operation, {}, caller(READ), RequestInfo("r", trace_context=context))
    (span,) = [span for span in spans.get_finished_spans() if span.name == "tools/call burn"]
    assert f"{span.context.trace_id:032x}" == "0af7651916cd43dd8448eb211c80319c"
    assert span.attributes is not None
    assert span.attributes["error.type"] == "crash"
    (event,) = span.events
    assert "RuntimeError" in str(event.attributes)
    assert "Traceback" in str(event.attributes)
    assert "hunter2x" not in str(event.attributes)


@pytest.mark.parametrize("parent", ["garbage", "00-zz-zz-01", "", "00-" + "0" * 32 + "-" + "0" * 16 + "-01", "é" * 99])
async def test_a_broken_trace_header_breaks_nothing(parent: str, spans: InMemorySpanExporter) -> None:
    operation = general_app().registry.tools["get_book"]
    request = RequestInfo("r", trace_context={"traceparent": parent, "tracestate": parent})
    assert (await call(boundary(), operation, {"number": 1}, caller(READ), request)).outcome == "ok"
    assert spans.get_finished_spans()
