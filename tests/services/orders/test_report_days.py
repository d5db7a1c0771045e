"""The days of reports, and the days that they are compared with."""

from datetime import UTC, date, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders_mcp.models.report_days import Bucket, Comparison, InvalidPeriod, ReportDays, months_later

BUCKETS: tuple[Bucket, ...] = ("day", "week", "month")
ANY_DAY = st.dates(date(2000, 1, 1), date(2100, 1, 1))
SPANS = st.builds(
    lambda first, days: ReportDays(first, first + timedelta(days=days), UTC), ANY_DAY, st.integers(0, 365)
)


@pytest.mark.parametrize(
    ("first", "last", "comparison", "expected"),
    [
        ("2026-11-01", "2026-11-30", "previous_period", "2026-10-01 2026-10-31"),
        ("2026-11-01", "2026-11-29", "previous_period", "2026-10-03 2026-10-31"),
        ("2026-11-23", "2026-11-29", "previous_period", "2026-11-16 2026-11-22"),
        ("2026-11-29", "2026-11-29", "previous_period", "2026-11-28 2026-11-28"),
        ("2026-07-01", "2026-09-30", "previous_period", "2026-04-01 2026-06-30"),
        ("2026-01-01", "2026-12-31", "previous_period", "2025-01-01 2025-12-31"),
        ("2026-03-01", "2026-03-31", "previous_period", "2026-02-01 2026-02-28"),
        ("2026-11-01", "2026-11-30", "last_year", "2025-11-01 2025-11-30"),
        ("2024-02-01", "2024-02-29", "last_year", "2023-02-01 2023-02-28"),
        ("2025-02-01", "2025-02-28", "last_year", "2024-02-01 2024-02-29"),
        ("2024-02-29", "2024-02-29", "last_year", "2023-02-28 2023-02-28"),
        ("2026-11-15", "2026-12-02", "last_year", "2025-11-15 2025-12-02"),
    ],
)
def test_whole_months_are_compared_with_whole_months(
    first: str, last: str, comparison: Comparison, expected: str
) -> None:
    before = ReportDays(date.fromisoformat(first), date.fromisoformat(last), UTC).before(comparison)
    assert f"{before.first} {before.last}" == expected


@given(SPANS)
def test_previous_period_ends_the_day_before(days: ReportDays) -> None:
    before = days.before("previous_period")
    assert before.last + timedelta(days=1) == days.first
    assert before.period.end == days.period.first


@given(SPANS, st.sampled_from(BUCKETS))
def test_each_day_is_in_one_bucket(days: ReportDays, bucket: Bucket) -> None:
    starts = days.starts(bucket)
    assert starts == sorted(set(starts))
    assert starts[0] <= days.first
    assert starts[-1] <= days.last
    assert len(days.labels(bucket)) == len(set(days.labels(bucket))) == len(days.instants(bucket)) == len(starts)
    if bucket == "week":
        assert {day.weekday() for day in starts} == {0}
        assert (days.first - starts[0]).days < 7


@given(ANY_DAY, st.integers(-30, 30))
def test_months_later_keeps_the_day_where_it_exists(day: date, months: int) -> None:
    moved = months_later(day, months)
    assert (moved.year * 12 + moved.month) - (day.year * 12 + day.month) == months
    assert moved.day == day.day or (moved.day < day.day and (moved + timedelta(days=1)).day == 1)


def test_days_start_at_midnight_of_their_zone() -> None:
    days = ReportDays(date(2026, 3, 28), date(2026, 3, 30), ZoneInfo("Europe/Berlin"))
    assert [f"{instant:%d %H}" for instant in days.instants("day")] == ["27 23", "28 23", "29 22"]


@pytest.mark.parametrize(("first", "last"), [("2026-02-02", "2026-02-01"), ("2025-01-01", "2026-01-02")])
def test_reversed_and_long_periods_are_invalid(first: str, last: str) -> None:
    with pytest.raises(InvalidPeriod):
        ReportDays(date.fromisoformat(first), date.fromisoformat(last), UTC)
