"""Past days in words: days, months and years of `get_historical_weather`."""

from contextlib import suppress
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mcp.client import Client

from servicekit.core.errors import Refused
from tests.fixtures.calls import call, records, refusal
from weather_mcp.models.locations import Place
from weather_mcp.models.past_days import asked_days, past_days, today_at

TODAY = date(2026, 11, 29)  # a Sunday


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2026-10-05", "2026-10-05", "2026-10-05"),
        ("2026/10/5", "2026-10-05", "2026-10-05"),
        ("20261005", "2026-10-05", "2026-10-05"),
        ("2026-10-05T00:00:00Z", "2026-10-05", "2026-10-05"),
        ("2026-10", "2026-10-01", "2026-10-31"),
        ("2024-02", "2024-02-01", "2024-02-29"),
        ("2025", "2025-01-01", "2025-12-31"),
        ("yesterday", "2026-11-28", "2026-11-28"),
        ("last Friday", "2026-11-27", "2026-11-27"),
        ("sunday", "2026-11-22", "2026-11-22"),
        ("October", "2026-10-01", "2026-10-31"),
        ("last december", "2025-12-01", "2025-12-31"),
        ("October 2025", "2025-10-01", "2025-10-31"),
        ("5 October 2025", "2025-10-05", "2025-10-05"),
        ("Oct 5, 2025", "2025-10-05", "2025-10-05"),
        ("last week", "2026-11-16", "2026-11-22"),
        ("last month", "2026-10-01", "2026-10-31"),
        ("this year", "2026-01-01", "2026-12-31"),
        ("November", "2026-11-01", "2026-11-30"),
        ("last november", "2025-11-01", "2025-11-30"),
        ("summer", "2026-06-01", "2026-08-31"),
        ("24 dec", "2025-12-24", "2025-12-24"),
    ],
)
def test_past_days_are_read(text: str, first: str, last: str) -> None:
    assert tuple(map(str, past_days(text, TODAY))) == (first, last)


@pytest.mark.parametrize(
    "text", ["", "2026-13", "2026-02-30", "0", "summer october", "31 feb 2020", "october november", "5"]
)
def test_other_texts_are_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="such as 2026-10-05, 5 October, yesterday, 2026-10 or 2026"):
        past_days(text, TODAY)


@given(st.text(max_size=40) | st.from_regex(r"[a-z0-9\- ]{1,20}", fullmatch=True))
def test_any_text_is_a_period_or_refused(text: str) -> None:
    with suppress(ValueError):
        first, last = past_days(text, TODAY)
        assert first <= last


@given(st.dates(date(1940, 1, 1), date(2100, 1, 1)))
def test_printed_days_are_read_as_themselves(day: date) -> None:
    for text in (str(day), f"{day:%Y%m%d}", f"{day:%d %B %Y}", f"{day:%b %d %Y}"):
        assert past_days(text, TODAY) == (day, day)


def test_a_period_that_is_not_over_ends_yesterday() -> None:
    assert asked_days("2026-11", None, TODAY) == (date(2026, 11, 1), date(2026, 11, 28), True)
    assert asked_days("2026-11-01", "november", TODAY) == (date(2026, 11, 1), date(2026, 11, 28), True)
    assert asked_days("2026-11-01", "2026-11-05", TODAY) == (date(2026, 11, 1), date(2026, 11, 5), False)
    assert asked_days("2026-10", "2026-11-02", TODAY) == (date(2026, 10, 1), date(2026, 11, 2), False)
    with pytest.raises(Refused, match="to yesterday"):
        asked_days("2026-12-05", None, TODAY)


def test_today_is_that_of_the_place() -> None:
    for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago"):
        place = Place(name="There", latitude=0, longitude=0, timezone=zone)
        assert today_at(place) == datetime.now(ZoneInfo(zone)).date()
    without = Place(name="There", latitude=0, longitude=-165.0)
    assert today_at(without) == datetime.now(ZoneInfo("Etc/GMT+11")).date()
    assert today_at(without.model_copy(update={"timezone": "Mars/Olympus"})) == today_at(without)


async def test_a_month_is_one_argument(reader: Client) -> None:
    found = await call(reader, "get_historical_weather", location="Oslo", first_day="February 2020")
    days = [day["date"] for day in records(found["days"])]
    assert (days[0], days[-1], len(days)) == ("2020-02-01", "2020-02-29", 29)
    assert "notice" not in found


async def test_yesterday_is_that_of_the_place(reader: Client) -> None:
    found = await call(reader, "get_historical_weather", location="Tokyo", first_day="yesterday")
    yesterday = datetime.now(ZoneInfo("Asia/Tokyo")).date() - timedelta(days=1)
    assert [day["date"] for day in records(found["days"])] == [str(yesterday)]
    said = await refusal(reader, "get_historical_weather", location="Tokyo", first_day="soon")
    assert "first_day: must be a past day, month or year" in said


async def test_days_that_are_not_over_are_refused_as_such(reader: Client) -> None:
    place = {"location": "Lisbon"}
    for days in ({"first_day": "today"}, {"first_day": "yesterday", "last_day": "today"}):
        said = await refusal(reader, "get_historical_weather", **place, **days)
        assert "is not over at that place. For today use get_current_weather or get_forecast" in said
    said = await refusal(reader, "get_historical_weather", **place, first_day="tomorrow")
    assert "to yesterday" in said


async def test_last_week_is_in_the_archive(reader: Client) -> None:
    found = await call(reader, "get_historical_weather", location="Tokyo", first_day="last week")
    today = datetime.now(ZoneInfo("Asia/Tokyo")).date()
    first = today - timedelta(days=today.weekday() + 7)
    days = [date.fromisoformat(day["date"]) for day in records(found["days"])]
    assert days == [first + timedelta(days=number) for number in range(7)]
