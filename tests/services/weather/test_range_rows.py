"""Ranges of time: the rows that each tool returns for them, and what it says of a range without data."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from mcp.client import Client

from devkit.simulators.weather.testing import RunningSimulator
from tests.fixtures.calls import call, records, refusal

from .test_missing_parts import nulls, parts


async def test_a_weekday_that_is_over_is_ahead_in_each_tool(reader: Client) -> None:
    there = datetime.now(ZoneInfo("Europe/Lisbon"))
    if there.hour < 2:
        pytest.skip("no hour of today is over")
    over = there.replace(minute=0, second=0, microsecond=0) - timedelta(hours=2)
    place = {"location": "Lisbon", "from": f"{there:%A} {over:%H:%M}"}
    ahead = over + timedelta(days=7)
    found = await call(reader, "get_hourly_forecast", **place, hours=2)
    assert local_times(records(found["hours"])) == [ahead, ahead + timedelta(hours=1)]
    found = await call(reader, "get_marine_conditions", **place)
    assert local_times(records(found["hours"])) == [ahead]
    found = await call(reader, "find_weather_window", **place, hours_needed=1, dry=False)
    assert datetime.fromisoformat(found["windows"][0]["begins"]) == ahead


async def test_refusals_name_the_whole_reach_of_the_forecast(reader: Client) -> None:
    today = datetime.now(ZoneInfo("Europe/Lisbon")).date()
    last, late = f"{today + timedelta(days=15)}T23:00", str(today + timedelta(days=25))
    for tool, more in (("get_hourly_forecast", {}), ("find_weather_window", {"hours_needed": 1})):
        said = await refusal(reader, tool, location="Lisbon", **{"from": "yesterday"}, **more)
        assert f" to {last}" in said
        assert "For past days use get_historical_weather." in said
        said = await refusal(reader, tool, location="Lisbon", **{"from": late}, **more)
        assert f" to {last}" in said
        assert "For what is usual then, use compare_to_normal or compare_period_to_normal." in said
    said = await refusal(
        reader,
        "find_weather_window",
        location="Lisbon",
        hours_needed=1,
        **{"from": f"{today}T00:00"},
        to=f"{today}T00:01",
    )
    assert f" to {last}" in said
    assert "Give a range within it." in said


def local_times(rows: Sequence[dict[str, Any]]) -> list[datetime]:
    return [datetime.fromisoformat(row["time"]) for row in rows]


async def test_an_afternoon_has_its_seven_hours(reader: Client) -> None:
    found = await call(reader, "get_hourly_forecast", location="Tokyo", **{"from": "tomorrow afternoon"})
    tomorrow = datetime.now(ZoneInfo("Asia/Tokyo")).date() + timedelta(days=1)
    times = local_times(records(found["hours"]))
    assert [(time.date(), time.hour) for time in times] == [(tomorrow, hour) for hour in range(12, 19)]
    assert "notice" not in found


async def test_a_day_ahead_has_its_hours(reader: Client) -> None:
    day = datetime.now(ZoneInfo("America/Los_Angeles")).date() + timedelta(days=12)
    found = await call(reader, "get_hourly_forecast", location="Los Angeles, CA", **{"from": str(day)})
    times = local_times(records(found["hours"]))
    assert {time.date() for time in times} == {day}
    assert len(times) == 24


async def test_a_time_alone_begins_the_hours(reader: Client) -> None:
    day = datetime.now(ZoneInfo("Europe/London")).date() + timedelta(days=2)
    found = await call(reader, "get_hourly_forecast", location="London", **{"from": f"{day}T12:00"}, hours=3)
    assert [time.hour for time in local_times(records(found["hours"]))] == [12, 13, 14]


async def test_long_ranges_are_cut_at_a_week(reader: Client) -> None:
    last = datetime.now(UTC).date() + timedelta(days=12)
    found = await call(reader, "get_hourly_forecast", location="51.5,0", **{"from": "tomorrow"}, to=str(last))
    assert len(found["hours"]["rows"]) == 168
    assert found["notice"].startswith("Cut: the first 168 of ")
    since = found["notice"].rpartition("from=")[2].rstrip("}.")
    rest = await call(reader, "get_hourly_forecast", location="51.5,0", **{"from": since}, to=str(last))
    (one, following) = (local_times(records(part["hours"])) for part in (found, rest))
    assert following[0] - one[-1] == timedelta(hours=1)


async def test_times_without_data_say_what_is_reachable(reader: Client) -> None:
    today = datetime.now(UTC).date()
    late = str(today + timedelta(days=30))
    for tool in ("get_hourly_forecast", "get_air_quality", "get_marine_conditions", "get_flood_risk"):
        said = await refusal(reader, tool, location="Lisbon", **{"from": late})
        assert f"There is data from {today.year}-" in said or "There is data from " in said
        assert "none in that range" in said
    said = await refusal(reader, "get_hourly_forecast", location="Lisbon", **{"from": "2020-01-01"})
    assert "For past days use get_historical_weather" in said
    said = await refusal(reader, "find_weather_window", location="Lisbon", hours_needed=1, **{"from": late})
    assert "No hour of the forecast, from " in said
    said = await refusal(reader, "find_weather_window", location="Lisbon", hours_needed=1, **{"from": "yesterday"})
    assert "is in that range" in said


async def test_ranges_beyond_the_data_are_cut_with_a_notice(reader: Client) -> None:
    today = datetime.now(UTC).date()
    late = str(today + timedelta(days=40))
    for tool in ("get_hourly_forecast", "get_air_quality", "get_marine_conditions", "get_flood_risk"):
        asked = {"from": str(today + timedelta(days=2)), "to": late}
        if tool == "get_hourly_forecast":
            asked["from"] = str(today + timedelta(days=11))
        found = await call(reader, tool, location="Lisbon", **asked)
        assert "Cut: the range reaches beyond the data, which is from " in found["notice"], tool
    found = await call(
        reader, "find_weather_window", location="Lisbon", hours_needed=40, dry=False, **{"from": "tomorrow"}, to=late
    )
    assert "Cut: the forecast reaches to " in found["notice"]


async def test_waves_of_an_hour_are_one_row(reader: Client) -> None:
    found = await call(reader, "get_marine_conditions", location="Lisbon", **{"from": "sunday 14:00"})
    there = datetime.now(ZoneInfo("Europe/Lisbon"))
    if there.weekday() == 6 and there.hour > 14:  # Sunday's 14:00 is over
        return
    (hour,) = records(found["hours"])
    time = datetime.fromisoformat(hour["time"])
    assert (time.weekday(), time.hour) == (6, 14)
    assert "wave_height_m" in hour
    assert "now" not in found
    assert [day["at"] for day in records(found["days"])] == [hour["time"]]
    assert "those of the hours of the range, not of whole days" in found["notice"]
    whole = await call(reader, "get_marine_conditions", location="Lisbon", **{"from": "tomorrow"})
    assert "not of whole days" not in whole["notice"]


async def test_air_of_tomorrow_has_hours_and_their_band(reader: Client) -> None:
    found = await call(reader, "get_air_quality", location="Lisbon", **{"from": "tomorrow"})
    hours = records(found["hours"])
    assert len(hours) == 24
    assert found["worst_ahead"]["european_aqi"] == max(hour["european_aqi"] for hour in hours)
    assert "now" not in found
    plain = await call(reader, "get_air_quality", location="Lisbon")
    assert "hours" not in plain
    assert "now" in plain


async def test_pollen_is_known_in_europe_only(reader: Client) -> None:
    found = await call(reader, "get_air_quality", location="Lisbon")
    plants = ("alder", "birch", "grass", "mugwort", "olive", "ragweed")
    assert {f"{plant}_pollen_m3" for plant in plants} <= found["now"].keys()
    assert "missing" not in found
    elsewhere = await call(reader, "get_air_quality", location="Tokyo")
    assert not any("pollen" in name for name in elsewhere["now"])
    assert [(one["part"], one["reason"]) for one in elsewhere["missing"]] == [
        ("pollen", "Pollen is known in Europe only.")
    ]


async def test_unknown_pollen_is_named(client: Client, open_meteo: RunningSimulator) -> None:
    nulls(open_meteo, "air-quality", "birch_pollen", first=30)
    assert parts(await call(client, "get_air_quality", location="Lisbon")) == ["birch pollen"]


async def test_a_river_is_shown_for_the_days_of_the_range(reader: Client) -> None:
    today = datetime.now(UTC).date()
    first, last = today + timedelta(days=3), today + timedelta(days=6)
    found = await call(reader, "get_flood_risk", location="Lisbon", **{"from": str(first)}, to=str(last))
    days = [date.fromisoformat(day["date"]) for day in records(found["days"])]
    assert days == [first + timedelta(days=number) for number in range(4)]
    assert date.fromisoformat(found["peak"]["date"]) in days


async def test_windows_of_a_late_day_are_reached(reader: Client) -> None:
    day = datetime.now(ZoneInfo("Europe/Oslo")).date() + timedelta(days=9)
    asked: dict[str, Any] = {"location": "Oslo", "hours_needed": 1, "dry": False}
    found = await call(reader, "find_weather_window", **asked, **{"from": str(day)})
    (window,) = found["windows"]
    assert window["begins"].startswith(f"{day}T00:00")
    assert window["ends"].startswith(f"{day + timedelta(days=1)}T00:00")
    assert window["hours"] == 24
    part = await call(reader, "find_weather_window", **asked, **{"from": f"{day} afternoon"})
    assert [one["hours"] for one in part["windows"]] == [6]


async def test_a_range_shorter_than_the_window_is_said(reader: Client) -> None:
    day = datetime.now(ZoneInfo("Europe/Oslo")).date() + timedelta(days=2)
    asked = {"location": "Oslo", "dry": False, "from": f"{day} afternoon"}
    found = await call(reader, "find_weather_window", **asked, hours_needed=7)
    assert found["windows"] == []
    assert found["notice"] == "The range has 6 hours, fewer than the 7 needed."
    assert "notice" not in await call(reader, "find_weather_window", **asked, hours_needed=6)


async def test_an_unreadable_time_needs_no_request(reader: Client, open_meteo: RunningSimulator) -> None:
    for tool in ("get_hourly_forecast", "get_flood_risk"):
        said = await refusal(reader, tool, location="Oslo", **{"from": "soon"})
        assert "from: must be a day, part of a day or time" in said
    assert open_meteo.simulator.request_log.count() == 0
