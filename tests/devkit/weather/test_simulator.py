"""The simulated Open-Meteo: wire format, a plausible deterministic climate, and faults."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devkit.simulators.weather.app import WeatherSimulator
from devkit.simulators.weather.climate import Climate
from devkit.simulators.weather.testing import RunningSimulator, simulator_in_thread

NOW = datetime(2026, 3, 4, 22, 50, tzinfo=UTC)
LONDON = {"latitude": 51.5074, "longitude": -0.1278}
REYKJAVIK = {"latitude": 64.135, "longitude": -21.895}


@pytest.fixture(scope="module")
def running() -> Iterator[RunningSimulator]:
    with simulator_in_thread(WeatherSimulator(lambda: NOW)) as running:
        yield running


@pytest.fixture
def http(running: RunningSimulator) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=running.url, timeout=10, trust_env=False) as client:
        yield client
    running.simulator.faults.pending.clear()


def get(http: httpx2.Client, api: str, **query: Any) -> Any:
    response = http.get(f"/v1/{api}", params=query)
    assert response.status_code == 200, response.text
    return response.json()


def test_simulator_identifies_itself(http: httpx2.Client) -> None:
    assert "This is not Open-Meteo" in http.get("/").text
    assert http.get("/v1/search?name=Rome").headers["server"].endswith("Open-Meteo simulator")


def test_forecast_has_open_meteos_fields(http: httpx2.Client) -> None:
    forecast = get(
        http,
        "forecast",
        **LONDON,
        current="temperature_2m,weather_code",
        hourly="temperature_2m,snowfall",
        daily="temperature_2m_max,sunrise",
        timezone="auto",
        forecast_days=3,
    )
    assert set(forecast) == {
        "latitude", "longitude", "generationtime_ms", "utc_offset_seconds", "timezone", "timezone_abbreviation",
        "elevation", "current_units", "current", "hourly_units", "hourly", "daily_units", "daily",
    }  # fmt: skip
    assert (forecast["latitude"], forecast["longitude"]) == (51.5, -0.125)  # the centre of the grid cell
    assert (forecast["timezone"], forecast["utc_offset_seconds"]) == ("Europe/London", 0)
    assert forecast["current"]["time"] == "2026-03-04T22:45"
    assert forecast["current"]["interval"] == 900
    assert forecast["hourly_units"] == {"time": "iso8601", "temperature_2m": "°C", "snowfall": "cm"}
    assert forecast["hourly"]["time"][0] == "2026-03-04T00:00"
    assert {len(column) for column in forecast["hourly"].values()} == {72}
    assert forecast["daily"]["time"] == ["2026-03-04", "2026-03-05", "2026-03-06"]
    assert forecast["daily"]["sunrise"][0].startswith("2026-03-04T06:")


def test_days_are_local_days(http: httpx2.Client) -> None:
    tokyo = get(http, "forecast", latitude=35.7, longitude=139.7, daily="weather_code", timezone="auto")
    assert tokyo["utc_offset_seconds"] == 9 * 3600
    assert tokyo["daily"]["time"][0] == "2026-03-05"


@pytest.mark.parametrize(("latitude", "end"), [(85, "2026-03-01T00:00"), (-85, "2026-03-02T00:00")])
def test_polar_days_and_nights_run_midnight_to_midnight(http: httpx2.Client, latitude: int, end: str) -> None:
    day = {"start_date": "2026-03-01", "end_date": "2026-03-01", "daily": "sunrise,sunset", "timezone": "GMT"}
    pole = get(http, "forecast", latitude=latitude, longitude=20, **day)["daily"]
    assert (pole["sunrise"], pole["sunset"]) == (["2026-03-01T00:00"], [end])


def test_temperature_falls_with_elevation(http: httpx2.Client) -> None:
    low, high = (get(http, "forecast", **LONDON, elevation=metres, current="temperature_2m") for metres in (0, 1000))
    assert (low["elevation"], high["elevation"]) == (0, 1000)
    assert low["current"]["temperature_2m"] - high["current"]["temperature_2m"] == pytest.approx(6.5, abs=0.11)


def test_all_apis_agree_on_the_weather(http: httpx2.Client) -> None:
    day = {"start_date": "2026-03-04", "end_date": "2026-03-04", "hourly": "temperature_2m"}
    forecast = get(http, "forecast", **LONDON, **day)["hourly"]["temperature_2m"]
    assert get(http, "archive", **LONDON, **day)["hourly"]["temperature_2m"] == forecast
    ensemble = get(http, "ensemble", **LONDON, hourly="temperature_2m", forecast_days=7, models="icon_seamless")
    members = [name for name in ensemble["hourly"] if name.startswith("temperature_2m_member")]
    assert ensemble["hourly"]["temperature_2m"][:24] == forecast
    assert len(members) == 39
    spread = [
        max(ensemble["hourly"][name][hour] for name in members)
        - min(ensemble["hourly"][name][hour] for name in members)
        for hour in (24, 150)
    ]
    assert spread[0] < spread[1], "members drift apart"


def test_long_ensemble_ends_after_fifteen_days(http: httpx2.Client) -> None:
    asked = {"hourly": "precipitation", "forecast_days": 16, "models": "ecmwf_ifs025"}
    column = get(http, "ensemble", **REYKJAVIK, **asked)["hourly"]["precipitation_member50"]
    assert [value is None for value in column] == [hour > 360 for hour in range(384)]


def test_quarters_of_an_hour_start_with_the_current_one(http: httpx2.Client) -> None:
    found = get(http, "forecast", **LONDON, minutely_15="precipitation,snowfall", forecast_minutely_15=9)
    assert found["minutely_15_units"] == {"time": "iso8601", "precipitation": "mm", "snowfall": "cm"}
    assert found["minutely_15"]["time"][:3] == ["2026-03-04T22:45", "2026-03-04T23:00", "2026-03-04T23:15"]
    assert {len(column) for column in found["minutely_15"].values()} == {9}


def test_quarters_are_interpolated_outside_the_models(http: httpx2.Client) -> None:
    asked = {"minutely_15": "precipitation", "hourly": "precipitation", "forecast_days": 14}
    found = get(http, "forecast", latitude=1.3, longitude=103.9, **asked)
    quarters, hours = found["minutely_15"]["precipitation"], found["hourly"]["precipitation"]
    assert len(quarters) == 4 * len(hours)
    for number in range(1, len(hours)):
        end = 4 * number + 1
        assert quarters[end - 4 : end] == [pytest.approx(hours[number] / 4, abs=0.01)] * 4
    assert max(hours) > 0


def test_sea_river_and_air_values_are_plausible(http: httpx2.Client) -> None:
    inland = get(http, "marine", latitude=48.13, longitude=11.57, hourly="wave_height")
    assert inland["hourly"]["wave_height"][0] is None
    sea = get(http, "marine", **REYKJAVIK, hourly="wave_height,sea_surface_temperature")
    assert sea["hourly"]["wave_height"][0] > 0
    assert -2 < sea["hourly"]["sea_surface_temperature"][0] < 15
    flood = get(http, "flood", **LONDON, daily="river_discharge,river_discharge_max", timezone="auto", forecast_days=20)
    assert flood["daily_units"]["river_discharge"] == "m³/s"
    assert flood["daily"]["river_discharge"][-1] < flood["daily"]["river_discharge_max"][-1]
    air = get(http, "air-quality", latitude=28.65, longitude=77.23, hourly="pm2_5,european_aqi")
    assert air["hourly_units"]["pm2_5"] == "μg/m³"


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("forecast?latitude=999&longitude=0", "Latitude must be in range of -90 to 90°. Given: 999.0."),
        ("forecast?latitude=0&longitude=0&hourly=tmp", "Cannot initialize"),
        ("forecast?latitude=0&longitude=0&daily=weather_code", "Timezone is required"),
        ("forecast?latitude=0&longitude=0&forecast_days=17", "Forecast days is invalid. Allowed range 0 to 16."),
        ("forecast?latitude=0&longitude=0&timezone=Mars/Olympus", "Invalid timezone"),
        ("ensemble?latitude=0&longitude=0&hourly=precipitation&models=gfs", "Cannot initialize EnsembleMultiDomains"),
        ("archive?latitude=0&longitude=0&daily=weather_code&timezone=GMT", "'start_date' is required"),
        ("archive?latitude=0&longitude=0&start_date=2026-03-04&end_date=2026-03-05", "out of allowed range"),
        ("forecast?latitude=0&longitude=0&start_date=2025-11-30&end_date=2025-12-02", "from 2025-12-01 to 2026-03-19"),
        ("forecast?latitude=0&longitude=0&start_date=2026-03-04&end_date=2026-03-20", "from 2025-12-01 to 2026-03-19"),
        ("climate?latitude=0&longitude=0&start_date=2050-12-31&end_date=2051-01-01", "from 1950-01-01 to 2050-12-31"),
        ("search?name=x&count=0", "count must be between 1 and 100"),
    ],
)
def test_bad_parameters_are_refused_with_a_reason(http: httpx2.Client, path: str, reason: str) -> None:
    response = http.get(f"/v1/{path}")
    assert response.status_code == 400
    assert response.json()["error"] is True
    assert reason in response.json()["reason"]


def test_search_folds_accents_and_case(http: httpx2.Client) -> None:
    assert get(http, "search", name="reykjavik")["results"][0]["name"] == "Reykjavík"
    springfields = get(http, "search", name="Springfield", count=3)["results"]
    assert [place["admin1"] for place in springfields] == ["Missouri", "Massachusetts", "Illinois"]
    assert {place["country_code"] for place in get(http, "search", name="London")["results"]} == {"GB", "CA", "US"}
    assert "results" not in get(http, "search", name="Nowhereville")


def test_faults_use_open_meteos_wording_and_end(http: httpx2.Client) -> None:
    for kind, status, words in (
        ("rate_limit", 429, "Minutely API request limit exceeded"),
        ("error", 500, "Internal Server Error"),
        ("garbage", 200, "unfinished"),
    ):
        http.post("/_simulator/faults", json={"kind": kind, "path": "/v1/forecast"}).raise_for_status()
        spoilt = http.get("/v1/forecast", params=LONDON)
        assert spoilt.status_code == status
        assert words in spoilt.text
        assert "retry-after" not in spoilt.headers
    assert http.get("/v1/forecast", params=LONDON).status_code == 200


@given(
    st.floats(-90, 90), st.floats(-180, 180), st.datetimes(datetime(1940, 1, 1), datetime(2060, 1, 1)).map(  # noqa: DTZ001
        lambda moment: moment.replace(tzinfo=UTC)
    )
)  # fmt: skip
def test_climate_is_plausible_and_deterministic(latitude: float, longitude: float, moment: datetime) -> None:
    weather = Climate(latitude, longitude).at(moment)
    assert weather == Climate(latitude, longitude).at(moment)
    assert -65 < weather.temperature < 60
    assert 0 <= weather.humidity <= 100
    assert 0 <= weather.cloud <= 100
    assert 0 <= weather.precipitation < 40
    assert 0 <= weather.wind <= weather.gusts < 150
    assert (weather.snowfall > 0) <= (weather.temperature < 1)


def test_climate_follows_season_and_latitude() -> None:
    def mean(latitude: float, longitude: float, month: int) -> float:
        climate = Climate(latitude, longitude)
        hours = [datetime(2025, month, day, hour, tzinfo=UTC) for day in range(1, 29) for hour in (0, 6, 12, 18)]
        return sum(climate.at(hour).temperature for hour in hours) / len(hours)

    assert mean(51.5, -0.1, 7) > mean(51.5, -0.1, 1) + 5
    assert mean(-33.9, 151.2, 1) > mean(-33.9, 151.2, 7) + 5
    assert mean(1.3, 103.8, 1) > 22
    assert mean(78.2, 15.6, 1) < -5
