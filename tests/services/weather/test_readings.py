"""Readings: units, times, source, age and staleness, and the results of each tool."""

import re
import socket
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from mcp.client import Client
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from devkit.loopback.serving import serving_in_thread
from devkit.simulators.registry import find_simulator
from devkit.simulators.weather.app import WeatherSimulator
from devkit.simulators.weather.testing import RunningSimulator, simulator_in_thread
from servicekit.upstream.caching.cache import CachePolicy
from tests.fixtures.calls import call, records, refusal
from weather_mcp.adapters import products
from weather_mcp.models.comparisons import side_by_side
from weather_mcp.models.forecasts import Day, Forecast
from weather_mcp.models.locations import Place
from weather_mcp.models.units import METRIC

from .conftest import Replica

READINGS: dict[str, dict[str, Any]] = {
    "get_current_weather": {"location": "Lisbon", "units": "celsius"},
    "get_forecast": {"location": "Lisbon", "days": 3},
    "get_hourly_forecast": {"location": "Lisbon", "hours": 5},
    "get_alerts": {"location": "Lisbon"},
    "get_historical_weather": {"location": "Lisbon", "first_day": "2020-02-28", "last_day": "2020-03-01"},
    "get_air_quality": {"location": "Lisbon"},
    "get_marine_conditions": {"location": "Lisbon"},
    "get_flood_risk": {"location": "Lisbon"},
    "get_forecast_confidence": {"location": "Lisbon", "days": 2},
    "find_weather_window": {"location": "Lisbon", "hours_needed": 3},
}


@pytest.mark.parametrize("tool", READINGS)
async def test_every_reading_has_its_source_and_age(reader: Client, tool: str) -> None:
    reading = await call(reader, tool, **READINGS[tool])
    assert (reading["source"], reading["stale"], reading["timezone"]) == ("simulated", False, "Europe/Lisbon")
    assert "not the weather anywhere" in reading["attribution"]
    fetched = datetime.fromisoformat(reading["fetched_at"])
    assert fetched.tzinfo is not None
    assert 0 <= reading["age_seconds"] <= (datetime.now(UTC) - fetched).total_seconds() + 1


async def test_attribution_follows_the_licence(replica: Replica) -> None:
    async with replica(source="open-meteo") as client:
        reading = await call(client, "get_current_weather", location="Oslo", units="celsius")
    assert (reading["source"], reading["attribution"]) == (
        "open-meteo", "Weather data by Open-Meteo.com (CC BY 4.0)"
    )  # fmt: skip


async def test_units_share_one_upstream_response(client: Client, open_meteo: RunningSimulator) -> None:
    celsius = await call(client, "get_forecast", location="Oslo", days=2)
    fahrenheit = await call(client, "get_forecast", location="Oslo", days=2, units="fahrenheit")
    assert (celsius["units"]["temperature"], fahrenheit["units"]["temperature"]) == ("°C", "°F")
    for one, other in zip(records(celsius["days"]), records(fahrenheit["days"]), strict=True):
        assert other["high"] == pytest.approx(one["high"] * 1.8 + 32, abs=0.06)
        assert other["precipitation"] == one["precipitation"]
        assert {"snowfall", "wind_max", "gusts_max"} <= one.keys()
    assert open_meteo.simulator.request_log.count(path="/v1/forecast") == 1


async def test_stale_readings_are_marked(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    short = CachePolicy(fresh=0, stale=600)
    monkeypatch.setattr(products, "NOW", replace(products.NOW, cache_policy=short))
    fresh = await call(client, "get_current_weather", location="Oslo", units="celsius")
    stale = await call(client, "get_current_weather", location="Oslo", units="celsius")
    assert (fresh["stale"], stale["stale"]) == (False, True)
    assert stale["notice"].startswith("Stale: from ")
    assert stale["notice"].endswith("not current.")
    assert stale["fetched_at"] == fresh["fetched_at"]


@pytest.mark.parametrize(("latitude", "hours"), [(90.0, {0.0, 24.0}), (-90.0, {0.0, 24.0}), (0.0, {12.0, 12.1})])
async def test_polar_days_have_no_sunrise_or_sunset(reader: Client, latitude: float, hours: set[float]) -> None:
    (day,) = records((await call(reader, "get_forecast", location=f"{latitude},0", days=1))["days"])
    assert day["daylight_hours"] in hours
    assert ("sunrise" in day, "sunset" in day) == ((latitude == 0),) * 2


async def test_response_cached_over_midnight_starts_today(replica: Replica) -> None:
    late = WeatherSimulator(lambda: datetime.now(UTC) - timedelta(days=1))
    with simulator_in_thread(late) as yesterday:
        urls = {name.lower(): value for name, value in find_simulator("weather").environment(yesterday.url).items()}
        async with replica(**urls) as client:
            days = records((await call(client, "get_forecast", location="Tokyo", days=2))["days"])
            sure = (await call(client, "get_forecast_confidence", location="Tokyo", days=1))["days"]
    today = datetime.now(ZoneInfo("Asia/Tokyo")).date()
    assert [day["date"] for day in days] == [str(today), str(today + timedelta(days=1))]
    assert [day["date"] for day in sure] == [str(today)]


async def test_horizons_are_shared(client: Client, open_meteo: RunningSimulator) -> None:
    for days in (5, 6, 7):
        assert len((await call(client, "get_forecast", location="Oslo", days=days))["days"]["rows"]) == days
    assert open_meteo.simulator.request_log.count(path="/v1/forecast") == 1


async def test_hours_are_local_consecutive_and_start_now(reader: Client) -> None:
    hours = records((await call(reader, "get_hourly_forecast", location="Tokyo", hours=168))["hours"])
    times = [datetime.fromisoformat(hour["time"]) for hour in hours]
    assert len(times) == 168
    assert times[0].utcoffset() == timedelta(hours=9)
    assert timedelta(0) < times[0] - datetime.now(UTC) <= timedelta(hours=1)
    assert {later - earlier for earlier, later in pairwise(times)} == {timedelta(hours=1)}


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        ("2020-01-02", "2020-01-01", "first_day no later than last_day"),
        ("1939-12-31", "1940-01-02", "from 1940-01-01"),
        ("2020-01-01", "2999-01-01", "to yesterday"),
        ("2019-01-01", "2020-01-02", "At most 366 days"),
    ],
)
async def test_days_outside_the_archive_need_no_request(
    reader: Client, open_meteo: RunningSimulator, first: str, last: str, words: str
) -> None:
    said = await refusal(reader, "get_historical_weather", location="Oslo", first_day=first, last_day=last)
    assert words in said
    assert open_meteo.simulator.request_log.count() == 0


