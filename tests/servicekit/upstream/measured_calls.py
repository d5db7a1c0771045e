"""Calls of an upstream, one of which fails first, measured: prints every data point as JSON."""

import asyncio
import json
import time
from typing import Any

from opentelemetry import metrics
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from devkit.simulators.faults import Fault
from devkit.simulators.weather.testing import simulator_in_thread
from servicekit.upstream.caching.cache import CachePolicy
from servicekit.upstream.client import Upstream
from servicekit.upstream.resilience.counted_quota import CountedQuota, Window
from servicekit.upstream.resilience.quota import QuotaState


async def ask(running: Any) -> None:
    quota = CountedQuota("Open-Meteo", "api.example", [Window("minutely", 10, 60)], None)
    upstream = Upstream("tests", "Open-Meteo", running.url, quota=quota)
    running.simulator.faults.pending.append(Fault(kind="error", path="/v1/search"))
    await upstream.get(["v1", "search"], {"name": "Oslo"}, cache_policy=CachePolicy(fresh=60))
    await upstream.stop()
    QuotaState("spent", 5000, 3, time.time() + 60).record_metrics("api.example")
    QuotaState("back", 5000, 3, time.time() - 1).record_metrics("api.example")


if __name__ == "__main__":
    reader = InMemoryMetricReader()
    metrics.set_meter_provider(MeterProvider([reader]))
    with simulator_in_thread() as running:
        asyncio.run(ask(running))
    found: dict[str, list[Any]] = {}
    data = reader.get_metrics_data()
    assert data is not None
    for resource in data.resource_metrics:
        for scope in resource.scope_metrics:
            for metric in scope.metrics:
                for point in metric.data.data_points:
                    value = getattr(point, "value", None) if hasattr(point, "value") else point.count
                    found.setdefault(metric.name, []).append([dict(point.attributes), value])
    print(json.dumps(found))
