"""Business hours of a time zone, and elapsed and due times in them.

Durations are computed between UTC instants, so they are exact on days of clock changes: an open hour that the clock
repeats counts twice, and one that it skips does not count.
"""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

_DAY = timedelta(days=1)
_ZERO = timedelta()
_MAX_DAYS = 3660
"""Days to search for a due time: ten years."""

Span = tuple[datetime, datetime]
"""A UTC interval: start (inclusive) and end (exclusive)."""


@dataclass(frozen=True)
class BusinessHours:
    """The open hours of a service desk.

    Args:
        time_zone: IANA name, such as ``Europe/Berlin``.
        weekly: for Monday to Sunday, open intervals in minutes since midnight, sorted, without overlaps;
            ``(540, 1020)`` is 09:00 to 17:00, and 1440 is the end of the day.
        holidays: days without open hours.
    """

    time_zone: str
    weekly: tuple[tuple[tuple[int, int], ...], ...]
    holidays: frozenset[date] = field(default_factory=frozenset)

    def open_on(self, day: date) -> Iterator[Span]:
        """The open intervals of a local day, in order."""
        if day in self.holidays:
            return
        for first, last in self.weekly[day.weekday()]:
            yield from _open_spans(self.time_zone, day, first, last)

    def elapsed(self, start: datetime, end: datetime) -> timedelta:
        """Open time between two instants; 0 if `end` is not after `start`."""
        if end <= start:
            return _ZERO
        total = _ZERO
        zone = ZoneInfo(self.time_zone)
        # One extra day on each side, because UTC offsets can be up to a day.
        day, last = start.astimezone(zone).date() - _DAY, end.astimezone(zone).date() + _DAY
        first_whole, last_whole = day + 3 * _DAY, last - 3 * _DAY
        while day <= last:
            if first_whole <= day <= last_whole:
                total += self._open_time(day)
            else:
                for opens, closes in self.open_on(day):
                    total += max(_ZERO, min(closes, end) - max(opens, start))
            day += _DAY
        return total

    def _open_time(self, day: date) -> timedelta:
        """Open time of a whole local day."""
        if day in self.holidays:
            return _ZERO
        return sum((_open_time(self.time_zone, day, *hours) for hours in self.weekly[day.weekday()]), _ZERO)

    def due(self, start: datetime, target: timedelta) -> datetime | None:
        """The instant when `target` of open time has passed since `start`; None if it takes more than ten years."""
        if target <= _ZERO:
            return start
        left = target
        day = start.astimezone(ZoneInfo(self.time_zone)).date() - _DAY
        for _ in range(_MAX_DAYS):
            for opens, closes in self.open_on(day):
                begin = max(opens, start)
                if closes <= begin:
                    continue
                if closes - begin >= left:
                    return begin + left
                left -= closes - begin
            day += _DAY
        return None


@lru_cache(maxsize=65536)
def _open_spans(time_zone: str, day: date, first: int, last: int) -> tuple[Span, ...]:
    """The UTC intervals between two wall-clock minutes of a local day."""
    zone = ZoneInfo(time_zone)
    midnight = datetime.combine(day, time(), UTC)
    walls = midnight + timedelta(minutes=first), midnight + timedelta(minutes=last)
    spans: list[Span] = []
    # Offsets are between -24 and +24 hours, so these instants cover the local day in every zone.
    for begin, end, offset in _offsets(zone, midnight - _DAY, midnight + 2 * _DAY):
        opens, closes = max(begin, walls[0] - offset), min(end, walls[1] - offset)
        if opens < closes:
            spans.append((opens, closes))
    return tuple(spans)


@lru_cache(maxsize=65536)
def _open_time(time_zone: str, day: date, first: int, last: int) -> timedelta:
    """The time between two wall-clock minutes of a local day."""
    return sum((closes - opens for opens, closes in _open_spans(time_zone, day, first, last)), _ZERO)


def _offsets(zone: ZoneInfo, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime, timedelta]]:
    """Intervals of constant UTC offset between two instants, with changes located to the minute."""
    begin, offset = start, _offset(zone, start)
    moment = start
    while moment < end:
        following = min(moment + timedelta(hours=6), end)
        if _offset(zone, following) != offset:
            minutes = range(int((following - moment) / timedelta(minutes=1)) + 1)
            changed = moment + timedelta(
                minutes=bisect_left(minutes, True, key=lambda minute: _differs(zone, moment, minute, offset))
            )
            yield begin, changed, offset
            begin, offset = changed, _offset(zone, changed)
            following = changed
        moment = following
    yield begin, end, offset


def _differs(zone: ZoneInfo, moment: datetime, minute: int, offset: timedelta) -> bool:
    return _offset(zone, moment + timedelta(minutes=minute)) != offset


def _offset(zone: ZoneInfo, moment: datetime) -> timedelta:
    return moment.astimezone(zone).utcoffset() or _ZERO