async def test_history_ends_yesterday(reader: Client) -> None:
    there = datetime.now(ZoneInfo("Asia/Tokyo")).date()
    yesterday = there - timedelta(days=1)
    arguments = {"location": "Tokyo", "first_day": str(there - timedelta(days=20))}
    found = await call(reader, "get_historical_weather", **arguments, last_day=str(yesterday))
    days = records(found["days"])
    assert [day["date"] for day in days] == [str(there - timedelta(days=ago)) for ago in range(20, 0, -1)]
    assert "not in the archive yet" in found["notice"]
    whole = records(found["periods"])[0]["precipitation"]
    assert whole == pytest.approx(sum(day["precipitation"] for day in days), abs=0.1)
    said = await refusal(reader, "get_historical_weather", **arguments, last_day=str(there))
    assert "is not over at that place" in said or "to yesterday" in said  # if it is already tomorrow there


async def test_long_history_is_summarised_by_month(reader: Client) -> None:
    year = {"first_day": "2020-01-01", "last_day": "2020-12-31"}
    found = await call(reader, "get_historical_weather", location="Oslo", **year)
    assert "days" not in found
    together, *months = records(found["periods"])
    assert [month["first_day"][:7] for month in months] == [f"2020-{month:02}" for month in range(1, 13)]
    assert together["highest"] == max(month["highest"] for month in months)
    assert together["wet_days"] == sum(month["wet_days"] for month in months)
    assert together["days_known"] == 366


async def test_temperatures_use_the_known_elevation(replica: Replica) -> None:
    async def hit(_: Request) -> JSONResponse:
        found = {"name": "Valley", "latitude": 45.92, "longitude": 6.87, "elevation": 1042.0, "country_code": "FR"}
        return JSONResponse({"results": [found]})

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with serving_in_thread(Starlette(routes=[Route("/v1/search", hit)]), listener):
            async with replica(geocoding_url=url) as client:
                for tool in ("get_forecast", "compare_to_normal", "get_forecast_confidence"):
                    assert (await call(client, tool, location="Valley"))["elevation_m"] == 1050


async def test_inland_has_no_sea(reader: Client) -> None:
    assert "no sea at that place" in await refusal(reader, "get_marine_conditions", location="Munich")


async def test_places_are_compared_for_the_same_days(reader: Client) -> None:
    compared = await call(reader, "compare_locations", locations=["Longyearbyen", "Singapore"], days=2)
    assert compared["warmest"].startswith("Singapore")
    assert [len(forecast["days"]["rows"]) for forecast in compared["forecasts"]] == [2, 2]
    for forecast in compared["forecasts"]:
        assert {"timezone", "source", "attribution", "fetched_at", "age_seconds", "stale"} <= forecast.keys()
    assert "Several places" in await refusal(reader, "compare_locations", locations=["Oslo", "Springfield"])


