"""Metrics: pushed over OTLP/HTTP, read by Prometheus from a page on a port of its own, or both."""

import sys
from typing import Any, Final

from opentelemetry import metrics
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import (
    MetricExportResult,
    MetricReader,
    MetricsData,
    PeriodicExportingMetricReader,
)
from opentelemetry.sdk.resources import Resource
from prometheus_client import CollectorRegistry, start_http_server

from servicekit.telemetry.traces import EXPORT_TIMEOUT, ThrottledLogger

PAGE_TIMEOUT: Final = 5.0
"""Seconds that a reader of `/metrics` may be silent."""


def configure_metrics(resource: Resource, endpoint: str | None, page: tuple[str, int] | None) -> MeterProvider:
    """Collect what the instruments count.

    Args:
        endpoint: base URL of a collector to push to.
        page: host and port of `/metrics`, for Prometheus to read.
    """
    readers: list[MetricReader] = []
    if endpoint is not None:
        exporter = _Complaining(f"{endpoint}/v1/metrics", timeout=EXPORT_TIMEOUT)
        # Every minute, unless OTEL_METRIC_EXPORT_INTERVAL, which the SDK reads by itself, says otherwise.
        readers.append(PeriodicExportingMetricReader(exporter, export_timeout_millis=EXPORT_TIMEOUT * 1000))
    if page is not None:
        registry = CollectorRegistry()
        readers.append(PrometheusMetricReader(scope_info_enabled=False, registry=registry))
        _serve_page(registry, *page)
    provider = MeterProvider(readers, resource, shutdown_on_exit=False)
    metrics.set_meter_provider(provider)
    return provider


def _serve_page(registry: CollectorRegistry, host: str, port: int) -> None:
    """Serve `/metrics` from threads of its own: it answers also while the event loop is stuck, and to the very end."""
    try:
        page, _ = start_http_server(port, host, registry)
    except OSError as error:
        sys.stderr.write(f"METRICS_PORT: {host}:{port} cannot be opened ({error.strerror}).\n")
        raise SystemExit(2) from None
    # Each connection has a thread: one that asks for nothing is given up, and without a stack on standard error.
    page.RequestHandlerClass.timeout = PAGE_TIMEOUT  # type: ignore[attr-defined]  # of socketserver's handlers
    page.handle_error = lambda *_: None  # type: ignore[method-assign]


class _Complaining(OTLPMetricExporter):
    """An exporter that says once a minute that it cannot get through."""

    def __init__(self, endpoint: str, timeout: float) -> None:
        super().__init__(endpoint, timeout=timeout)
        self._complaints = ThrottledLogger("metrics not exported")

    def export(
        self, metrics_data: MetricsData, timeout_millis: float | None = 10_000, **options: Any
    ) -> MetricExportResult:
        """Send one collection. What it counts is cumulative, so the next one that gets through brings it all."""
        result = super().export(metrics_data, timeout_millis, **options)
        if result is not MetricExportResult.SUCCESS:
            self._complaints.note(1, "export_failed")
        return result
