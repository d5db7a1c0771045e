"""What operators can count about upstreams, by the attributes that are declared; in a process of its own, since a meter
provider is set once."""

import json
import subprocess
import sys

from devkit.settings import WORKSPACE
from servicekit.telemetry.instruments import INSTRUMENTS


def test_upstream_metrics_have_their_declared_attributes() -> None:
    command = [sys.executable, "-m", "tests.servicekit.upstream.measured_calls"]
    finished = subprocess.run(command, capture_output=True, text=True, check=True, cwd=WORKSPACE)
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
