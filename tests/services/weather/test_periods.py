"""Periods against the normal years: sums, ranks, periods ahead and under way, and what is unknown."""

from calendar import isleap
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from statistics import fmean
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mcp.client import Client

from devkit.simulators.faults import Fault
from devkit.simulators.weather.testing import RunningSimulator
from tests.fixtures.calls import call, records, refusal
from weather_mcp.models.forecasts import Day
from weather_mcp.models.normals import NORMAL_YEARS
from weather_mcp.models.period_days import days_of, same_days
from weather_mcp.models.periods import Totals, compared_period, complete, totals_of
from weather_mcp.models.units import IMPERIAL, METRIC

from .conftest import Replica

ARCHIVE = "/v1/archive"
DAYS = st.dates(date(1940, 1, 1), date(2100, 1, 1))
TODAY = date(2026, 11, 29)  # a Sunday
TOOL = "compare_period_to_normal"
OCTOBER = {"location": "Oslo", "period": "2025-10"}


def years(*amounts: float) -> list[Totals]:
    return [Totals(precipitation=amount, mean=amount, frost_days=amount, wet_days=amount) for amount in amounts]


def compared(value: float | None, normal: Sequence[float], units: Any = METRIC) -> dict[str, Any]:
    own = None if value is None else years(value)[0]
    summary, figures = compared_period(own, years(*normal), units)
    return {"summary": summary, **dict(figures)}


def a_day(day: date, low: float | None = 1.0, rain: float | None = 1.0) -> Day:
    return Day(
        date=day, high=9.0, low=low, mean=5.0, precipitation=rain, snowfall=0.0, wind_max=10.0, gusts_max=20.0,
        wmo_code=0, conditions="clear sky",
    )  # fmt: skip


async def test_month_is_compared_in_one_call(replica: Replica, open_meteo: RunningSimulator) -> None:
    heard: list[tuple[float, float | None]] = []

    async def progress(done: float, total: float | None, _: str | None) -> None:
        heard.append((done, total))

    async with replica() as client:
        result = await client.call_tool(TOOL, OCTOBER, progress_callback=progress)
        found: dict[str, Any] = result.structured_content or {}
        asked = open_meteo.simulator.request_log.count(path=ARCHIVE)
        again = await call(client, TOOL, **OCTOBER, units="imperial")
        assert open_meteo.simulator.request_log.count(path=ARCHIVE) == asked, "the second call makes no request"
        past = await call(
            client, "get_historical_weather", location="Oslo", first_day="2025-10-01", last_day="2025-10-31"
        )
    (period,) = records(past["periods"])
    assert asked == len(NORMAL_YEARS) + 1
    assert heard[-1] == (30, 30)
    assert found["period"] == {
        "first_day": "2025-10-01", "last_day": "2025-10-31", "years": "1991-2020", "years_counted": 30
    }  # fmt: skip
    assert found["figures"]["precipitation"]["value"] == pytest.approx(period["precipitation"], abs=0.2)
    assert found["figures"]["wet_days"]["value"] == period["wet_days"]
    assert found["figures"]["mean_temperature"]["value"] == pytest.approx(period["mean"], abs=0.1)
    assert again["figures"]["precipitation"]["value"] == pytest.approx(
        found["figures"]["precipitation"]["value"] / 25.4, abs=0.01
    )
    assert found["figures"]["precipitation"]["verdict"] in found["summary"]
    assert {"notice", "missing"} & found.keys() == set()


async def test_period_ahead_has_its_normals_only(reader: Client) -> None:
    ahead = datetime.now(UTC).date().year + 1
    found = await call(reader, TOOL, location="Oslo", period=f"{ahead}-12/{ahead + 1}-01")
    assert found["figures"]["precipitation"].keys() == {"normal", "usual_low", "usual_high"}
    assert found["figures"]["frost_days"]["normal"] > 0
    assert found["period"]["last_day"] == f"{ahead + 1}-01-31"
    assert "lies ahead" in found["notice"]
    assert "unknown" not in found["summary"]


async def test_period_under_way_is_cut_and_said(reader: Client) -> None:
    today = datetime.now(UTC).date()
    first = today - timedelta(days=20)
    found = await call(reader, TOOL, location="Oslo", period=f"{first}/{today + timedelta(days=20)}")
    until = date.fromisoformat(found["period"]["last_day"])
    assert today - timedelta(days=2) <= until < today + timedelta(days=1)
    assert found["notice"].startswith(f"Cut: compared up to {until}")
    assert found["figures"]["precipitation"]["value"] >= 0


