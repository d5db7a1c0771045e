"""What operators can count about upstreams, by the attributes that are declared; in a process of its own, since a meter
provider is set once."""

import json
import subprocess
import sys

from servicekit.telemetry.instruments import INSTRUMENTS

PROGRAM = """
import asyncio, json, time
from opentelemetry import metrics
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

reader = InMemoryMetricReader()
metrics.set_meter_provider(MeterProvider([reader]))

from devkit.simulators.faults import Fault
from devkit.simulators.weather.serving import simulator_in_thread
from servicekit.upstream.cache import Freshness
from servicekit.upstream.client import Upstream
from servicekit.upstream.counted_quota import CountedQuota, Window
from servicekit.upstream.quota import QuotaState

async def ask(running):
    quota = CountedQuota("Open-Meteo", "api.example", [Window("minutely", 10, 60)], None)
    upstream = Upstream("tests", "Open-Meteo", running.url, quota=quota)
    running.simulator.faults.waiting.append(Fault(kind="error", path="/v1/search"))
    await upstream.get(["v1", "search"], {"name": "Oslo"}, freshness=Freshness(fresh=60))
    await upstream.stop()
    QuotaState("spent", 5000, 3, time.time() + 60).tell("api.example")
    QuotaState("back", 5000, 3, time.time() - 1).tell("api.example")

with simulator_in_thread() as running:
    asyncio.run(ask(running))
found = {}
for resource in reader.get_metrics_data().resource_metrics:
    for scope in resource.scope_metrics:
        for metric in scope.metrics:
            for point in metric.data.data_points:
                value = getattr(point, "value", None) if hasattr(point, "value") else point.count
                found.setdefault(metric.name, []).append([dict(point.attributes), value])
print(json.dumps(found))
"""


def test_every_figure_of_an_upstream_is_told_by_its_declared_attributes() -> None:
    finished = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    found = json.loads(finished.stdout)
    declared = {one.name: set(one.attributes) for one in INSTRUMENTS}
    assert {name for name in declared if name.startswith("upstream.")} <= found.keys()
    for name in (*(name for name in declared if name.startswith("upstream.")), "http.client.request.duration"):
        for attributes, _ in found[name]:
            assert attributes.keys() <= declared[name], name
    assert found["upstream.retries"] == [[{"server.address": "127.0.0.1"}, 1]]
    assert found["upstream.cache.lookups"] == [[{"server.address": "127.0.0.1", "result": "miss"}, 1]]
    assert {attributes["server.address"] for attributes, _ in found["upstream.quota.remaining"]} == {"api.example"}
    left = {attributes["quota"]: left for attributes, left in found["upstream.quota.remaining"]}
    assert left in ({"minutely": full, "spent": 3, "back": 5000} for full in (8.0, 10.0)), "whole again after its reset"
    durations = found["http.client.request.duration"]
    told = {(attributes["http.response.status_code"], attributes.get("error.type")) for attributes, _ in durations}
    assert told == {(200, None), (500, "500")}
