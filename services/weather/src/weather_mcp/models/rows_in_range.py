"""The rows of a series that are in a range of time."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Final, TypeVar

from servicekit.core import Refused
from weather_mcp.models.ranges import Range, written

Row = TypeVar("Row")

_HOUR: Final = timedelta(hours=1)


def in_range(
    rows: Sequence[Row],
    wanted: Range,
    time_of: Callable[[Row], datetime],
    elsewhere: str = "",
    latest: datetime | None = None,
) -> tuple[list[Row], str | None]:
    """The rows in a range, and a notice of the days taken and of what it lacks.

    Args:
        rows: the hours that are known, in order of time.
        elsewhere: where other times are found, a sentence.
        latest: the last hour that another call can have; by default the last one known.

    Raises:
        Refused: no row is in it; the text says which times can be had.
    """
    known = [time_of(row) for row in rows]
    picked = [row for row in rows if wanted.holds(time_of(row))]
    reach = f"from {written(known[0])} to {written(latest or known[-1])}" if known else "for no time"
    if not picked:
        raise Refused(_sentences(f"There is data {reach}, and none in that range.", wanted.reading, elsewhere))
    is_cut = wanted.begin <= known[0] - _HOUR or wanted.end > known[-1] + _HOUR
    return picked, _notice(wanted, is_cut, reach)


def days_in_range(
    rows: Sequence[Row], wanted: Range, zone: datetime, day_of: Callable[[Row], date]
) -> tuple[list[Row], str | None]:
    """The days that a range touches, and a notice of the days taken and of what it lacks.

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
        raise Refused(_sentences(f"There is data {reach}, and none in that range.", wanted.reading))
    return picked, _notice(wanted, first < day_of(rows[0]) or last > day_of(rows[-1]), reach)


def _notice(wanted: Range, is_cut: bool, reach: str) -> str | None:
    cut = f"Cut: the range reaches beyond the data, which is {reach}." if is_cut else None
    return _sentences(cut, wanted.reading) or None


def _sentences(*said: str | None) -> str:
    return " ".join(filter(None, said))
