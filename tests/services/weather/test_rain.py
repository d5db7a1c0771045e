"""Rain of the next two hours by quarters of an hour: known, unknown, native and interpolated."""

import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mcp.client import Client

from devkit.simulators.faults import Fault
from devkit.simulators.weather.testing import RunningSimulator
from tests.fixtures.calls import call, refusal
from weather_mcp.models.locations import Spot
from weather_mcp.models.rain import QUARTER, Quarter, coming, has_quarters, not_reached, rain_in
from weather_mcp.models.units import IMPERIAL, METRIC

from .conftest import Replica

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
Amounts = list[float | None]


def quarters(*amounts: float | None, snowfall: float | None = 0.0) -> list[Quarter]:
    return [
        Quarter(begins=NOON + number * QUARTER, precipitation=amount, snowfall=snowfall)
        for number, amount in enumerate(amounts)
    ]


def rain(*amounts: float | None, snowfall: float | None = 0.0, units: Any = METRIC) -> dict[str, Any]:
    return rain_in(quarters(*amounts, snowfall=snowfall), units)


async def test_two_hours_follow_in_quarters(reader: Client) -> None:
    found = await call(reader, "get_rain_soon", location="Berlin")
    begins = [datetime.fromisoformat(f"2026-03-01T{text}") for text in found["precipitation_from"]]
    assert len(begins) in (8, 9)
    assert all((later - earlier) % timedelta(days=1) == QUARTER for earlier, later in pairwise(begins))
    assert {"notice", "missing"} & found.keys() == set()
    assert found["precipitation"] == pytest.approx(sum(found["precipitation_from"].values()), abs=0.06)


async def test_interpolated_quarters_are_said(reader: Client) -> None:
    assert "interpolated from hours" in (await call(reader, "get_rain_soon", location="Tokyo"))["notice"]


async def test_unknown_rain_is_not_dry(client: Client, open_meteo: RunningSimulator) -> None:
    fault = Fault(kind="nulls", path="/v1/forecast", names=["precipitation"], times=10)
    open_meteo.simulator.faults.pending.append(fault)
    found = await call(client, "get_rain_soon", location="Oslo")
    assert found["summary"] == "Unknown: the source has no value for the next two hours."
    assert not {"starts", "stops", "precipitation"} & found.keys()
    assert set(found["precipitation_from"].values()) == {"unknown"}
    assert found["missing"][0]["part"] == "precipitation"


async def test_response_of_the_past_is_refused(client: Client, open_meteo: RunningSimulator) -> None:
    body = (
        '{"utc_offset_seconds":0,"timezone":"GMT","minutely_15":{"time":["2020-01-01T00:00"],'
        '"precipitation":[0.0],"snowfall":[0.0]}}'
    )
    open_meteo.simulator.faults.pending.append(Fault(kind="answer", path="/v1/forecast", status=200, body=body))
    assert "Use get_hourly_forecast" in await refusal(client, "get_rain_soon", location="1,1")


@pytest.mark.parametrize(
    ("amounts", "said", "starts", "stops"),
    [
        ([0, 0, 0], "No rain or snow in the next two hours.", None, None),
        ([1, 0, 0], "Rain now until 12:15. In two hours 1 mm of precipitation.", 0, 1),
        ([0, 0.4, 0], "Rain from 12:15 until 12:30. In two hours 0.4 mm of precipitation.", 1, 2),
        ([0, 0.4, 0, 0.2], "Rain from 12:15 until 12:30. Then again. In two hours 0.6 mm of precipitation.", 1, 2),
        ([0.2, 0.2], "Rain now for the whole time. In two hours 0.4 mm of precipitation.", 0, None),
        ([0, 0.2], "Rain from 12:15 to the end. In two hours 0.2 mm of precipitation.", 1, None),
    ],
)
def test_summary_says_when_rain_starts_and_stops(
    amounts: Amounts, said: str, starts: int | None, stops: int | None
) -> None:
    found = rain(*amounts)
    times = [None if place is None else NOON + place * QUARTER for place in (starts, stops)]
    assert (found["summary"], found["starts"], found["stops"]) == (said, *times)


