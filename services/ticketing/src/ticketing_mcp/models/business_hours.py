"""Business hours: the instants at which the wall clock of a time zone shows an open hour.

Everything is counted between instants, so a day on which clocks change has the hours that it really has. An open hour
that the clock shows twice is open twice; one that it skips is not there.
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
"""Days after which a due moment is not looked for: ten years."""

Span = tuple[datetime, datetime]
"""A stretch of time (UTC): its first instant, and the first instant after it."""


@dataclass(frozen=True)
class BusinessHours:
    """When somebody is there.

    Args:
        time_zone: IANA name, such as ``Europe/Berlin``.
        weekly: for Monday to Sunday, the open hours of the day as minutes since midnight, in order, not overlapping;
            ``(540, 1020)`` is from nine to five, and 1440 is the midnight at the day's end.
        holidays: days without any.
    """

    time_zone: str
    weekly: tuple[tuple[tuple[int, int], ...], ...]
    holidays: frozenset[date] = field(default_factory=frozenset)

    def open_on(self, day: date) -> Iterator[Span]:
        """The open stretches of a local day, in order."""
        if day in self.holidays:
            return
        for first, last in self.weekly[day.weekday()]:
            yield from _open_spans(self.time_zone, day, first, last)

    def elapsed(self, start: datetime, end: datetime) -> timedelta:
        """The open time from one instant to another; none where the second is not later."""
        if end <= start:
            return _ZERO
        total = _ZERO
        zone = ZoneInfo(self.time_zone)
        # A day more on either side: it costs nothing, and offsets of a whole day have existed.
        day, last = start.astimezone(zone).date() - _DAY, end.astimezone(zone).date() + _DAY
        while day <= last:
            for opens, closes in self.open_on(day):
                total += max(_ZERO, min(closes, end) - max(opens, start))
            day += _DAY
        return total

    def due(self, start: datetime, target: timedelta) -> datetime | None:
        """The first instant at which `target` of open time went by since `start`; None where that is ten years off."""
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
    """From minute `first` to minute `last` of a day, by the wall clock."""
    zone = ZoneInfo(time_zone)
    midnight = datetime.combine(day, time(), UTC)
    walls = midnight + timedelta(minutes=first), midnight + timedelta(minutes=last)
    spans: list[Span] = []
    # Offsets are between -24 and +24 hours, so these instants cover the local day whatever the zone does.
    for begin, end, offset in _offsets(zone, midnight - _DAY, midnight + 2 * _DAY):
        opens, closes = max(begin, walls[0] - offset), min(end, walls[1] - offset)
        if opens < closes:
            spans.append((opens, closes))
    return tuple(spans)


def _offsets(zone: ZoneInfo, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime, timedelta]]:
    """The stretches between two instants in which the zone's offset stays the same, to the minute."""
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
