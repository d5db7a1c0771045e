"""Ranges of time: what `from` and `to` mean."""

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicekit.core.errors import Refused
from weather_mcp.models.ranges import Range, days_needed, range_of
from weather_mcp.models.rows_in_range import in_range
from weather_mcp.models.time_texts import spoken_time

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
        ("Sat, 05 Dec 2026 12:00:00 GMT", "12-05T13:00", "12-05T13:00"),
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


@pytest.mark.parametrize("text", ["next saturday", "Next Fri", "morning of next monday"])
def test_next_weekday_is_refused_with_the_reason(text: str) -> None:
    with pytest.raises(ValueError, match="in two ways: give the date, or this friday"):
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
        ("yesterday", "tuesday", "12-01T00:00", "12-09T00:00"),
        ("2026-11-24", "friday", "11-24T00:00", "12-05T00:00"),
        ("2026-11-24", "wednesday", "11-24T00:00", "12-03T00:00"),
        ("2026-11-24", "wednesday morning", "11-24T00:00", "12-09T12:00"),
        ("thursday morning", None, "12-03T06:00", "12-03T12:00"),
        ("this morning", None, "12-02T06:00", "12-02T12:00"),
        ("2026-12-02 morning", None, "12-02T06:00", "12-02T12:00"),
    ],
)
def test_a_weekday_that_is_over_is_that_of_next_week(begin: str, end: str | None, begins: str, ends: str) -> None:
    found = range_of(begin, end, NOW)
    assert found is not None
    assert (written(found.begin), written(found.end)) == (begins, ends)


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