@pytest.mark.parametrize(
    ("amounts", "said"),
    [
        (
            [0, None, 0],
            "No rain or snow in the known quarters of the next two hours. 1 of 3 quarters of an hour are unknown.",
        ),
        (
            [0.2, None],
            (
                "Rain now to an unknown time. In two hours 0.2 mm of known precipitation. "
                "1 of 2 quarters of an hour are unknown."
            ),
        ),
    ],
)
def test_summary_says_what_is_unknown(amounts: Amounts, said: str) -> None:
    found = rain(*amounts)
    assert (found["summary"], found["stops"], found["precipitation"]) == (said, None, None)


@pytest.mark.parametrize(
    ("snowfall", "kind"), [(0.7, "Snow"), (0.2, "Rain and snow"), (0.0, "Rain"), (None, "Rain or snow")]
)
def test_snow_and_rain_are_distinguished(snowfall: float | None, kind: str) -> None:
    assert rain(1.0, snowfall=snowfall)["summary"].startswith(f"{kind} now")


async def test_units_are_chosen_or_saved(replica: Replica, open_meteo: RunningSimulator) -> None:
    start = datetime.now(UTC).replace(second=0, microsecond=0)
    start -= timedelta(minutes=start.minute % 15)
    times = [f"{start + number * QUARTER:%Y-%m-%dT%H:%M}" for number in range(20)]
    columns = {"time": times, "precipitation": [2.54] * 20, "snowfall": [0.0] * 20}
    body = json.dumps({"utc_offset_seconds": 0, "timezone": "GMT", "minutely_15": columns})
    open_meteo.simulator.faults.pending.append(Fault(kind="answer", path="/v1/forecast", status=200, body=body))
    asked = {"location": "1,1"}
    async with replica() as client:
        for units, name, amount in ((None, "mm", 2.54), ("inches", "inch", 0.1), ("imperial", "inch", 0.1)):
            found = await call(client, "get_rain_soon", **asked, **({"units": units} if units else {}))
            assert found["units"]["precipitation"] == name
            assert set(found["precipitation_from"].values()) == {amount}
            assert f" {name} of precipitation." in found["summary"]
            assert found["precipitation"] == pytest.approx(amount * len(found["precipitation_from"]), abs=0.06)
        await call(client, "save_units", units="inch")
        assert set((await call(client, "get_rain_soon", **asked))["precipitation_from"].values()) == {0.1}
        metric = await call(client, "get_rain_soon", **asked, units="mm")
        assert set(metric["precipitation_from"].values()) == {2.54}
        assert "units: must name units" in await refusal(client, "get_rain_soon", **asked, units="furlongs")


def test_amounts_are_in_the_chosen_unit() -> None:
    found = rain(25.4, 0, units=IMPERIAL)
    assert found["precipitation"] == 1.0
    assert "1 inch of precipitation" in found["summary"]


@given(st.lists(st.one_of(st.none(), st.floats(0, 30)), min_size=1, max_size=9))
def test_unknown_quarters_never_count_as_dry(amounts: Amounts) -> None:
    found = rain(*amounts)
    wet = [amount is not None and amount >= 0.05 for amount in amounts]
    assert (found["starts"] is not None) == any(wet)
    if found["stops"] is not None:
        place = (found["stops"] - NOON) // QUARTER
        assert amounts[place] is not None
        assert wet[place - 1]
        assert not wet[place]
    if None in amounts:
        assert found["precipitation"] is None
        assert "nknown" in found["summary"]


@given(st.integers(0, 14), st.integers(0, 16))
def test_current_quarter_comes_first(minutes: int, count: int) -> None:
    now = NOON + timedelta(minutes=minutes)
    rows = coming(quarters(*[0.0] * count), now)
    wanted = min(count, 8 if minutes == 0 else 9)
    assert [row.begins for row in rows] == [NOON + number * QUARTER for number in range(wanted)]
    end = NOON + count * QUARTER
    assert bool(not_reached(rows, now)) == (end < now + timedelta(hours=2))


def test_only_some_regions_have_quarters() -> None:
    places = {(52.5, 13.4): True, (48.9, 2.3): True, (40.7, -74.0): True, (35.7, 139.7): False, (64.1, -21.9): False}
    assert {at: has_quarters(Spot(*at)) for at in places} == places
