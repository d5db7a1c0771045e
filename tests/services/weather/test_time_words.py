"""Days and times in words: days of a month, distances, weekends and weeks, in every argument that takes them."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mcp.client import Client

from servicekit.core.errors import Refused
from tests.fixtures.calls import call, records, refusal
from weather_mcp.models.past_days import asked_days, one_day, past_days
from weather_mcp.models.period_days import days_of
from weather_mcp.models.ranges import days_needed, range_of
from weather_mcp.models.time_texts import spoken_time

OSLO = ZoneInfo("Europe/Oslo")
NOW = datetime(2026, 12, 2, 15, 30, tzinfo=OSLO)  # a Wednesday
TODAY = NOW.date()
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November")


def written(moment: datetime) -> str:
    return moment.astimezone(OSLO).strftime("%y-%m-%dT%H:%M")


def found(begin: str, end: str | None = None, now: datetime = NOW) -> tuple[str, str]:
    wanted = range_of(begin, end, now)
    assert wanted is not None
    return written(wanted.begin), written(wanted.end)


def whole(first: str, last: str | None = None) -> tuple[str, str]:
    ends = date.fromisoformat(f"20{last or first}") + timedelta(days=1)
    return f"{first}T00:00", f"{ends:%y-%m-%d}T00:00"


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("December 5", "26-12-05", None),
        ("5 December", "26-12-05", None),
        ("Dec 5", "26-12-05", None),
        ("Dec. 5th", "26-12-05", None),
        ("5 Dec 2026", "26-12-05", None),
        ("5-Dec-2026", "26-12-05", None),
        ("5th of December", "26-12-05", None),
        ("on the 5th of December, 2026", "26-12-05", None),
        ("Saturday, December 5", "26-12-05", None),
        ("2026 December 5", "26-12-05", None),
        ("3rd of Dec", "26-12-03", None),
        ("2 December", "26-12-02", None),
        ("1 December", "27-12-01", None),
        ("January 2nd", "27-01-02", None),
        ("29 February", "28-02-29", None),
        ("20261205", "26-12-05", None),
        ("25/12", "26-12-25", None),
        ("12/25/2026", "26-12-25", None),
        ("25.12.2026", "26-12-25", None),
        ("in two days", "26-12-04", None),
        ("in a week", "26-12-09", None),
        ("3 days from now", "26-12-05", None),
        ("2 days ago", "26-11-30", None),
        ("this weekend", "26-12-05", "26-12-06"),
        ("next weekend", "26-12-12", "26-12-13"),
        ("the next weekend", "26-12-12", "26-12-13"),
        ("this week", "26-12-02", "26-12-06"),
        ("next week", "26-12-07", "26-12-13"),
    ],
)
def test_days_in_words_are_read(text: str, first: str, last: str | None) -> None:
    assert found(text) == whole(first, last)


@pytest.mark.parametrize(
    ("text", "begins", "ends"),
    [
        ("in 3 hours", "26-12-02T18:30", None),
        ("in an hour", "26-12-02T16:30", None),
        ("in half an hour", "26-12-02T16:00", None),
        ("90 minutes from now", "26-12-02T17:00", None),
        ("in 12h", "26-12-03T03:30", None),
        ("5 December 14:00", "26-12-05T14:00", None),
        ("december 5 at 2 p.m.", "26-12-05T14:00", None),
        ("3pm on 5 Dec", "26-12-05T15:00", None),
        ("noon tomorrow", "26-12-03T12:00", None),
        ("14:00 on Saturday", "26-12-05T14:00", None),
        ("in two days at 9am", "26-12-04T09:00", None),
        ("tonight at 22:00", "26-12-02T22:00", None),
        ("tonight at 1:00", "26-12-03T01:00", None),
        ("Saturday evening at 8", "26-12-05T20:00", None),
        ("8 o'clock tomorrow", "26-12-03T08:00", None),
        ("5 Dec afternoon", "26-12-05T12:00", "26-12-05T18:00"),
        ("morning of December 5", "26-12-05T06:00", "26-12-05T12:00"),
        ("in two days in the morning", "26-12-04T06:00", "26-12-04T12:00"),
        ("2 December morning", "26-12-02T06:00", "26-12-02T12:00"),
    ],
)
def test_times_and_parts_in_words_are_read(text: str, begins: str, ends: str | None) -> None:
    assert found(text) == (begins, ends or begins)


@pytest.mark.parametrize(
    "text",
    ["05/12", "5/12/2026", "05.12.2026", "5-12", "25.12", "31 February", "30/30", "5", "the 5th", "December",
     "5 Dec 12", "in december", "3 hours", "in 3 hours ago", "next saturday", "next", "weekend morning",
     "8am evening", "14:00 evening", "5 5 December",
     "5 December December", "5 December 1600", "in 3 hours morning"],
)  # fmt: skip
def test_ambiguous_texts_are_refused_with_examples(text: str) -> None:
    with pytest.raises(ValueError, match=r"such as 2026-12-05, 5 December, in 3 hours, next weekend, saturday"):
        spoken_time(text)


def forms(day: date, year: str) -> Iterator[str]:
    """A day as people write it."""
    suffix = "th" if 10 <= day.day <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(day.day % 10, "th")
    for month in (f"{day:%B}", f"{day:%b}", f"{day:%b}.", f"{day:%B}".upper()):
        for number in (str(day.day), f"{day.day:02}", f"{day.day}{suffix}", f"{day.day}."):
            yield f"{month} {number}{year and ', '}{year}"
            yield f"{number} {month} {year}"
            yield f"the {number} of {month} {year}"
            yield f"{day:%A}, {number} {month} {year}"


@given(st.dates(date(1940, 1, 1), date(2100, 1, 1)))
def test_any_day_with_its_year_reads_as_itself(day: date) -> None:
    for text in forms(day, str(day.year)):
        begins, ends = spoken_time(text).period(NOW)
        assert (begins.astimezone(OSLO).date(), ends - begins >= timedelta(hours=23)) == (day, True), text
        assert past_days(text, TODAY) == (day, day), text
        assert one_day(text, TODAY) == day, text
        assert days_of(" ".join(text.casefold().replace(",", " ").split()), TODAY) == (day, day), text


@given(st.dates(date(1950, 1, 1), date(2090, 1, 1)), st.integers(0, 364))
def test_days_without_year_are_next_ahead_and_last_behind(today: date, away: int) -> None:
    now = datetime(today.year, today.month, today.day, 12, tzinfo=UTC)
    ahead, behind = today + timedelta(days=away), today - timedelta(days=away + 1)
    for text in forms(ahead, ""):
        if (ahead.month, ahead.day) != (2, 29):
            wanted = range_of(text, None, now)
            assert wanted is not None
            assert wanted.begin.date() == ahead, text
            assert (wanted.reading or "").endswith(f" is {ahead} here."), text
    for text in forms(behind, ""):
        if (behind.month, behind.day) != (2, 29):
            assert past_days(text, today) == (behind, behind), text


@pytest.mark.parametrize(
    ("begin", "end", "first", "last"),
    [
        ("30 Dec", "2 Jan", "26-12-30", "27-01-02"),
        ("December 1", "December 4", "26-12-01", "26-12-04"),  # under way
        ("November 20", "tomorrow", "26-11-20", "26-12-03"),
        ("December 3", "2026-12-05", "26-12-03", "26-12-05"),
        ("saturday", "next weekend", "26-12-05", "26-12-13"),
        ("tomorrow", "8 December", "26-12-03", "26-12-08"),
    ],
)
def test_an_end_without_year_follows_its_beginning(begin: str, end: str, first: str, last: str) -> None:
    assert found(begin, end) == whole(first, last)


def test_next_weekend_is_after_the_current_one_on_sunday() -> None:
    for day in (5, 6):
        assert found("next weekend", None, NOW.replace(day=day)) == whole("26-12-12", "26-12-13")


def test_hours_ahead_are_counted_across_a_clock_change() -> None:
    before = datetime(2026, 10, 25, 1, 30, tzinfo=OSLO)
    wanted = range_of("in 3 hours", None, before)
    assert wanted is not None
    assert wanted.begin - before.astimezone(UTC) == timedelta(hours=3)
    assert wanted.reading == '"in 3 hours" is 2026-10-25T03:30+01:00 here.'


def test_a_wrong_weekday_is_refused_with_the_right_one() -> None:
    for read in (
        lambda: range_of("Friday, 5 December", None, NOW),
        lambda: days_needed("Friday, 5 December 2026", None),
        lambda: past_days("Friday 5 December 2020", TODAY),
        lambda: one_day("Friday 5 December 2026", TODAY),
    ):
        with pytest.raises(Refused, match=r"is a Saturday. Give the day without a weekday, such as 20"):
            read()


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("the 22nd of October", "2026-10-22", "2026-10-22"),
        ("December 3", "2025-12-03", "2025-12-03"),
        ("2 December", "2025-12-02", "2025-12-02"),
        ("29 Feb", "2024-02-29", "2024-02-29"),
        ("3 days ago", "2026-11-29", "2026-11-29"),
        ("a week ago", "2026-11-25", "2026-11-25"),
        ("the day before yesterday", "2026-11-30", "2026-11-30"),
        ("last 7 days", "2026-11-25", "2026-12-01"),
        ("past two weeks", "2026-11-18", "2026-12-01"),
        ("last weekend", "2026-11-28", "2026-11-29"),
        ("25/12/2025", "2025-12-25", "2025-12-25"),
        ("5 Oct to 7 Oct", "2026-10-05", "2026-10-07"),
        ("30 dec to 2 jan", "2025-12-30", "2026-01-02"),
        ("oct 5 to oct 7 2024", "2024-10-05", "2024-10-07"),
    ],
)
def test_past_days_in_words_are_read(text: str, first: str, last: str) -> None:
    assert tuple(map(str, days_of(text.casefold(), TODAY))) == (first, last)
    if " to " in text:
        assert tuple(map(str, asked_days(*text.split(" to "), TODAY)[:2])) == (first, last)


def test_a_day_for_its_normal_is_in_reach() -> None:
    assert one_day("14 December", TODAY) == date(2026, 12, 14)
    assert one_day("17 December", TODAY) == date(2025, 12, 17)
    assert one_day("2 December", TODAY) == TODAY
    assert one_day("3 days ago", TODAY) == date(2026, 11, 29)


async def test_results_say_which_day_was_taken(reader: Client) -> None:
    day = datetime.now(ZoneInfo("Europe/Lisbon")).date() + timedelta(days=3)
    text = f"{day:%B} {day.day}"
    said = f'"{text}" is {day} here.'
    place = {"location": "Lisbon", "from": text}
    for tool in ("get_hourly_forecast", "get_air_quality", "get_marine_conditions"):
        result = await call(reader, tool, **place)
        assert said in result["notice"], tool
        assert {hour["time"][:10] for hour in records(result["hours"])} == {str(day)}, tool
    river = await call(reader, "get_flood_risk", **place)
    assert [row["date"] for row in records(river["days"])] == [str(day)]
    assert said in river["notice"]
    windows = await call(reader, "find_weather_window", **place, hours_needed=1, dry=False)
    assert windows["windows"][0]["begins"].startswith(f"{day}T00:00")
    assert said in windows["notice"]
    assert "notice" not in await call(
        reader, "get_hourly_forecast", location="Lisbon", **{"from": f"{text} {day.year}"}
    )


async def test_next_weekend_and_hours_ahead_are_said(reader: Client) -> None:
    now = datetime.now(ZoneInfo("Asia/Tokyo"))
    result = await call(reader, "get_hourly_forecast", location="Tokyo", **{"from": "next weekend"})
    saturday = now.date() + timedelta(days=12 - now.weekday())
    assert f'"next weekend" is {saturday} to {saturday + timedelta(days=1)} here.' in result["notice"]
    times = [hour["time"] for hour in records(result["hours"])]
    assert (times[0][:13], times[-1][:13]) == (f"{saturday}T00", f"{saturday + timedelta(days=1)}T23")
    result = await call(reader, "get_hourly_forecast", location="Tokyo", **{"from": "in 3 hours"}, hours=2)
    first = datetime.fromisoformat(records(result["hours"])[0]["time"])
    assert timedelta(hours=2) <= first - now <= timedelta(hours=3, minutes=1)
    assert '"in 3 hours" is ' in result["notice"]


async def test_refusals_say_which_day_was_taken(reader: Client) -> None:
    day = datetime.now(ZoneInfo("Europe/Lisbon")).date() + timedelta(days=40)
    for tool in ("get_hourly_forecast", "get_air_quality", "get_flood_risk", "find_weather_window"):
        more = {"hours_needed": 1} if tool == "find_weather_window" else {}
        said = await refusal(reader, tool, location="Lisbon", **{"from": f"{day:%d %b}"}, **more)
        assert f'"{day:%d %b}" is {day} here.' in said, tool
    said = await refusal(reader, "get_hourly_forecast", location="Lisbon", **{"from": "05/12"})
    assert "5 December" in said


async def test_past_days_without_year_are_the_last(reader: Client) -> None:
    day = datetime.now(ZoneInfo("Europe/Oslo")).date() - timedelta(days=200)
    text = f"{day:%d %B}"
    past = await call(reader, "get_historical_weather", location="Oslo", first_day=text)
    assert [row["date"] for row in records(past["days"])] == [str(day)]
    assert (await call(reader, "compare_to_normal", location="Oslo", day=text))["day"]["date"] == str(day)
    compared = await call(reader, "compare_period_to_normal", location="Oslo", period=text)
    assert (compared["period"]["first_day"], compared["period"]["last_day"]) == (str(day), str(day))
