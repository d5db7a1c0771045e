"""Climate normals: thirty years read once, with progress, and cancelled with the call."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from statistics import fmean
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mcp.client import Client

from devkit.simulators.faults import Fault
from devkit.simulators.weather.testing import RunningSimulator
from servicekit.testing.service import caller
from tests.fixtures.calls import call, refusal
from weather_mcp.models.forecasts import Day
from weather_mcp.models.normals import NORMAL_YEARS, around, compared, has_enough
from weather_mcp.models.units import METRIC

from .conftest import Replica

ARCHIVE = "/v1/archive"
CLIMATE = "/v1/climate"


def a_day(day: date, mean: float | None) -> Day:
    return Day(
        date=day, high=mean, low=mean, mean=mean, precipitation=1.0, snowfall=0.0, wind_max=10.0,
        gusts_max=20.0, wmo_code=0, conditions="clear sky",
    )  # fmt: skip


async def test_thirty_years_are_read_once_with_progress(replica: Replica, open_meteo: RunningSimulator) -> None:
    reports: list[tuple[float, float | None, str | None]] = []

    async def heard(done: float, total: float | None, message: str | None) -> None:
        reports.append((done, total, message))

    async with replica() as client:
        arguments = {"location": "Berlin", "day": "2024-07-01"}
        result = await client.call_tool("compare_to_normal", arguments, progress_callback=heard)
        first: dict[str, Any] = result.structured_content or {}
        asked = open_meteo.simulator.request_log.count(path=ARCHIVE)
        second = await call(client, "compare_to_normal", **arguments, units="fahrenheit")
    assert (first["normal"]["years"], first["normal"]["days_counted"]) == ("1991-2020", 450)
    assert asked == len(NORMAL_YEARS) + 1  # and the day itself
    assert open_meteo.simulator.request_log.count(path=ARCHIVE) == asked, "the second call makes no request"
    assert reports[-1] == (30, 30, "Read 30 of 30 years.")
    assert [done for done, _, _ in reports] == sorted(done for done, _, _ in reports)
    assert second["difference"] == pytest.approx(first["difference"] * 1.8, abs=0.2)
    assert second["normal"]["mean"] == pytest.approx(first["normal"]["mean"] * 1.8 + 32, abs=0.2)


async def test_coming_day_is_compared_with_a_projection(replica: Replica, open_meteo: RunningSimulator) -> None:
    tomorrow = (datetime.now(UTC).date() + timedelta(days=1)).isoformat()
    async with replica() as client:
        found = await call(client, "compare_to_normal", location="Oslo", day=tomorrow, projection=True)
    assert found["day"]["date"] == tomorrow
    assert isinstance(found["expected_2041_2050"], float)
    assert (
        open_meteo.simulator.request_log.count(path=ARCHIVE),
        open_meteo.simulator.request_log.count(path=CLIMATE),
    ) == (30, 10)


async def test_today_is_local_to_the_place(replica: Replica) -> None:
    async with replica() as client:
        for place, zone in (("Auckland", "Pacific/Auckland"), ("Vancouver, BC", "America/Vancouver")):
            found = await call(client, "compare_to_normal", location=place)
            assert found["day"]["date"] == str(datetime.now(ZoneInfo(zone)).date())


async def test_cancelled_comparison_stops_its_requests(replica: Replica, open_meteo: RunningSimulator) -> None:
    open_meteo.simulator.faults.pending.append(Fault(kind="hang", path=ARCHIVE, times=100, seconds=30))
    seen = open_meteo.simulator.request_log
    async with replica() as client:
        comparison = asyncio.ensure_future(client.call_tool("compare_to_normal", {"location": "52.5,13.4"}))
        async with asyncio.timeout(20):
            while seen.count(path=ARCHIVE) < 3:  # noqa: ASYNC110  # what is waited for is in another thread
                await asyncio.sleep(0.01)
        comparison.cancel()
        with pytest.raises(asyncio.CancelledError):
            await comparison
        open_meteo.simulator.faults.pending.clear()
        # Three were in flight; without cancellation, the other 27 would follow now that the archive responds.
        assert await call(
            client, "get_historical_weather", location="1,1", first_day="2020-01-01", last_day="2020-01-01"
        )
        assert seen.count(path=ARCHIVE) == 4


async def test_failed_year_fails_the_comparison(replica: Replica, open_meteo: RunningSimulator) -> None:
    open_meteo.simulator.faults.pending.append(Fault(kind="garbage", path=ARCHIVE, times=100))
    async with replica() as client:
        said = await refusal(client, "compare_to_normal", location="Oslo")
    assert said.startswith("Open-Meteo archive API sent a body that is not valid JSON.")


@pytest.mark.parametrize("day", ["1939-12-31", "2999-01-01"])
async def test_days_out_of_range_need_no_request(replica: Replica, open_meteo: RunningSimulator, day: str) -> None:
    async with replica(caller("weather:read")) as client:
        assert "Give a day from 1940-01-01" in await refusal(client, "compare_to_normal", location="Oslo", day=day)
    assert open_meteo.simulator.request_log.count() == 0


@given(st.dates(date(1940, 1, 1), date(2100, 1, 1)), st.integers(1991, 2020))
def test_fortnight_around_a_day_has_fifteen_days(day: date, year: int) -> None:
    first, last = around(day, year)
    assert (last - first).days == 14
    middle = first + timedelta(days=7)
    assert (middle.month, middle.day) in ((day.month, day.day), (2, 28))
    assert middle.year == year


@settings(max_examples=20)
@given(st.lists(st.floats(-40, 45), min_size=20, max_size=60), st.floats(-40, 45))
def test_share_of_colder_days_matches_counting(means: list[float], mean: float) -> None:
    past = [a_day(date(2000, 1, 1) + timedelta(days=number), value) for number, value in enumerate(means)]
    found = compared(a_day(date(2026, 1, 1), mean), mean, past, METRIC)
    assert found["warmer_than_percent"] == round(100 * sum(value < mean for value in means) / len(means))
    assert found["difference"] == pytest.approx(mean - fmean(means), abs=0.06)
    if found["verdict"] in ("warmer", "much warmer"):
        assert mean > fmean(means)
    if found["verdict"] in ("colder", "much colder"):
        assert mean < fmean(means)


def test_normal_needs_enough_days() -> None:
    known = [a_day(date(2000, 1, 1) + timedelta(days=number), 1.0) for number in range(199)]
    unknown = [a_day(date(2001, 1, 1), None)] * 300
    assert not has_enough([*known, *unknown])
    assert has_enough([*known, a_day(date(2002, 1, 1), 2.0)])


async def test_a_day_in_words_is_that_of_the_place(reader: Client) -> None:
    today = datetime.now(ZoneInfo("Europe/Oslo")).date()
    for text, away in (("tomorrow", 1), ("yesterday", -1), (f"{today + timedelta(days=3):%A}", 3)):
        found = await call(reader, "compare_to_normal", location="Oslo", day=text)
        assert found["day"]["date"] == str(today + timedelta(days=away))
    said = await refusal(reader, "compare_to_normal", location="Oslo", day="october")
    assert "day: must be a day, such as 2026-10-05" in said