async def test_unknown_day_leaves_its_figures_unknown(client: Client, open_meteo: RunningSimulator) -> None:
    nulls = Fault(kind="nulls", path=ARCHIVE, names=["precipitation_sum"], first=3, last=4, times=1)
    open_meteo.simulator.faults.pending.append(nulls)
    found = await call(client, TOOL, **OCTOBER)
    assert "value" not in found["figures"]["precipitation"]
    assert "value" not in found["figures"]["wet_days"]
    assert found["figures"]["mean_temperature"]["rank"] >= 1
    assert found["missing"] == [
        {"part": "precipitation", "reason": "The source has no value.", "first": "2025-10-04", "last": "2025-10-05"}
    ]
    assert "Precipitation: unknown, normal" in found["summary"]


async def test_place_without_normal_years_is_refused(client: Client, open_meteo: RunningSimulator) -> None:
    nulls = Fault(kind="nulls", path=ARCHIVE, names=["temperature_2m_min"], first=3, last=3, times=8)
    open_meteo.simulator.faults.pending.append(nulls)
    assert "too little data" in await refusal(client, TOOL, **OCTOBER)


@pytest.mark.parametrize(
    ("period", "said"),
    [
        ("2025-11-01/2025-10-31", "its first day before its last"),
        ("1939-12-31/1940-02-01", "between 1940-01-01 and 2100-12-31"),
        ("2025-01-01/2026-01-02", "366 days at most"),
        ("2025-02-30", "does not exist"),
        ("2025-13", "does not exist"),
        ("some winter", "must be a month, a year, or first and last day such as 2025-12-01/2026-02-28"),
    ],
)
async def test_impossible_periods_need_no_request(
    client: Client, open_meteo: RunningSimulator, period: str, said: str
) -> None:
    assert said in await refusal(client, TOOL, location="Oslo", period=period)
    assert open_meteo.simulator.request_log.count() == 0


@pytest.mark.parametrize("written", ["2025-10", "October 2025", "oct. 2025", "2025-10-01 to 2025-10-31", " 2025-10 "])
async def test_period_is_read_in_its_usual_spellings(reader: Client, written: str) -> None:
    found = await call(reader, TOOL, location="Oslo", period=written)
    assert (found["period"]["first_day"], found["period"]["last_day"]) == ("2025-10-01", "2025-10-31")


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("october", "2026-10-01", "2026-10-31"),
        ("last month", "2026-10-01", "2026-10-31"),
        ("this month", "2026-11-01", "2026-11-30"),
        ("next month", "2026-12-01", "2026-12-31"),
        ("december", "2025-12-01", "2025-12-31"),
        ("last year", "2025-01-01", "2025-12-31"),
        ("last week", "2026-11-16", "2026-11-22"),
        ("winter", "2025-12-01", "2026-02-28"),
        ("last winter", "2025-12-01", "2026-02-28"),
        ("this winter", "2026-12-01", "2027-02-28"),
        ("winter 2026", "2025-12-01", "2026-02-28"),
        ("winter 2025/26", "2025-12-01", "2026-02-28"),
        ("autumn", "2026-09-01", "2026-11-30"),
        ("last autumn", "2025-09-01", "2025-11-30"),
        ("autumn 2026", "2026-09-01", "2026-11-30"),
        ("next summer", "2027-06-01", "2027-08-31"),
        ("december to february", "2025-12-01", "2026-02-28"),
    ],
)
def test_words_are_periods(text: str, first: str, last: str) -> None:
    assert tuple(map(str, days_of(text, TODAY))) == (first, last)


def test_seasons_of_the_south_are_half_a_year_away() -> None:
    found = days_of("summer 2026", TODAY, south=True)
    assert tuple(map(str, found)) == ("2025-12-01", "2026-02-28")
    assert tuple(map(str, days_of("winter", TODAY, south=True))) == ("2026-06-01", "2026-08-31")


async def test_season_follows_the_hemisphere_of_the_place(reader: Client) -> None:
    for place, month in (("Oslo", 12), ("Sydney", 6)):
        found = await call(reader, TOOL, location=place, period="Winter 2025")
        assert date.fromisoformat(found["period"]["first_day"]).month == month


@given(DAYS, st.sampled_from(["week", "month", "year", "winter", "spring", "summer", "fall"]), st.booleans())
def test_last_is_over_and_next_is_ahead(today: date, name: str, south: bool) -> None:
    last, this, following = (days_of(f"{near} {name}", today, south=south) for near in ("last", "this", "next"))
    assert last[1] < today < following[0]
    assert last[0] <= this[0] <= following[0]
    assert (following[0] - last[1]).days <= 660  # this one lies between


