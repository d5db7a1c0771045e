"""Shapes in which a source leaves values out: each is said to be unknown, and never read as none, dry or calm."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mcp.client import Client
from starlette.types import Message, Receive, Scope, Send

from devkit.simulators.faults import Fault
from devkit.simulators.weather.app import WeatherSimulator
from devkit.simulators.weather.testing import RunningSimulator, simulator_in_thread
from tests.fixtures.calls import call, refusal
from weather_mcp.models.gaps import hours_not_known

from .conftest import Replica
from .test_missing_parts import ALWAYS, nulls, parts

Change = Callable[[dict[str, Any]], None]


class ChangedSimulator(WeatherSimulator):
    """A simulator whose responses are changed before they are sent."""

    change: Change | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
            return
        messages: list[Message] = []

        async def keep(message: Message) -> None:
            messages.append(message)

        await super().__call__(scope, receive, keep)
        body = b"".join(message.get("body", b"") for message in messages)
        if self.change is not None and messages[0]["status"] == 200:
            content = json.loads(body)
            self.change(content)
            body = json.dumps(content).encode()
        headers = [*(one for one in messages[0]["headers"] if one[0] != b"content-length")]
        await send({**messages[0], "headers": [*headers, (b"content-length", str(len(body)).encode())]})
        await send({"type": "http.response.body", "body": body})


@pytest.fixture(scope="module")
def changed() -> Iterator[RunningSimulator]:
    with simulator_in_thread(ChangedSimulator()) as running:
        yield running


@pytest.fixture
def answers(changed: RunningSimulator, replica: Replica) -> Callable[..., Any]:
    """Starts a server whose source changes its responses."""

    def run(change: Change) -> Any:
        assert isinstance(changed.simulator, ChangedSimulator)
        changed.simulator.change = change
        apis = ("forecast", "geocoding", "archive", "ensemble", "flood")
        return replica(**{f"{api}_url": changed.url for api in apis})

    return run


def in_column(name: str, change: Callable[[list[Any]], Any]) -> Change:
    """Replaces a column of the hourly or daily block."""

    def apply(content: dict[str, Any]) -> None:
        for block in ("hourly", "daily"):
            if name in content.get(block, {}):
                content[block][name] = change(content[block][name])

    return apply


def without(name: str) -> Change:
    return lambda content: content.get("hourly", {}).pop(name, None)


async def test_short_column_is_unknown(answers: Callable[..., Any]) -> None:
    async with answers(in_column("wind_gusts_10m", lambda column: column[:-1])) as client:
        found = await call(client, "get_alerts", location="Oslo")
    assert parts(found) == ["strong wind"]
    assert "no alert there does not mean no hazard" in found["notice"]


@pytest.mark.parametrize(
    "change", [without("precipitation_probability"), in_column("precipitation_probability", lambda _: None)]
)
async def test_absent_column_is_unknown(answers: Callable[..., Any], change: Change) -> None:
    async with answers(change) as client:
        found = await call(client, "find_weather_window", location="Oslo", hours_needed=1)
    assert (found["windows"], parts(found)) == ([], ["chance of precipitation"])


@pytest.mark.parametrize("value", ["NaN", "", "n/a", "Infinity"])
async def test_text_that_is_no_number_is_unknown(answers: Callable[..., Any], value: str) -> None:
    async with answers(in_column("temperature_2m", lambda column: [value] * len(column))) as client:
        found = await call(client, "get_hourly_forecast", location="Oslo", hours=6)
    assert parts(found) == ["temperature"]
    assert "temperature" not in found["hours"]["columns"]


async def test_empty_response_is_refused(answers: Callable[..., Any]) -> None:
    async with answers(lambda content: content.update(hourly={name: [] for name in content["hourly"]})
                       if "hourly" in content else None) as client:  # fmt: skip
        said = await refusal(client, "get_alerts", location="Oslo")
    assert "sent JSON without the expected structure" in said
    assert "try again" not in said


@pytest.mark.parametrize("elevation", [None, "NaN"])
async def test_unknown_elevation_is_left_out(answers: Callable[..., Any], elevation: str | None) -> None:
    def change(content: dict[str, Any]) -> None:
        content["elevation"] = elevation
        for hit in content.get("results", ()):
            hit["elevation"] = elevation

    async with answers(change) as client:
        found = await call(client, "get_forecast", location="Oslo", days=2)
    assert "elevation_m" not in found
    assert "elevation_m" not in found["place"]
    assert len(found["days"]["rows"]) == 2


@pytest.mark.parametrize(("zone", "shown"), [(None, "UTC+02:00"), ("Mars/Olympus", "Mars/Olympus")])
async def test_unknown_zone_keeps_its_offset(answers: Callable[..., Any], zone: str | None, shown: str) -> None:
    def change(content: dict[str, Any]) -> None:
        if "timezone" in content:
            content |= {"timezone": zone, "utc_offset_seconds": 7200}

    async with answers(change) as client:
        found = await call(client, "get_hourly_forecast", location="Oslo", hours=3)
    assert found["timezone"] == shown
    assert found["hours"]["rows"][0][0].endswith("+02:00")
    assert "time zone of this place is not known here" in found["notice"]


async def test_zone_that_the_source_refuses_is_utc(client: Client, open_meteo: RunningSimulator) -> None:
    reason = '{"error":true,"reason":"Invalid timezone"}'
    open_meteo.simulator.faults.pending.append(Fault(kind="answer", path="/v1/forecast", status=400, body=reason))
    found = await call(client, "get_hourly_forecast", location="Oslo", hours=3)
    assert found["timezone"] == "GMT"
    assert found["hours"]["rows"][0][0].endswith("Z")
    assert "all times and days are in UTC" in found["notice"]
    open_meteo.simulator.faults.pending.append(
        Fault(kind="answer", path="/v1/forecast", status=400, body=reason, times=2)
    )
    said = await refusal(client, "get_hourly_forecast", location="Lisbon", hours=3)
    assert "Invalid timezone" in said
    assert "repeating the same request will not help" in said


async def test_sunset_alone_is_left_out(answers: Callable[..., Any]) -> None:
    async with answers(in_column("sunrise", lambda column: [None] * len(column))) as client:
        found = await call(client, "get_forecast", location="Lisbon", days=2)
    assert not {"sunrise", "sunset", "daylight_hours"} & {*found["days"]["columns"]}


@pytest.mark.parametrize("spoilt", [None, "NaN"])
async def test_hours_without_all_members_are_named(answers: Callable[..., Any], spoilt: str | None) -> None:
    change = in_column("precipitation_member03", lambda column: [*column[:30], spoilt, spoilt, *column[32:]])
    async with answers(change) as client:
        found = await call(client, "get_forecast_confidence", location="Oslo", days=3)
    assert len(found["days"]) == 3
    (missing,) = found["missing"]
    first, last = (datetime.fromisoformat(missing[name]) for name in ("first", "last"))
    assert (first.hour, last - first) == (6, timedelta(hours=1))
    assert "not know this hour for all members" in missing["reason"]


@given(
    st.sampled_from(["UTC", "Europe/Oslo", "America/New_York", "Asia/Kolkata", "Pacific/Chatham"]),
    st.dates(date(2026, 1, 1), date(2027, 12, 1)),
    st.sets(st.integers(0, 70)),
)
def test_absent_hours_are_named_exactly(zone: str, first: date, absent: set[int]) -> None:
    midnight = datetime(first.year, first.month, first.day, tzinfo=ZoneInfo(zone))
    days = [first + timedelta(days=number) for number in range(3)]
    begin = midnight.astimezone(UTC)
    hours = [begin + timedelta(hours=number) for number in range(75)]
    wanted = [hour for hour in hours if hour.astimezone(midnight.tzinfo).date() in days]
    known = [hour for number, hour in enumerate(wanted) if number not in absent]
    named = [
        (datetime.fromisoformat(str(one.first)), datetime.fromisoformat(str(one.last)))
        for one in hours_not_known(known, midnight, days, "unknown")
    ]
    said = [hour for hour in wanted if any(begins <= hour <= ends for begins, ends in named)]
    assert said == [hour for hour in wanted if hour not in known]


async def test_short_member_is_left_out(answers: Callable[..., Any]) -> None:
    async with answers(in_column("temperature_2m_member03", lambda column: column[:40])) as client:
        found = await call(client, "get_forecast_confidence", location="Oslo", days=3)
    assert (found["members"], len(found["days"])) == (39, 3)  # of forty


async def test_windows_leave_out_what_is_partly_unknown(client: Client, open_meteo: RunningSimulator) -> None:
    nulls(open_meteo, "forecast", "wind_gusts_10m", first=30)
    found = await call(client, "find_weather_window", location="Oslo", hours_needed=40, days=4, dry=False)
    (window,) = found["windows"]
    assert "gusts_max" not in window
    assert window["wind_max"] > 0


async def test_places_are_compared_on_known_days(client: Client, open_meteo: RunningSimulator) -> None:
    nulls(open_meteo, "forecast", "precipitation_sum", first=1, last=1)
    found = await call(client, "compare_locations", locations=["Oslo", "Lisbon"], days=3)
    (missing,) = found["missing"]
    assert (missing["part"], missing["first"]) == ("driest", missing["last"])
    assert missing["reason"].startswith("Compared on 2 of 3 days")


async def test_level_of_a_partly_unknown_river_says_so(client: Client, open_meteo: RunningSimulator) -> None:
    nulls(open_meteo, "flood", "river_discharge", last=80)
    found = await call(client, "get_flood_risk", location="Lisbon")
    assert parts(found) == ["discharge"]
    assert "only counts days with a known discharge" in found["notice"]


async def test_reason_of_an_archive_is_passed_on(client: Client, open_meteo: RunningSimulator) -> None:
    reason = '{"error":true,"reason":"Parameter \'end_date\' is out of allowed range"}'
    open_meteo.simulator.faults.pending.append(
        Fault(kind="answer", path="/v1/archive", status=400, body=reason, times=ALWAYS)
    )
    said = await refusal(client, "compare_to_normal", location="Oslo")
    assert "Parameter 'end_date' is out of allowed range" in said
    assert "repeating the same request will not help" in said
