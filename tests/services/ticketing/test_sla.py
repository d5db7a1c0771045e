"""Business hours and service-level clocks, across clock changes and pauses."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ticketing_mcp.models.business_hours import BusinessHours
from ticketing_mcp.models.sla import ClockRun, OpenHours, SlaPolicy, Target, due, elapsed, sla_status
from ticketing_mcp.models.tickets import PRIORITIES, Hold, Status, Ticket

MINUTE = timedelta(minutes=1)
# Clock changes of one hour (both hemispheres), of half an hour, at midnight, none; and a skipped calendar day.
ZONES = (
    "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Santiago", "Asia/Kolkata", "Etc/UTC",
    "Pacific/Apia", "Africa/Cairo",
)  # fmt: skip
# Days near a clock change of at least one of these zones.
CHANGES = (
    date(2011, 12, 30), date(2025, 3, 30), date(2025, 10, 26), date(2025, 3, 9), date(2025, 11, 2), date(2025, 4, 6),
    date(2025, 10, 5), date(2025, 9, 7), date(2025, 4, 25), date(2025, 10, 30),
)  # fmt: skip


@st.composite
def weeks(draw: st.DrawFn) -> tuple[tuple[tuple[int, int], ...], ...]:
    days = []
    for _ in range(7):
        edges = sorted(draw(st.sets(st.integers(0, 1440), max_size=4)))
        edges = edges[: len(edges) // 2 * 2]
        days.append(tuple(zip(edges[::2], edges[1::2], strict=True)))
    return tuple(days)


@st.composite
def hours(draw: st.DrawFn) -> BusinessHours:
    holidays = draw(st.frozensets(st.sampled_from(CHANGES), max_size=2))
    return BusinessHours(draw(st.sampled_from(ZONES)), draw(weeks()), holidays)


@st.composite
def moments(draw: st.DrawFn) -> datetime:
    """A whole minute within two days of a clock change."""
    day = draw(st.sampled_from(CHANGES))
    return datetime.combine(day, time(), UTC) + draw(st.integers(-48 * 60, 48 * 60)) * MINUTE


def is_open(business: BusinessHours, moment: datetime) -> bool:
    """Whether the wall clock shows an open minute: the definition, as a reference implementation."""
    wall = moment.astimezone(ZoneInfo(business.time_zone))
    minute = wall.hour * 60 + wall.minute
    opened = business.weekly[wall.weekday()]
    return wall.date() not in business.holidays and any(first <= minute < last for first, last in opened)


def counted(business: BusinessHours, start: datetime, end: datetime) -> timedelta:
    minutes = int((end - start) / MINUTE)
    return sum(is_open(business, start + place * MINUTE) for place in range(minutes)) * MINUTE


@settings(max_examples=80)
@given(hours(), moments(), st.integers(0, 3 * 24 * 60))
def test_elapsed_equals_a_count_by_minutes(business: BusinessHours, start: datetime, length: int) -> None:
    end = start + length * MINUTE
    assert business.elapsed(start, end) == counted(business, start, end)


@given(hours(), st.lists(st.integers(0, 3 * 366 * 24 * 3600), min_size=3, max_size=3))
def test_elapsed_is_additive(business: BusinessHours, seconds: list[int]) -> None:
    first, second, third = (MONDAY + timedelta(seconds=one) for one in sorted(seconds))
    assert business.elapsed(first, second) + business.elapsed(second, third) == business.elapsed(first, third)


@given(hours(), moments(), st.integers(0, 10**10))
def test_due_is_the_first_instant_of_the_target(business: BusinessHours, start: datetime, target: int) -> None:
    assume(any(business.weekly))
    filters = timedelta(microseconds=target)
    reached = business.due(start, filters)
    assert reached is not None
    assert business.elapsed(start, reached) == filters
    if reached > start:
        assert business.elapsed(start, reached - timedelta(microseconds=1)) < filters


def test_desk_without_open_hours_has_no_due_time() -> None:
    assert BusinessHours("Etc/UTC", ((),) * 7).due(datetime(2026, 1, 1, tzinfo=UTC), MINUTE) is None


@given(hours(), moments(), st.lists(st.integers(1, 3000), min_size=2, max_size=7))
def test_pause_subtracts_its_open_time(business: BusinessHours, start: datetime, steps: list[int]) -> None:
    edges = [start]
    for step in steps:
        edges.append(edges[-1] + step * MINUTE)
    now = edges[-1] + MINUTE
    pauses = list(zip(edges[1::2], edges[2::2], strict=False))
    spent = elapsed(business, ClockRun(start, pauses), now)
    paused = sum((business.elapsed(*pause) for pause in pauses), timedelta())
    assert spent == business.elapsed(start, now) - paused


@given(hours(), moments(), st.integers(1, 5000), st.integers(1, 5000), st.integers(1, 4000))
def test_pause_delays_due_by_its_open_time(
    business: BusinessHours, start: datetime, before: int, length: int, target: int
) -> None:
    assume(any(business.weekly))
    filters = target * MINUTE
    pause = (start + before * MINUTE, start + (before + length) * MINUTE)
    running = ClockRun(start, [pause])
    reached = due(business, running, filters, pause[1])
    assert reached is not None
    assert elapsed(business, running, reached) == filters
    without = business.due(start, filters)
    assert without is not None
    if without <= pause[0]:
        assert reached == without
    else:
        assert reached == business.due(start, filters + business.elapsed(*pause))


@pytest.mark.parametrize(
    ("zone", "day", "minutes"),
    [
        ("Europe/Berlin", date(2026, 3, 29), 23 * 60),
        ("Europe/Berlin", date(2026, 10, 25), 25 * 60),
        ("Australia/Lord_Howe", date(2026, 4, 5), 24 * 60 + 30),
        ("America/Santiago", date(2026, 9, 6), 23 * 60),  # skips its first hour
        ("Pacific/Apia", date(2011, 12, 30), 0),  # was never a day there
        ("Asia/Kolkata", date(2026, 3, 29), 24 * 60),
    ],
)
def test_day_length_includes_clock_changes(zone: str, day: date, minutes: int) -> None:
    around_the_clock = BusinessHours(zone, (((0, 1440),),) * 7)
    start = datetime.combine(day, time(), UTC) - timedelta(days=2)
    opened = sum((end - begin for begin, end in around_the_clock.open_on(day)), timedelta())
    assert opened == minutes * MINUTE
    assert around_the_clock.elapsed(start, start + timedelta(days=5)) == timedelta(days=5)


def test_office_hours_stay_eight_hours_all_year() -> None:
    office = BusinessHours("Europe/Berlin", (((540, 1020),),) * 5 + ((), ()))
    winter = office.due(datetime(2026, 3, 27, 8, tzinfo=UTC), timedelta(hours=8))
    summer = office.due(datetime(2026, 3, 30, 0, tzinfo=UTC), timedelta(hours=8))
    assert winter == datetime(2026, 3, 27, 16, tzinfo=UTC)
    assert summer == datetime(2026, 3, 30, 15, tzinfo=UTC)


POLICY = SlaPolicy(
    id="office",
    name="Office",
    time_zone="Europe/Berlin",
    hours=[OpenHours(weekday=day, opens="09:00", closes="17:00") for day in ("monday", "tuesday", "friday")],
    holidays=[],
    targets=[Target(priority=priority, first_reply_minutes=60, resolution_minutes=480) for priority in PRIORITIES],
)
MONDAY = datetime(2026, 3, 23, 8, tzinfo=UTC)  # nine o'clock in Berlin


def ticket(status: Status = "open", **more: object) -> Ticket:
    fields = {
        "id": "T-1", "title": "x", "body": "x", "status": status, "priority": "normal", "queue_id": "q",
        "requester_id": "r", "requester_email": "r@example.com", "requester_name": "R", "version": 1,
        "created_at": MONDAY, "updated_at": MONDAY, "comment_count": 0, "holds": [], "links": [], "tags": [],
        "custom_fields": [],
    }  # fmt: skip
    return Ticket.model_validate({**fields, **more})


def test_running_clocks_report_remaining_and_due() -> None:
    status = sla_status(ticket(), POLICY, MONDAY + 30 * MINUTE)
    assert status.first_reply.model_dump(exclude_none=True) == {
        "state": "running",
        "target_minutes": 60,
        "elapsed_minutes": 30,
        "remaining_minutes": 30,
        "due_at": MONDAY + 60 * MINUTE,
    }
    assert (status.resolution.state, status.resolution.due_at) == ("running", MONDAY + timedelta(hours=8))


def test_clock_is_breached_at_its_due_instant() -> None:
    for seconds, state in ((-1, "running"), (0, "breached"), (1, "breached")):
        at = MONDAY + timedelta(hours=1, seconds=seconds)
        assert sla_status(ticket(), POLICY, at).first_reply.state == state


def test_timely_reply_meets_its_target_permanently() -> None:
    replied = ticket(first_replied_at=MONDAY + 60 * MINUTE)
    clock = sla_status(replied, POLICY, MONDAY + timedelta(days=30)).first_reply
    assert (clock.state, clock.elapsed_minutes, clock.stopped_at) == ("met", 60, MONDAY + 60 * MINUTE)
    late = sla_status(ticket(first_replied_at=MONDAY + 61 * MINUTE), POLICY, MONDAY + timedelta(days=30)).first_reply
    assert late.state == "breached"


def test_hold_pauses_the_clocks() -> None:
    held = ticket("on-hold", holds=[Hold(started_at=MONDAY + 20 * MINUTE)])
    status = sla_status(held, POLICY, MONDAY + timedelta(days=1))
    assert status.on_hold
    assert (status.first_reply.state, status.first_reply.elapsed_minutes) == ("paused", 20)
    assert status.first_reply.due_at is None
    back = ticket(holds=[Hold(started_at=MONDAY + 20 * MINUTE, ended_at=MONDAY + timedelta(days=1))])
    again = sla_status(back, POLICY, MONDAY + timedelta(days=1)).first_reply
    assert (again.state, again.due_at) == ("running", MONDAY + timedelta(days=1, minutes=40))


def test_weekday_without_hours_is_skipped() -> None:
    status = sla_status(ticket(created_at=MONDAY + timedelta(days=1, hours=7)), POLICY, MONDAY + timedelta(days=2))
    # One hour on Tuesday, the rest on Friday.
    assert status.resolution.due_at == MONDAY + timedelta(days=4, hours=7)


def states(at: timedelta = timedelta(days=3), **more: object) -> tuple[str, str]:
    status = sla_status(ticket("closed", **more), POLICY, MONDAY + at)
    return status.first_reply.state, status.resolution.state


HALF_HOUR, HOUR = MONDAY + 30 * MINUTE, MONDAY + 60 * MINUTE


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"first_replied_at": HALF_HOUR, "closed_at": HOUR, "resolution": "x"}, ("met", "met")),
        ({"closed_at": HALF_HOUR, "resolution": "x"}, ("unanswered", "met")),
        ({"closed_at": HOUR, "resolution": "x"}, ("unanswered", "met")),
        ({"closed_at": HOUR + MINUTE, "resolution": "x"}, ("breached", "met")),
        ({"closed_at": MONDAY + timedelta(hours=30), "resolution": "x"}, ("breached", "breached")),
        ({"closed_at": HALF_HOUR, "merged_into": "T-2"}, ("unanswered", "merged")),
        ({"closed_at": MONDAY + timedelta(hours=30), "merged_into": "T-2"}, ("breached", "breached")),
        ({"first_replied_at": HALF_HOUR, "closed_at": HOUR, "merged_into": "T-2"}, ("met", "merged")),
        # Closed with a solution, and merged later.
        ({"closed_at": HALF_HOUR, "resolution": "x", "merged_into": "T-2"}, ("unanswered", "met")),
        # Answered after it was merged: the clock stopped with the merge.
        ({"closed_at": HALF_HOUR, "merged_into": "T-2", "first_replied_at": MONDAY + 90 * MINUTE}, ("met", "merged")),
    ],
)
def test_only_a_public_reply_meets_the_first_reply(fields: dict[str, object], expected: tuple[str, str]) -> None:
    assert states(**fields) == expected


def test_closing_stops_the_clocks() -> None:
    closed = ticket("closed", closed_at=HALF_HOUR, resolution="x")
    status = sla_status(closed, POLICY, MONDAY + timedelta(days=3))
    assert [clock.elapsed_minutes for clock in (status.first_reply, status.resolution)] == [30, 30]
    assert [clock.stopped_at for clock in (status.first_reply, status.resolution)] == [HALF_HOUR] * 2
