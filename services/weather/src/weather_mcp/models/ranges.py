"""Ranges of time: what `from` and `to` mean at a place, and the rows in them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Final, TypeVar

from servicekit.core import Refused
from weather_mcp.models.spoken_times import spoken_time

Row = TypeVar("Row")

MOST_DAYS: Final = 16
"""The days that the forecast covers, with today."""
_HOUR: Final = timedelta(hours=1)
_ZONES: Final = (timezone(timedelta(hours=-12)), UTC, timezone(timedelta(hours=14)))
"""The zones with the earliest, a middle and the latest day."""


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

    Args:
        now: the current time, in the zone of the place.

    Raises:
        Refused: it ends before it begins.
    """
    if begin is None and end is None:
        return None
    first = spoken_time(begin or "now")
    starts, finishes = first.period(now)
    if end is None:
        return Range(starts, finishes, is_open=first.is_time, is_days=not first.is_time and first.part is None)
    last = spoken_time(end)
    _, finishes = last.period(now, starts.astimezone(now.tzinfo).date())
    if finishes < starts or (finishes == starts and not last.is_time):
        raise Refused("`to` is before `from`. Give a later `to`, such as the same day with a later time.")
    return Range(starts, finishes, is_days=not last.is_time and last.part is None)


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
    rows: Sequence[Row], wanted: Range, time_of: Callable[[Row], datetime], elsewhere: str = ""
) -> tuple[list[Row], str | None]:
    """The rows in a range, and a notice if it reaches beyond them.

    Args:
        rows: the hours that are known, in order of time.
        elsewhere: where other times are found, a sentence.

    Raises:
        Refused: no row is in it; the text says which times can be had.
    """
    known = [time_of(row) for row in rows]
    picked = [row for row in rows if wanted.holds(time_of(row))]
    reach = f"from {_written(known[0])} to {_written(known[-1])}" if known else "for no time"
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
