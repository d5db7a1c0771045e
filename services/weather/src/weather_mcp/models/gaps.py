"""What a series does not know: values without data, and times that it does not reach."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from typing import Any, Final

from servicekit.schema import Missing

_NO_VALUE: Final = "The source has no value."
_NOT_REACHED: Final = "The source has no data for this time."
_MOST: Final = 6
"""Most runs of unknown values that are listed one by one."""
_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)

HOUR_PARTS: Final = {
    "temperature": "temperature",
    "feels_like": "felt temperature",
    "precipitation": "precipitation",
    "precipitation_chance_percent": "chance of precipitation",
    "snowfall": "snowfall",
    "wind": "wind",
    "gusts": "gusts",
    "wmo_code": "conditions",
}
"""The fields of an hour whose absence is said, in words."""
NOW_PARTS: Final = {name: words for name, words in HOUR_PARTS.items() if name != "precipitation_chance_percent"}
"""The same for the current weather, which has no chances."""
PAST_PARTS: Final = {
    "high": "high",
    "low": "low",
    "precipitation": "precipitation",
    "snowfall": "snowfall",
    "wind_max": "wind",
    "gusts_max": "gusts",
    "wmo_code": "conditions",
}
"""The same for a past day."""
DAY_PARTS: Final = {**PAST_PARTS, "precipitation_chance_percent": "chance of precipitation"}
"""The same for a coming day."""


def gaps(rows: Sequence[Any], parts: Mapping[str, str], time: str = "time") -> list[Missing]:
    """Runs of rows in which a field has no value; fields with the same run are joined.

    Args:
        rows: records in order of time.
        parts: field to words.
        time: the field with a row's time or day.
    """
    runs = {
        words: _runs([place for place, row in enumerate(rows) if getattr(row, name) is None])
        for name, words in parts.items()
        if any(getattr(row, name) is None for row in rows)
    }
    if len({run for several in runs.values() for run in several}) > _MOST:
        return [
            _missing(f"{words} ({sum(last - first + 1 for first, last in several)} values)", rows, several, time)
            for words, several in runs.items()
        ]
    joined: dict[tuple[int, int], list[str]] = {}
    for words, several in runs.items():
        for run in several:
            joined.setdefault(run, []).append(words)
    return [_missing(", ".join(words), rows, [run], time) for run, words in sorted(joined.items())]


def hours_not_reached(known: Iterable[datetime], until: datetime) -> list[Missing]:
    """The hours up to `until` after the last known one."""
    last = max(known, default=None)
    if last is not None and until - last < _HOUR:
        return []
    first = None if last is None else (last + _HOUR).isoformat()
    return [Missing(part="everything", reason=_NOT_REACHED, first=first, last=until.isoformat(timespec="minutes"))]


def hours_not_known(known: Iterable[datetime], midnight: datetime, days: Iterable[date], reason: str) -> list[Missing]:
    """Runs of hours of certain days that are not among the known ones; `midnight` begins the first day."""
    zone, begin, wanted = midnight.tzinfo, midnight.astimezone(UTC), set(days)
    present = {(time - begin) // _HOUR for time in known}
    most = (max(wanted, default=midnight.date()) - midnight.date()).days * 24 + 49  # a day has up to 25 hours
    absent = [
        place
        for place in range(most)
        if place not in present and (begin + place * _HOUR).astimezone(zone).date() in wanted
    ]
    moments = [tuple((begin + place * _HOUR).astimezone(zone).isoformat() for place in run) for run in _runs(absent)]
    return [Missing(part="everything", reason=reason, first=first, last=last) for first, last in moments]


def days_not_known(known: Iterable[date], first: date, last: date, reason: str = _NOT_REACHED) -> list[Missing]:
    """Runs of days from `first` to `last` that are not among the known ones."""
    present = set(known)
    absent = [place for place in range((last - first).days + 1) if first + place * _DAY not in present]
    return [
        Missing(part="everything", reason=reason, first=str(first + begin * _DAY), last=str(first + end * _DAY))
        for begin, end in _runs(absent)
    ]


def _runs(places: Sequence[int]) -> list[tuple[int, int]]:
    """First and last of each run of consecutive numbers."""
    groups = groupby(enumerate(places), key=lambda pair: pair[1] - pair[0])  # constant within a run
    runs = ([place for _, place in group] for _, group in groups)
    return [(run[0], run[-1]) for run in runs]


def _missing(part: str, rows: Sequence[Any], runs: Sequence[tuple[int, int]], time: str) -> Missing:
    first, last = getattr(rows[runs[0][0]], time), getattr(rows[runs[-1][1]], time)
    return Missing(part=part, reason=_NO_VALUE, first=first.isoformat(), last=last.isoformat())
