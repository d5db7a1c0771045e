"""Days of a time zone as instants."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Annotated, Final

from pydantic import Field

from servicekit.schema import TimeZone

DayZone = Annotated[TimeZone, Field(description="IANA name; default: the shop's.")]
"""The time zone in which a tool counts days."""


@dataclass(frozen=True, slots=True)
class Period:
    """A span of time: `first` belongs to it, `end` does not. None: without that limit."""

    first: datetime | None = None
    end: datetime | None = None

    @property
    def is_empty(self) -> bool:
        """Whether it ends before it begins."""
        return self.first is not None and self.end is not None and self.end <= self.first

    def within(self, other: "Period") -> "Period":
        """The part that both have."""
        firsts = [one for one in (self.first, other.first) if one is not None]
        ends = [one for one in (self.end, other.end) if one is not None]
        return Period(max(firsts, default=None), min(ends, default=None))


ANY_TIME: Final = Period()


def period(from_day: date | None, to_day: date | None, zone: tzinfo) -> Period:
    """The time from the start of one day to the end of another, both included."""
    return Period(
        None if from_day is None else start_of(from_day, zone), None if to_day is None else end_of(to_day, zone)
    )


def start_of(day: date, zone: tzinfo = UTC) -> datetime:
    """Midnight at the start of a day."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def end_of(day: date, zone: tzinfo = UTC) -> datetime:
    """Midnight at the end of a day."""
    return start_of(day + timedelta(days=1), zone)
