"""Open-Meteo as a dependency: one request for many, faults in words, a quota that is counted."""

import asyncio
import socket

import pytest
from mcp.client import Client
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from devkit.loopback.serving import serving_in_thread
from devkit.simulators.faults import Fault
from devkit.simulators.weather.testing import RunningSimulator
from servicekit.upstream.resilience import retry_budget
from tests.fixtures.calls import call, refusal
from weather_mcp.adapters.apis import weight

from .conftest import Replica, text_of

FORECAST = "/v1/forecast"


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry_budget, "FIRST_PAUSE", 0.01)


async def test_two_hundred_callers_on_two_replicas_make_one_request(
    replica: Replica, open_meteo: RunningSimulator
) -> None:
    arguments = {"location": "London", "units": "celsius"}
    async with replica(max_calls=1000) as one, replica(max_calls=1000) as two:
        results = await asyncio.gather(
            *((one, two)[number % 2].call_tool("get_current_weather", arguments) for number in range(200))
        )
    assert {text_of(result) for result in results if result.is_error} == set()
    assert len({str((result.structured_content or {})["weather"]) for result in results}) == 1
    seen = open_meteo.simulator.seen
    assert (seen.count(path=FORECAST), seen.count(path="/v1/search")) == (1, 1)


async def test_neighbours_in_a_cell_share_an_answer(client: Client, open_meteo: RunningSimulator) -> None:
    for location in ("51.5074,-0.1178", "51.51,-0.12", "51.495,-0.11"):
        await call(client, "get_current_weather", location=location, units="celsius")
    assert open_meteo.simulator.seen.count(path=FORECAST) == 1


FAULTS = {
    "error": ("Open-Meteo forecast API answered with HTTP 500. Nothing was changed; try again in a few seconds.", 3),
    "garbage": ("Open-Meteo forecast API sent something that is not the JSON it should be.", 1),
    "truncated": ("Open-Meteo forecast API broke off in the middle of its answer.", 3),
    "huge": ("Open-Meteo forecast API sent more than the 8388608 bytes that are read of an answer.", 1),
    "redirect": ("Open-Meteo forecast API redirected to where this server does not go.", 1),
    "bad_gateway": ("Open-Meteo forecast API answered with HTTP 502.", 3),
    "hang": ("Open-Meteo forecast API did not answer within 0.5 s.", 3),
}


@pytest.mark.parametrize("kind", FAULTS)
async def test_a_fault_is_told_to_the_model(replica: Replica, open_meteo: RunningSimulator, kind: str) -> None:
    words, requests = FAULTS[kind]
    open_meteo.simulator.faults.waiting.append(Fault(kind=kind, path=FORECAST, times=3, seconds=30))  # type: ignore[arg-type]
    async with replica(upstream_timeout=0.5 if kind == "hang" else 8) as client:
        said = await refusal(client, "get_current_weather", location="51.5,-0.1", units="celsius")
    assert said.startswith(words), said
    assert "127.0.0.1" not in said
    assert open_meteo.simulator.seen.count(path=FORECAST) == requests


async def test_a_host_that_keeps_failing_is_left_alone_and_shown(client: Client, open_meteo: RunningSimulator) -> None:
    open_meteo.simulator.faults.waiting.append(Fault(kind="error", path=FORECAST, times=100))
    for number in range(3):
        await refusal(client, "get_current_weather", location=f"{number},0", units="celsius")
    asked = open_meteo.simulator.seen.count(path=FORECAST)
    said = await refusal(client, "get_current_weather", location="9,0", units="celsius")
    assert "keeps failing, so it is not being asked at the moment" in said
    assert open_meteo.simulator.seen.count(path=FORECAST) == asked == 5
    states = {api["name"]: api["state"] for api in (await call(client, "get_service_status"))["apis"]}
    assert states["Open-Meteo forecast API"] == "left alone"
    assert states["Open-Meteo archive API"] == "working"
    assert await call(client, "search_location", location="Oslo")


async def test_a_429_stops_asking_until_the_clock_says_so(client: Client, open_meteo: RunningSimulator) -> None:
    open_meteo.simulator.faults.waiting.append(Fault(kind="rate_limit", path=FORECAST, times=100))
    said = await refusal(client, "get_current_weather", location="1,0", units="celsius")
    assert "minutely quota with Open-Meteo is spent" in said
    assert "back at " in said
    asked = open_meteo.simulator.seen.count()
    assert "quota" in await refusal(client, "get_air_quality", location="2,0")
    assert open_meteo.simulator.seen.count() == asked


async def test_the_quota_is_counted_shown_and_kept_for_all_replicas(
    replica: Replica, open_meteo: RunningSimulator
) -> None:
    async with replica(quota_day=4) as one, replica(quota_day=4) as two:
        for number, client in enumerate((one, two, one)):
            await call(client, "get_current_weather", location=f"{number},50", units="celsius")
        quota = {left["name"]: left for left in (await call(two, "get_service_status"))["quota"]}
        assert quota["daily"]["remaining"] == pytest.approx(0.4)  # twelve variables count as 1.2
        assert quota["daily"]["resets_at"].endswith("T00:00:00Z")
        said = await refusal(two, "get_current_weather", location="7,50", units="celsius")
        assert "daily quota with Open-Meteo is spent" in said
        assert await call(one, "get_current_weather", location="1,50", units="celsius"), "the cache goes on"
    assert open_meteo.simulator.seen.count(path=FORECAST) == 3


def test_wide_and_long_requests_count_as_several() -> None:
    assert weight(4, 7) == 1
    assert weight(15, 7) == 1.5
    assert weight(10, 28) == 2
    assert weight(8, 366) == pytest.approx(20.9, abs=0.1)


async def test_what_is_not_weather_is_not_kept(replica: Replica) -> None:
    hit = {"name": "Valley", "latitude": 45.92, "longitude": 6.87}
    answers = [{"results": [{"name": "Valley"}]}, {"results": [hit]}]

    async def answer(_: Request) -> JSONResponse:
        return JSONResponse(answers.pop(0))

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with serving_in_thread(Starlette(routes=[Route("/v1/search", answer)]), listener):
            async with replica(geocoding_url=url) as client:
                assert "sent JSON that is not" in await refusal(client, "search_location", location="Valley")
                assert (await call(client, "search_location", location="Valley"))["places"][0]["name"] == "Valley"


async def test_every_member_of_an_ensemble_counts(client: Client) -> None:
    before, after = [], []
    for left in (before, after):
        left += [quota["remaining"] for quota in (await call(client, "get_service_status"))["quota"]]
        await call(client, "get_forecast_confidence", location="51.5,-0.1", days=7)
    assert before[2] - after[2] == pytest.approx(12)  # three variables of forty members


async def test_without_a_store_reads_work_and_nothing_is_saved(replica: Replica) -> None:
    for url in (None, "redis://127.0.0.1:1/0"):
        async with replica(redis_url=url) as client:
            assert await call(client, "get_current_weather", location="Oslo", units="celsius")
            said = await refusal(client, "save_location", label="home", location="Oslo")
            assert "only reads" in said or "store is not answering" in said
