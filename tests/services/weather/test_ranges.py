"""Ranges of time: what `from` and `to` mean, and the rows that each tool returns for them."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mcp.client import Client

from devkit.simulators.weather.testing import RunningSimulator
from servicekit.core.errors import Refused
from tests.fixtures.calls import call, records, refusal
from weather_mcp.models.ranges import Range, days_needed, range_of
from weather_mcp.models.rows_in_range import in_range
from weather_mcp.models.time_texts import spoken_time

from .test_missing_parts import nulls, parts

OSLO = ZoneInfo("Europe/Oslo")
NOW = datetime(2026, 12, 2, 15, 30, tzinfo=OSLO)  # a Wednesday


def written(moment: datetime) -> str:
    return moment.astimezone(OSLO).strftime("%m-%dT%H:%M")


@pytest.mark.parametrize(
    ("text", "begins", "ends"),
    [
        ("2026-12-05", "12-05T00:00", "12-06T00:00"),
        ("2026/12/5", "12-05T00:00", "12-06T00:00"),
        ("2026-12-05T12:00", "12-05T12:00", "12-05T12:00"),
        ("2026-12-05 12:00:30", "12-05T12:00", "12-05T12:00"),
        ("2026-12-05T12:00Z", "12-05T13:00", "12-05T13:00"),
        ("2026-12-05T12:00:00+05:30", "12-05T07:30", "12-05T07:30"),
        ("2026-12-05 afternoon", "12-05T12:00", "12-05T18:00"),
        ("today", "12-02T00:00", "12-03T00:00"),
        ("Tomorrow morning", "12-03T06:00", "12-03T12:00"),
        ("tonight", "12-02T18:00", "12-03T06:00"),
        ("tomorrow night", "12-03T21:00", "12-04T06:00"),
        ("this evening", "12-02T18:00", "12-03T00:00"),
        ("Saturday afternoon", "12-05T12:00", "12-05T18:00"),
        ("on Sat", "12-05T00:00", "12-06T00:00"),
        ("Wednesday", "12-02T00:00", "12-03T00:00"),
        ("Sunday 14:00", "12-06T14:00", "12-06T14:00"),
        ("sunday, 2pm", "12-06T14:00", "12-06T14:00"),
        ("sunday at 12 am", "12-06T00:00", "12-06T00:00"),
        ("tomorrow noon", "12-03T12:00", "12-03T12:00"),
        ("tomorrow at 14 uhr", "12-03T14:00", "12-03T14:00"),
        ("18:30", "12-02T18:30", "12-02T18:30"),
        ("2026-12-05T24:00", "12-06T00:00", "12-06T00:00"),
        ("this weekend", "12-05T00:00", "12-07T00:00"),
        ("the day after tomorrow", "12-04T00:00", "12-05T00:00"),
        ("yesterday", "12-01T00:00", "12-02T00:00"),
        ("now", "12-02T15:30", "12-02T15:30"),
    ],
)
def test_times_are_read_in_the_zone_of_the_place(text: str, begins: str, ends: str) -> None:
    assert tuple(map(written, spoken_time(text).period(NOW))) == (begins, ends)


@pytest.mark.parametrize(
    "text",
    ["", "soon", "next saturday", "14", "2026-13-01", "2026-02-30", "0000-01-01", "9999-12-31", "25:00", "13pm",
     "sunday 24:30", "weekend morning", "now noon", "saturday 2026-12-05", "12:00+99:00", "sunday 10:75"],
)  # fmt: skip
def test_other_times_are_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="saturday afternoon or 2026-12-05T12:00"):
        spoken_time(text)


@given(st.text(max_size=60) | st.from_regex(r"[a-z0-9:\-+ ]{1,30}", fullmatch=True))
def test_any_text_is_a_period_or_refused(text: str) -> None:
    with suppress(ValueError):
        begins, ends = spoken_time(text).period(NOW)
        assert begins <= ends


@given(st.dates(date(1940, 1, 1), date(2100, 1, 1)), st.integers(0, 23), st.integers(0, 59))
def test_printed_times_are_read_as_themselves(day: date, hour: int, minute: int) -> None:
    exact = datetime(day.year, day.month, day.day, hour, minute, tzinfo=OSLO)
    for text in (exact.isoformat(timespec="minutes"), exact.strftime("%Y-%m-%d %H:%M")):
        if exact.utcoffset() == exact.replace(fold=1).utcoffset():  # not within an hour of a clock change
            assert spoken_time(text).period(NOW)[0] == exact.astimezone(UTC)


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-12-05", 24)])
def test_days_of_clock_changes_have_their_own_length(day: str, hours: int) -> None:
    begins, ends = spoken_time(day).period(NOW)
    assert ends - begins == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("begin", "end", "begins", "ends"),
    [
        ("saturday", "sunday", "12-05T00:00", "12-07T00:00"),
        ("saturday 10:00", "18:00", "12-05T10:00", "12-05T18:00"),
        ("saturday morning", "afternoon", "12-05T06:00", "12-05T18:00"),
        ("friday", "tuesday", "12-04T00:00", "12-09T00:00"),
        (None, "tomorrow", "12-02T15:30", "12-04T00:00"),
        ("2026-12-05T12:00", "2026-12-06T12:00", "12-05T12:00", "12-06T12:00"),
    ],
)
def test_an_end_follows_its_beginning(begin: str | None, end: str, begins: str, ends: str) -> None:
    found = range_of(begin, end, NOW)
    assert found is not None
    assert (written(found.begin), written(found.end)) == (begins, ends)


@pytest.mark.parametrize(
    ("begin", "end", "begins", "ends"),
    [
        ("wednesday morning", None, "12-09T06:00", "12-09T12:00"),
        ("wednesday afternoon", None, "12-02T12:00", "12-02T18:00"),
        ("wednesday", None, "12-02T00:00", "12-03T00:00"),
        ("wednesday 10:00", None, "12-09T10:00", "12-09T10:00"),
        ("wednesday 15:00", None, "12-02T15:00", "12-02T15:00"),  # the hour that runs now
        ("wednesday 10:00", "18:00", "12-02T10:00", "12-02T18:00"),
        ("wednesday 8:00", "wednesday 10:00", "12-09T08:00", "12-09T10:00"),
        ("now", "wednesday morning", "12-02T15:30", "12-09T12:00"),
        ("thursday morning", None, "12-03T06:00", "12-03T12:00"),
        ("this morning", None, "12-02T06:00", "12-02T12:00"),
        ("2026-12-02 morning", None, "12-02T06:00", "12-02T12:00"),
    ],
)
def test_a_weekday_that_is_over_is_that_of_next_week(begin: str, end: str | None, begins: str, ends: str) -> None:
    found = range_of(begin, end, NOW)
    assert found is not None
    assert (written(found.begin), written(found.end)) == (begins, ends)


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


def test_an_end_before_its_beginning_is_refused() -> None:
    with pytest.raises(Refused, match="`to` is before `from`"):
        range_of("tomorrow", "today", NOW)
    assert range_of(None, None, NOW) is None


def test_days_needed_cover_the_range_in_every_zone() -> None:
    for text, least in (("today", 1), ("tomorrow", 2), ("saturday", 1), ("sunday afternoon", 1)):
        needed = days_needed(text, None)
        for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago", "UTC"):
            here = datetime.now(ZoneInfo(zone))
            found = range_of(text, None, here)
            assert found is not None
            assert (found.end.astimezone(ZoneInfo(zone)).date() - here.date()).days + 1 <= needed
        assert needed >= least
    assert days_needed(None, None) == 1


@given(st.integers(-5, 30), st.integers(0, 30), st.booleans(), st.integers(1, 24))
def test_rows_in_range_match_counting(first: int, length: int, is_days: bool, count: int) -> None:
    start = datetime(2026, 12, 5, tzinfo=UTC)
    rows = [start + timedelta(hours=number) for number in range(count)]
    wanted = Range(start + timedelta(hours=first), start + timedelta(hours=first + length), is_days=is_days)
    expected = [
        row for row in rows if wanted.begin <= row and (row < wanted.end or (row == wanted.end and not is_days))
    ]

    def itself(row: datetime) -> datetime:
        return row

    if not expected:
        with pytest.raises(Refused, match=r"There is data from 2026-12-05T00:00\+00:00 to "):
            in_range(rows, wanted, itself)
    else:
        picked, notice = in_range(rows, wanted, itself)
        assert picked == expected
        last = first + length - is_days
        assert (notice is not None) == (first < 0 or last > count - 1 + (0 if is_days else 1))


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
