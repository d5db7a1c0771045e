"""Telemetry of one process: set up before it serves, flushed before it is gone."""

import threading
import time
from typing import Final
from uuid import uuid4

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider

from servicekit.settings.service import ServiceSettings
from servicekit.telemetry.metrics import configure_metrics
from servicekit.telemetry.traces import configure_traces

FLUSH_SECONDS: Final = 2.0
"""The most that a stop waits for a collector to take what is left."""


class Telemetry:
    """Traces and metrics of this process, from the moment it is made.

    Args:
        service: name of the service.
        version: its own version.
        settings: where telemetry goes, and how much of it.
    """

    def __init__(self, service: str, version: str, settings: ServiceSettings) -> None:
        resource = Resource.create({"service.name": service, "service.version": version})
        if "service.instance.id" not in resource.attributes:
            resource = resource.merge(Resource({"service.instance.id": str(uuid4())}))
        endpoint = settings.otlp_endpoint
        page = (settings.metrics_host, settings.metrics_port) if settings.metrics_port is not None else None
        self._traces: TracerProvider = configure_traces(
            resource, endpoint, settings.trace_sample_ratio, settings.trace_follow_callers
        )
        self._metrics: MeterProvider = configure_metrics(resource, endpoint, page)

    def flush(self) -> None:
        """Send what is left, for at most `FLUSH_SECONDS`: a collector that hangs does not keep the process."""
        ending = [
            threading.Thread(target=provider.shutdown, name="telemetry", daemon=True)
            for provider in (self._traces, self._metrics)
        ]
        for thread in ending:
            thread.start()
        deadline = time.monotonic() + FLUSH_SECONDS
        for thread in ending:
            thread.join(max(0.0, deadline - time.monotonic()))
