"""The simulated warning services: the shapes of api.weather.gov and feeds.meteoalarm.org, and that they are made up."""

from collections.abc import Iterator
from datetime import UTC, datetime

import httpx2
import pytest

from devkit.simulators.weather.app import WeatherSimulator
from devkit.simulators.weather.testing import simulator_in_thread

NOW = datetime(2026, 3, 4, 22, 50, tzinfo=UTC)


@pytest.fixture(scope="module")
def http() -> Iterator[httpx2.Client]:
    with (
        simulator_in_thread(WeatherSimulator(lambda: NOW)) as running,
        httpx2.Client(base_url=running.url, timeout=10, trust_env=False) as client,
    ):
        yield client


def test_alerts_of_a_point_are_geojson(http: httpx2.Client) -> None:
    found = http.get("/alerts/active", params={"point": "41.88,-87.63"}).json()
    assert found["type"] == "FeatureCollection"
    assert {one["properties"]["event"] for one in found["features"]} == {"Wind Advisory", "Blizzard Warning"}
    for one in found["features"]:
        assert one["type"] == "Feature"
        assert "simulat" in one["properties"]["senderName"]
    assert http.get("/alerts/active", params={"point": "39.74,-104.98"}).json()["features"] == []


def test_invalid_points_are_refused(http: httpx2.Client) -> None:
    for point in ("", "41.88", "a,b", "1,2,3"):
        assert http.get("/alerts/active", params={"point": point}).status_code == 400
    assert http.get("/alerts/active?point=1,2", headers={"User-Agent": ""}).status_code == 403


def test_feeds_are_of_countries(http: httpx2.Client) -> None:
    norway = http.get("/api/v1/warnings/feeds-norway").json()["warnings"]
    assert all("Made up by a simulator" in one["alert"]["info"][0]["description"] for one in norway)
    assert norway[0]["alert"]["info"][0]["area"][0]["polygon"]
    germany = http.get("/api/v1/warnings/feeds-germany").json()["warnings"]
    assert germany[0]["alert"]["info"][0]["area"][0]["geocode"][0]["valueName"] == "EMMA_ID"
    assert http.get("/api/v1/warnings/feeds-portugal").json() == {"warnings": []}
    assert http.get("/api/v1/warnings/feeds-japan").status_code == 404