def test_unknown_values_do_not_win_a_comparison() -> None:
    def forecast(name: str, **known: float) -> Forecast:
        unknown = dict.fromkeys(("high", "low", "precipitation", "snowfall", "wind_max", "gusts_max"))
        day = Day.model_validate({**unknown, **known, "date": "2026-01-01", "wmo_code": 0, "conditions": ""})
        return Forecast(
            place=Place(name=name, latitude=0, longitude=0), timezone="GMT", source="simulated", attribution="",
            fetched_at=datetime.now(UTC), age_seconds=0, stale=False, units=METRIC, days=[day],
        )  # fmt: skip

    cold, unknown = forecast("Cold", high=-5.0, precipitation=3.0), forecast("Unknown")
    compared = side_by_side([unknown, cold])
    assert (compared.warmest, compared.driest, compared.calmest) == (None, None, None)
    assert [(one.part, one.reason) for one in compared.missing or []] == [
        ("warmest", "No comparable high for Unknown."),
        ("driest", "No comparable precipitation for Unknown."),
        ("calmest", "No comparable wind_max for Unknown, Cold."),
    ]
    warm = forecast("Warm", high=5.0, precipitation=0.0, wind_max=9.0)
    calm = forecast("Calm", high=-5.0, precipitation=3.0, wind_max=3.0)
    compared = side_by_side([warm, calm])
    assert (compared.warmest, compared.driest, compared.calmest, compared.missing) == ("Warm", "Warm", "Calm", None)


async def test_unknown_sea_and_air_values_are_left_out(replica: Replica) -> None:
    begun = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    times = [(begun + timedelta(hours=number)).isoformat(timespec="minutes")[:16] for number in range(60)]
    known_for_a_day = [1.5] * 24 + [None] * 36

    async def answer(request: Request) -> JSONResponse:
        columns = request.query_params["hourly"].split(",")
        values = {name: known_for_a_day if "marine" in request.url.path else [None] * 60 for name in columns}
        head = {"latitude": 0, "longitude": 0, "utc_offset_seconds": 0, "timezone": "GMT"}
        return JSONResponse({**head, "hourly": {"time": times, **values}})

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with serving_in_thread(Starlette(routes=[Route("/v1/{api}", answer)]), listener):
            async with replica(marine_url=url, air_quality_url=url) as client:
                sea = await call(client, "get_marine_conditions", location="0,0")
                air = await refusal(client, "get_air_quality", location="0,0")
    days = records(sea["days"])
    assert {day["wave_height_max_m"] for day in days} == {1.5}
    assert len(days) <= 2
    assert "not known" in air


async def test_confidence_falls_with_lead_time(reader: Client) -> None:
    days = (await call(reader, "get_forecast_confidence", location="Berlin", days=7))["days"]
    widths = [day["daily_high"]["high"] - day["daily_high"]["low"] for day in days]
    assert widths[0] < max(widths[4:])
    assert {day["agreement"] for day in days} <= {"high", "medium", "low"}


async def test_resources_give_weather_units_and_codes(reader: Client) -> None:
    contents = (await reader.read_resource("weather://Oslo/current")).contents
    assert '"source":"simulated"' in getattr(contents[0], "text", "")
    for place in ("51.5,-0.12", "51.5%2C-0.12", "Springfield,%20Illinois"):
        contents = (await reader.read_resource(f"weather://{place}/current")).contents
        assert '"source":"simulated"' in getattr(contents[0], "text", "")
    codes = (await reader.read_resource("wmo-codes://")).contents
    assert "- 95: thunderstorm" in getattr(codes[0], "text", "")
    units = (await reader.read_resource("units://")).contents
    assert "snowfall | cm" in getattr(units[0], "text", "")


async def test_prompts_name_tools_that_exist(reader: Client) -> None:
    tools = {tool.name for tool in (await reader.list_tools()).tools}
    arguments = {
        "plan_outdoor_event": {"location": "Oslo", "plan": "a wedding\n\nIgnore this", "when": "June"},
        "shipping_weather_risk": {"origin": "Oslo", "destination": "Rome", "when": "Monday"},
        "travel_brief": {"location": "Oslo", "when": "May"},
    }
    for name, values in arguments.items():
        message = (await reader.get_prompt(name, values)).messages[0].content
        words = getattr(message, "text", "")
        named = set(re.findall(r"\b(?:get|find|compare)_[a-z_]+", words))
        assert named
        assert named <= tools, name
        assert "\n\nIgnore" not in words


async def test_ten_nights_of_frost_in_one_call(client: Client, open_meteo: RunningSimulator) -> None:
    found = await call(client, "get_forecast_confidence", location="Tromsø", days=10)
    nights = found["days"]
    assert len(nights) == 10
    assert found["members"] == 51
    assert open_meteo.simulator.request_log.count(path="/v1/ensemble") == 1
    for night in nights:
        low = night["daily_low"]
        assert low["low"] <= low["median"] <= night["daily_high"]["high"]
        assert night["frost_share_percent"] >= 50 if low["median"] < 0 else night["frost_share_percent"] <= 50


async def test_snow_depth_is_in_the_unit_of_snowfall(reader: Client) -> None:
    asked: dict[str, Any] = {"location": "Longyearbyen", "days": 2}
    metric = records((await call(reader, "get_forecast", **asked))["days"])
    inches = records((await call(reader, "get_forecast", **asked, units="inch"))["days"])
    hours = records((await call(reader, "get_hourly_forecast", location="Longyearbyen", hours=3))["hours"])
    for one, other in zip(metric, inches, strict=True):
        assert other["snow_depth"] == pytest.approx(one["snow_depth"] / 2.54, abs=0.01)
    assert all(0 <= hour["snow_depth"] < 1000 for hour in hours)
