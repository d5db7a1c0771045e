"""Counts minutes within the intervals of a schedule."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from devkit.simulators.zendesk.records.settings import Schedule

_DAY = 24 * 60
_FURTHEST = 3660  # days that a deadline is searched


def add_minutes(start: datetime, minutes: float, schedule: Schedule | None) -> datetime:
    """The instant at which so many minutes have passed. Without a schedule, all hours count."""
    if schedule is None:
        return start + timedelta(minutes=minutes)
    left = timedelta(minutes=minutes)
    for begin, end in _intervals(start, _FURTHEST, schedule):
        if end - begin >= left:
            return begin + left
        left -= end - begin
    return start + timedelta(days=_FURTHEST)


def minutes_between(start: datetime, end: datetime, schedule: Schedule | None) -> float:
    """The minutes that count between two instants."""
    if schedule is None or end <= start:
        return max((end - start).total_seconds() / 60, 0.0)
    days = (end - start).days + 2
    found = (min(finish, end) - begin for begin, finish in _intervals(start, days, schedule) if begin < end)
    return sum((part.total_seconds() for part in found), 0.0) / 60


def _intervals(start: datetime, days: int, schedule: Schedule) -> Iterator[tuple[datetime, datetime]]:
    """The business hours from an instant on, in UTC."""
    zone = ZoneInfo(schedule.iana_time_zone)
    first = start.astimezone(zone).date()
    for offset in range(days):
        day = first + timedelta(days=offset)
        if any(begins <= day <= ends for _, _, begins, ends in schedule.holidays):
            continue
        sunday_based = (day.weekday() + 1) % 7
        for begins, ends in schedule.intervals:
            opens, closes = begins - sunday_based * _DAY, ends - sunday_based * _DAY
            if closes <= 0 or opens >= _DAY:
                continue
            begin = max(_instant(day, max(opens, 0), zone), start)
            end = _instant(day, min(closes, _DAY), zone)
            if begin < end:
                yield begin, end


def _instant(day: date, minute: int, zone: ZoneInfo) -> datetime:
    local = datetime.combine(day, time(), zone) + timedelta(minutes=minute)  # the wall clock moves
    return local.astimezone(UTC)
