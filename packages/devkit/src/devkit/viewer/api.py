"""The viewer's HTTP API: receives telemetry and returns it as JSON to the page and to tests."""

import re
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict
from heapq import nlargest
from typing import Any, Final, NamedTuple

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from devkit.viewer.measurements import Measurements
from devkit.viewer.memory import Memory, Trace
from devkit.viewer.receiver import receive
from devkit.viewer.spans import Span, logs_of, spans_of
from devkit.viewer.statistics import STEP, RollingStatistics, Summary
from devkit.viewer.waterfall import rows_of

MOST_TRACES: Final = 200
_TRACE_ID: Final = re.compile(r"(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])")


class ToolKey(NamedTuple):
    """The key of call statistics per operation."""

    service: str
    operation: str
    method: str


class CallerKey(NamedTuple):
    """The key of call statistics per caller."""

    service: str
    caller: str
    client: str


class Api:
    """The API over telemetry in memory. `clock` returns seconds."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._memory = Memory()
        self._measurements = Measurements()
        self._tools: RollingStatistics[ToolKey] = RollingStatistics(clock)
        self._callers: RollingStatistics[CallerKey] = RollingStatistics(clock)
        self._version = 0

    def routes(self) -> list[Route]:
        """The receiver's routes and the page's."""
        return [
            Route("/v1/traces", self._take_traces, methods=["POST"]),
            Route("/v1/metrics", self._take_metrics, methods=["POST"]),
            Route("/v1/logs", self._take_logs, methods=["POST"]),
            Route("/api/version", self._show_version),
            Route("/api/tools", self._show_tools),
            Route("/api/callers", self._show_callers),
            Route("/api/metrics", self._show_metrics),
            Route("/api/traces", self._show_traces),
            Route("/api/traces/{trace_id}", self._show_trace),
        ]

    async def _take_traces(self, request: Request) -> Response:
        def keep(export: ExportTraceServiceRequest) -> None:
            for span in self._memory.add_spans(spans_of(export)):
                if span.is_call:
                    self._count(span)

        return await self._take(request, ExportTraceServiceRequest, keep)

    async def _take_metrics(self, request: Request) -> Response:
        return await self._take(request, ExportMetricsServiceRequest, self._measurements.add)

    async def _take_logs(self, request: Request) -> Response:
        return await self._take(
            request, ExportLogsServiceRequest, lambda export: self._memory.add_logs(logs_of(export))
        )

    async def _take(self, request: Request, kind: type[Any], keep: Callable[[Any], None]) -> Response:
        def keep_and_count(export: Any) -> None:
            keep(export)
            self._version += 1

        return await receive(request, kind, keep_and_count)

    def _count(self, span: Span) -> None:
        attributes, ended_at = span.attributes, span.end / 1e9
        tool = ToolKey(span.service, span.operation, str(attributes["mcp.method.name"]))
        caller = CallerKey(span.service, _text(attributes, "enduser.id"), _text(attributes, "mcp.client.id"))
        how = {"is_error": span.is_error, "is_failure": span.is_failure}
        self._tools.count(tool, ended_at, span.milliseconds, **how)
        self._callers.count(caller, ended_at, span.milliseconds, **how)

    async def _show_version(self, _request: Request) -> Response:
        """A number that grows with every export, so that the page reloads only new data."""
        return JSONResponse({"version": self._version, "spans": self._memory.spans, "traces": len(self._memory)})

    async def _show_tools(self, _request: Request) -> Response:
        return JSONResponse({"step_seconds": STEP, "tools": _table(self._tools.rows())})

    async def _show_callers(self, _request: Request) -> Response:
        return JSONResponse({"step_seconds": STEP, "callers": _table(self._callers.rows())})

    async def _show_metrics(self, _request: Request) -> Response:
        return JSONResponse({"metrics": self._measurements.rows()})

    async def _show_traces(self, request: Request) -> Response:
        """Newest first. Filters: `service`, `tool`, `errors=1`, `failures=1`, `min_ms` and `trace` (id or prefix)."""
        try:
            wanted = _TraceFilter(request)
        except ValueError:
            return JSONResponse({"error": "min_ms must be a number of milliseconds, such as 12.5."}, 400)
        newest = nlargest(MOST_TRACES, filter(wanted, self._memory.traces()), key=lambda trace: trace.start)
        return JSONResponse({"traces": [_summary(trace) for trace in newest]})

    async def _show_trace(self, request: Request) -> Response:
        trace = self._memory.trace(request.path_params["trace_id"])
        if trace is None:
            return JSONResponse({"error": "Unknown trace: not exported yet, or already deleted from memory."}, 404)
        logs = [
            {
                "offset_ms": (record.time - trace.start) / 1e6,
                "service": record.service,
                "severity": record.severity,
                "body": record.body,
                "attributes": record.attributes,
            }
            for record in self._memory.logs(trace.trace_id)
        ]
        return JSONResponse({**_summary(trace), "dropped": trace.dropped, "rows": rows_of(trace), "logs": logs})


class _TraceFilter:
    """The filter of a request for traces."""

    def __init__(self, request: Request) -> None:
        query = request.query_params
        text = query.get("trace", "").lower()
        found = _TRACE_ID.search(text)
        self._trace_id = found[0] if found else text.strip()
        self._service = query.get("service", "")
        self._tool = query.get("tool", "")
        self._errors, self._failures = (query.get(name, "") not in ("", "0") for name in ("errors", "failures"))
        self._least = float(query.get("min_ms") or 0)

    def __call__(self, trace: Trace) -> bool:
        return (
            trace.trace_id.startswith(self._trace_id)
            and trace.milliseconds >= self._least
            and any(self._fits(span) for span in trace.spans)
            and (not self._errors or trace.errors > 0)
            and (not self._failures or trace.failures > 0)
        )

    def _fits(self, span: Span) -> bool:
        return self._service in ("", span.service) and self._tool in ("", span.operation)


def _summary(trace: Trace) -> dict[str, Any]:
    first = trace.first
    return {
        "trace_id": trace.trace_id,
        "service": first.service,
        "services": sorted({span.service for span in trace.spans}),
        "name": first.operation,
        "method": _text(first.attributes, "mcp.method.name"),
        "caller": _text(first.attributes, "enduser.id"),
        "outcome": _text(first.attributes, "error.type"),
        "calls": trace.calls,
        "spans": len(trace.spans),
        "errors": trace.errors,
        "failures": trace.failures,
        "start_ms": trace.start / 1e6,
        "duration_ms": trace.milliseconds,
    }


def _table(rows: Iterable[tuple[NamedTuple, Summary]]) -> list[dict[str, Any]]:
    return [{**key._asdict(), **asdict(summary)} for key, summary in sorted(rows, key=lambda row: tuple(row[0]))]


def _text(attributes: dict[str, Any], name: str) -> str:
    return str(attributes.get(name) or "")
