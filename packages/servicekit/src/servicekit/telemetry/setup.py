"""Telemetry of one process: set up before it serves, flushed before it is gone."""

import logging
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider

from servicekit.telemetry.metrics import configure_metrics
from servicekit.telemetry.traces import configure_traces

if TYPE_CHECKING:
    from servicekit.telemetry.anchor_export import AnchorExport

FLUSH_SECONDS: Final = 2.0
"""The most that a stop waits for a collector to take what is left."""


@dataclass(frozen=True, slots=True)
class TelemetryOptions:
    """Where traces, metrics and audit anchors of a process go, and how many traces are kept.

    Attributes:
        otlp_endpoint: base URL of an OTLP/HTTP collector; None exports nothing.
        metrics_address: host and port of the page that Prometheus reads; None serves no page.
        sample_ratio: part of the traces that start here to record, 0 to 1.
        follow_callers: record every trace that a caller records.
    """

    otlp_endpoint: str | None
    metrics_address: tuple[str, int] | None
    sample_ratio: float
    follow_callers: bool


class Telemetry:
    """Traces and metrics of this process, from the moment it is made.

    Args:
        service: name of the service.
        version: version of the service.
    """

    def __init__(self, service: str, version: str, options: TelemetryOptions) -> None:
        resource = Resource.create({"service.name": service, "service.version": version})
        if "service.instance.id" not in resource.attributes:
            resource = resource.merge(Resource({"service.instance.id": str(uuid4())}))
        exports = options.otlp_endpoint is not None  # without a collector, recording a span would be in vain
        self._traces: TracerProvider = configure_traces(
            resource,
            options.otlp_endpoint,
            options.sample_ratio if exports else 0.0,
            options.follow_callers and exports,
        )
        self._metrics: MeterProvider = configure_metrics(resource, options.otlp_endpoint, options.metrics_address)
        self._anchors = _anchor_export(resource, options.otlp_endpoint)

    def flush(self) -> None:
        """Write the waiting log lines, and send what is left for at most `FLUSH_SECONDS`: a collector may hang."""
        for handler in logging.getLogger().handlers:
            handler.flush()
        ending = [
            threading.Thread(target=provider.shutdown, name="telemetry", daemon=True)
            for provider in (self._traces, self._metrics, self._anchors)
            if provider is not None
        ]
        for thread in ending:
            thread.start()
        deadline = time.monotonic() + FLUSH_SECONDS
        for thread in ending:
            thread.join(max(0.0, deadline - time.monotonic()))


def _anchor_export(resource: Resource, endpoint: str | None) -> "AnchorExport | None":
    if endpoint is None:
        return None
    from servicekit.telemetry.anchor_export import AnchorExport  # its exporter takes time to import

    return AnchorExport(resource, endpoint)
