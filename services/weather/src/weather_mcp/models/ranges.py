"""Ranges of time: what `from` and `to` mean at a place, and the rows in them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Final, TypeVar

from servicekit.core import Refused
from weather_mcp.models.spoken_times import SpokenTime, spoken_time

Row = TypeVar("Row")

MOST_DAYS: Final = 16
"""The days that the forecast covers, with today."""
_HOUR: Final = timedelta(hours=1)
_WEEK: Final = timedelta(days=7)
_ZONES: Final = tuple(timezone(timedelta(minutes=quarter * 15)) for quarter in range(-48, 57))
"""All zones, from the earliest day to the latest: a weekday may be over in one and ahead in the next."""
_USUAL: Final = "For what is usual then, use compare_to_normal or compare_period_to_normal."
_PAST_ELSEWHERE: Final = "For past days use get_historical_weather."


@dataclass(frozen=True, slots=True)
class Range:
    """From `begin` to `end`.

    Attributes:
        is_open: only its beginning was given, so that it lasts as long as the tool decides.
        is_days: it ends with a day, so that the hour of the last midnight is not in it.
    """

    begin: datetime
    end: datetime
    is_open: bool = False
    is_days: bool = False

    def lasting(self, length: timedelta) -> "Range":
        """The same, and as long as `length` if it is open."""
        return Range(self.begin, self.begin + length) if self.is_open else self

    def holds(self, moment: datetime) -> bool:
        """Whether an hour that begins at a moment is in it. The hour of `begin` is."""
        is_over = moment >= self.end if self.is_days else moment > self.end
        return moment > self.begin - _HOUR and not is_over


def range_of(begin: str | None, end: str | None, now: datetime) -> Range | None:
    """The range that the arguments mean; None without any.

    A weekday that is today means today until its part, time or range is over, and then that of next week.

    Args:
        now: the current time, in the zone of the place.

    Raises:
        Refused: it ends before it begins.
    """
    if begin is None and end is None:
        return None
    first, last = spoken_time(begin or "now"), None if end is None else spoken_time(end)
    found = _counted_from(now.date(), first, last, now)
    if first.weekday == now.weekday() and _is_over(found, last or first, now):
        found = _counted_from(now.date() + _WEEK, first, last, now)
    elif last is not None and last.weekday == now.weekday() and _is_over(found, last, now):
        found = Range(found.begin, last.period(now, now.date() + _WEEK)[1], is_days=found.is_days)
    if last is not None and (found.end < found.begin or (found.end == found.begin and not last.is_time)):
        raise Refused("`to` is before `from`. Give a later `to`, such as the same day with a later time.")
    return found


def _counted_from(anchor: date, first: SpokenTime, last: SpokenTime | None, now: datetime) -> Range:
    """The range whose first weekday is counted from a day."""
    starts, finishes = first.period(now, anchor if first.weekday is not None else None)
    if last is None:
        return Range(starts, finishes, is_open=first.is_time, is_days=not first.is_time and first.part is None)
    _, finishes = last.period(now, starts.astimezone(now.tzinfo).date())
    return Range(starts, finishes, is_days=not last.is_time and last.part is None)


def _is_over(found: Range, last: SpokenTime, now: datetime) -> bool:
    """Whether it has ended; a time lasts for the hour that begins with it."""
    return found.end + (_HOUR if last.is_time else timedelta()) <= now


def forecast_end(now: datetime) -> datetime:
    """The last hour of the forecast."""
    return now.replace(hour=23, minute=0, second=0, microsecond=0) + timedelta(days=MOST_DAYS - 1)


def elsewhere(wanted: Range, now: datetime) -> str:
    """What has the times of a range that the forecast does not have, a sentence."""
    if wanted.begin > now:
        return _USUAL
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return _PAST_ELSEWHERE if wanted.end <= midnight else "Give a range within it."


def days_needed(begin: str | None, end: str | None, longer: timedelta = timedelta()) -> int:
    """How many days from today a range needs, wherever its place is; 1 without a range.

    Args:
        longer: how long an open range lasts.
    """
    now, needed = datetime.now(UTC), 1
    for zone in _ZONES:
        here = now.astimezone(zone)
        if (wanted := range_of(begin, end, here)) is not None:
            last = wanted.lasting(longer).end.astimezone(zone).date()
            needed = max(needed, (last - here.date()).days + 1)
    return needed


def in_range(
    rows: Sequence[Row],
    wanted: Range,
    time_of: Callable[[Row], datetime],
    elsewhere: str = "",
    latest: datetime | None = None,
) -> tuple[list[Row], str | None]:
    """The rows in a range, and a notice if it reaches beyond them.

    Args:
        rows: the hours that are known, in order of time.
        elsewhere: where other times are found, a sentence.
        latest: the last hour that another call can have; by default the last one known.

    Raises:
        Refused: no row is in it; the text says which times can be had.
    """
    known = [time_of(row) for row in rows]
    picked = [row for row in rows if wanted.holds(time_of(row))]
    reach = f"from {_written(known[0])} to {_written(latest or known[-1])}" if known else "for no time"
    if not picked:
        raise Refused(" ".join(filter(None, (f"There is data {reach}, and none in that range.", elsewhere))))
    is_cut = wanted.begin <= known[0] - _HOUR or wanted.end > known[-1] + _HOUR
    return picked, f"Cut: the range reaches beyond the data, which is {reach}." if is_cut else None


def days_in_range(
    rows: Sequence[Row], wanted: Range, zone: datetime, day_of: Callable[[Row], date]
) -> tuple[list[Row], str | None]:
    """The days that a range touches, and a notice if it reaches beyond them.

    Args:
        zone: a time in the zone of the place.

    Raises:
        Refused: no day is in it; the text says which days can be had.
    """
    first = wanted.begin.astimezone(zone.tzinfo).date()
    until = wanted.end - (timedelta(seconds=1) if wanted.is_days else timedelta())
    last = until.astimezone(zone.tzinfo).date()
    picked = [row for row in rows if first <= day_of(row) <= last]
    reach = f"from {day_of(rows[0])} to {day_of(rows[-1])}"
    if not picked:
        raise Refused(f"There is data {reach}, and none in that range.")
    is_cut = first < day_of(rows[0]) or last > day_of(rows[-1])
    return picked, f"Cut: the range reaches beyond the data, which is {reach}." if is_cut else None


def _written(moment: datetime) -> str:
    return moment.isoformat(timespec="minutes")
