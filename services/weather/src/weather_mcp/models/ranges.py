"""Ranges of time: what `from` and `to` mean at a place."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Final

from servicekit.core import Refused
from weather_mcp.models.spoken_times import SpokenTime
from weather_mcp.models.time_texts import spoken_time

MOST_DAYS: Final = 16
"""The days that the forecast covers, with today."""
_HOUR: Final = timedelta(hours=1)
_WEEK: Final = timedelta(days=7)
_HALF_YEAR: Final = timedelta(days=183)
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
        reading: which days were taken where the words leave it open, a sentence.
    """

    begin: datetime
    end: datetime
    is_open: bool = False
    is_days: bool = False
    reading: str | None = None

    def lasting(self, length: timedelta) -> "Range":
        """The same, and as long as `length` if it is open."""
        return replace(self, end=self.begin + length, is_open=False) if self.is_open else self

    def holds(self, moment: datetime) -> bool:
        """Whether an hour that begins at a moment is in it. The hour of `begin` is."""
        is_over = moment >= self.end if self.is_days else moment > self.end
        return moment > self.begin - _HOUR and not is_over


def range_of(begin: str | None, end: str | None, now: datetime) -> Range | None:
    """The range that the arguments mean; None without any.

    A weekday that is today means today until its part, time or range is over, and then that of next week. One that ends
    a range is the first after its beginning that is not over. A day of a month without its year begins the range under
    way, else the next one.

    Args:
        now: the current time, in the zone of the place.

    Raises:
        Refused: it ends before it begins, or a day of a month is another weekday than its text says.
    """
    if begin is None and end is None:
        return None
    first, last = spoken_time(begin or "now"), None if end is None else spoken_time(end)
    found = _under_way(first, last, now) or _counted_from(now.date(), first, last, now)
    if first.weekday == now.weekday() and _is_over(found, last or first, now):
        found = _counted_from(now.date() + _WEEK, first, last, now)
    elif last is not None and last.weekday is not None and _is_over(found, last, now):
        ends = (replace(found, end=last.period(now, now.date() + later)[1]) for later in (timedelta(), _WEEK))
        found = next(one for one in ends if not _is_over(one, last, now))
    if last is not None and (found.end < found.begin or (found.end == found.begin and not last.is_time)):
        raise Refused("`to` is before `from`. Give a later `to`, such as the same day with a later time.")
    return replace(found, reading=_reading({begin: first, end: last}, found, now))


def _counted_from(anchor: date, first: SpokenTime, last: SpokenTime | None, now: datetime) -> Range:
    """The range whose first weekday is counted from a day."""
    is_counted = first.weekday is not None or first.named is not None
    starts, finishes = first.period(now, anchor if is_counted else None)
    if last is None:
        return Range(starts, finishes, is_open=first.is_time, is_days=not first.is_time and first.part is None)
    _, finishes = last.period(now, _day_in(starts, now))
    return Range(starts, finishes, is_days=not last.is_time and last.part is None)


def _under_way(first: SpokenTime, last: SpokenTime | None, now: datetime) -> Range | None:
    """The range from a day of a month that is today or past, unless it is over or long."""
    if first.named is None:
        return None
    with suppress(Refused):  # that day is another weekday
        begun = first.named.on_or_before(now.date())
        found = _counted_from(begun, first, last, now)
        if begun == now.date() or (found.end - found.begin < _HALF_YEAR and not _is_over(found, last or first, now)):
            return found
    return None


def _reading(spoken: Mapping[str | None, SpokenTime | None], found: Range, now: datetime) -> str | None:
    """Which days were taken for texts that leave it open."""
    said = []
    for text, one in spoken.items():
        if one is None or not one.is_chosen:
            continue
        begins, ends = (moment.astimezone(now.tzinfo) for moment in one.period(now, _day_in(found.begin, now)))
        last = f" to {(ends - timedelta(seconds=1)).date()}" if one.is_several_days else ""
        said.append(f'"{text}" is {written(begins) if one.is_time else begins.date()}{last} here.')
    return " ".join(said) or None


def _day_in(moment: datetime, now: datetime) -> date:
    return moment.astimezone(now.tzinfo).date()


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

    Raises:
        Refused: as `range_of`, in every zone.
    """
    now, needed, refused = datetime.now(UTC), 1, list[Refused]()
    for zone in _ZONES:
        here = now.astimezone(zone)
        try:
            wanted = range_of(begin, end, here)
        except Refused as one:
            refused.append(one)
            continue
        if wanted is not None:
            last = wanted.lasting(longer).end.astimezone(zone).date()
            needed = max(needed, (last - here.date()).days + 1)
    if len(refused) == len(_ZONES):
        raise refused[0]
    return needed


def written(moment: datetime) -> str:
    """A moment to the minute, with its UTC offset."""
    return moment.isoformat(timespec="minutes")
