"""Metrics export: pushed over OTLP/HTTP, served at `/metrics` on a separate port for Prometheus, or both."""

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

from servicekit.telemetry.tally_export import with_tallies
from servicekit.telemetry.traces import EXPORT_TIMEOUT, ThrottledLogger

PAGE_TIMEOUT: Final = 5.0
"""Seconds after which a silent connection to `/metrics` is closed."""


def configure_metrics(resource: Resource, endpoint: str | None, page: tuple[str, int] | None) -> MeterProvider:
    """Set up the export of metrics.

    Args:
        endpoint: base URL of a collector to push to; None pushes nothing.
        page: host and port at which `/metrics` is served; None serves no page.
    """
    readers: list[MetricReader] = []
    if endpoint is not None:
        exporter = _LoggingExporter(f"{endpoint}/v1/metrics", timeout=EXPORT_TIMEOUT)
        # Every minute by default; the SDK itself reads OTEL_METRIC_EXPORT_INTERVAL.
        readers.append(_PushReader(exporter, export_timeout_millis=EXPORT_TIMEOUT * 1000))
    if page is not None:
        registry = CollectorRegistry()
        readers.append(_PageReader(scope_info_enabled=False, registry=registry))
        _serve_page(registry, *page)
    provider = MeterProvider(readers, resource, shutdown_on_exit=False)
    metrics.set_meter_provider(provider)
    return provider


def _serve_page(registry: CollectorRegistry, host: str, port: int) -> None:
    """Serve `/metrics` from its own threads, so that it also answers while the event loop is blocked."""
    try:
        page, _ = start_http_server(port, host, registry)
    except OSError as error:
        sys.stderr.write(f"METRICS_PORT: {host}:{port} cannot be opened ({error.strerror}).\n")
        raise SystemExit(2) from None
    # Each connection holds a thread, so silent ones are closed. socketserver would print a stack trace for each.
    page.RequestHandlerClass.timeout = PAGE_TIMEOUT  # type: ignore[attr-defined]  # of socketserver's handlers
    page.handle_error = lambda *_: None  # type: ignore[method-assign]


class _PushReader(PeriodicExportingMetricReader):
    """Pushes what the SDK and this process count."""

    def _receive_metrics(self, metrics_data: MetricsData, timeout_millis: float = 10_000, **options: Any) -> None:
        super()._receive_metrics(with_tallies(metrics_data), timeout_millis, **options)


class _PageReader(PrometheusMetricReader):
    """Shows what the SDK and this process count."""

    def _receive_metrics(self, metrics_data: MetricsData, timeout_millis: float = 10_000, **options: Any) -> None:
        super()._receive_metrics(with_tallies(metrics_data), timeout_millis, **options)


class _LoggingExporter(OTLPMetricExporter):
    """Logs failed exports, at most once a minute."""

    def __init__(self, endpoint: str, timeout: float) -> None:
        super().__init__(endpoint, timeout=timeout)
        self._failures = ThrottledLogger("metrics not exported")

    def export(
        self, metrics_data: MetricsData, timeout_millis: float | None = 10_000, **options: Any
    ) -> MetricExportResult:
        """Send one collection. Its values are cumulative, so a later successful export makes up for a failed one."""
        result = super().export(metrics_data, timeout_millis, **options)
        if result is not MetricExportResult.SUCCESS:
            self._failures.add(1, "export_failed")
        return result