@given(DAYS, st.integers(0, 365))
def test_written_days_are_read_back(first: date, length: int) -> None:
    last = first + timedelta(days=length)
    assert days_of(f"{first}/{last}", TODAY) == (first, last)
    assert days_of(f"{first:%Y-%m}", TODAY)[0] == first.replace(day=1)
    assert days_of(f"{first:%Y-%m}", TODAY)[1] + timedelta(days=1) == (
        first.replace(day=28) + timedelta(days=4)
    ).replace(day=1)
    assert days_of(f"{first:%Y}", TODAY) == (date(first.year, 1, 1), date(first.year, 12, 31))


@given(DAYS, st.integers(0, 365))
def test_normal_years_have_the_same_days(first: date, length: int) -> None:
    last = first + timedelta(days=length)
    spans = list(same_days(first, last))
    assert [end.year for _, end in spans] == list(NORMAL_YEARS)
    for begin, end in spans:
        assert (begin.month, begin.day) in {(first.month, first.day), (2, 28)}
        assert (end.month, end.day) in {(last.month, last.day), (2, 28)}
        assert abs((end - begin).days - length) <= 1
        assert begin <= end


def test_february_has_its_own_length_in_each_year() -> None:
    lengths = {end.year: (end - begin).days + 1 for begin, end in same_days(date(2024, 2, 1), date(2024, 2, 29))}
    assert lengths == {year: 29 if isleap(year) else 28 for year in NORMAL_YEARS}


@given(st.lists(st.floats(0, 900), min_size=24, max_size=30), st.floats(0, 900))
def test_rank_and_verdict_match_counting(normal: list[float], value: float) -> None:
    found = compared(value, normal)["precipitation"]
    higher, lower = sum(one > value for one in normal), sum(one < value for one in normal)
    alike = len(normal) - higher - lower
    assert (found.rank, found.years_alike) == (None if alike == len(normal) else 1 + higher, alike or None)
    assert found.normal == pytest.approx(fmean(normal), abs=0.06)
    if "above" in found.verdict:
        assert lower > higher
    if "below" in found.verdict:
        assert higher > lower
    if found.verdict.startswith("much"):
        assert min(lower, higher) <= len(normal) / 10


def test_common_value_is_near_normal() -> None:
    frost = compared(0, [0] * 30)["frost_days"]
    assert (frost.rank, frost.years_alike, frost.verdict) == (None, 30, "near normal")
    assert "the same in all years" in compared(0, [0] * 30)["summary"]


def test_equal_years_share_a_rank_and_are_counted() -> None:
    found = compared(0, [0, 0, 0, *[5] * 27])
    assert (found["frost_days"].rank, found["frost_days"].years_alike) == (28, 3)
    assert "Frost much below normal: 0 days, rank 28 of 31 (1 is the most), shared by 4 of them;" in found["summary"]
    alone = compared(9, [0, 0, 0, *[5] * 27])["frost_days"]
    assert (alone.rank, alone.years_alike) == (1, None)


@pytest.mark.parametrize(
    ("value", "verdict"),
    [(31, "much above normal"), (25.5, "above normal"), (15, "near normal"), (5.5, "below normal"),
     (0, "much below normal")],
)  # fmt: skip
def test_verdict_follows_tenths_and_thirds(value: float, verdict: str) -> None:
    assert compared(value, range(1, 31))["wet_days"].verdict == verdict


def test_figures_are_in_the_chosen_units() -> None:
    found = compared(25.4, [12.7] * 24, IMPERIAL)
    rain, mean = found["precipitation"], found["mean_temperature"]
    assert (rain.value, rain.normal, rain.percent_of_normal) == (1.0, 0.5, 200)
    assert (mean.normal, mean.difference) == (54.9, 22.9)
    assert "1 inch" in found["summary"]


def test_days_of_frost_and_wet_days_follow_their_definition() -> None:
    first = date(2025, 1, 1)
    days = [a_day(first + timedelta(days=number), low, rain) for number, (low, rain) in enumerate(
        [(-0.1, 1.0), (0.0, 0.9), (0.1, 0.0)]
    )]  # fmt: skip
    assert totals_of(days, first, first + timedelta(days=2)) == Totals(pytest.approx(1.9), 5.0, 1, 1)


@pytest.mark.parametrize("gap", [None, 1])
def test_year_with_a_gap_does_not_count(gap: int | None) -> None:
    first = date(2025, 1, 1)
    days = [a_day(first + timedelta(days=number), rain=None if number == gap else 1.0) for number in range(3)]
    short = days if gap is not None else days[:2]
    assert complete([totals_of(short, first, first + timedelta(days=2))]) == []
