"""Days and times as callers give them, read in a time zone."""

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

DAYS: Final = {"yesterday": -1, "today": 0, "tomorrow": 1}
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
_DIRECTIONS: Final = {"+": 1, "-": -1}
_RELATIVE = re.compile(r"(?P<sign>[+-]?)(?P<count>[0-9]{1,4})(?P<unit>[mhdw])")
_SPOKEN = re.compile(
    r"(?:(?P<ahead>in |next |\+)|(?P<back>last |past |-))?(?P<count>[0-9]{1,4}|an?(?= )) ?"
    r"(?P<unit>m|h|d|w)(?:in|ins|inutes?|rs?|ours?|ays?|ks?|eeks?)?(?P<ago> ago)?"
)
_SPELLED_DAY = re.compile(
    r"(?P<year>[0-9]{4})(?:[-/.](?P<month>[0-9]{1,2})[-/.](?P<day>[0-9]{1,2})|(?P<m>[0-9]{2})(?P<d>[0-9]{2}))"
)
_DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
MOMENT_PATTERN: Final = (
    rf"{_DAY}(?:T[0-9]{{2}}:[0-9]{{2}}(?::[0-9]{{2}}(?:\.[0-9]{{1,6}})?)?(?:Z|[+-][0-9]{{2}}:[0-9]{{2}})?)?"
    rf"|{'|'.join(DAYS)}|{re.sub('[?]P<[a-z]+>', '?:', _RELATIVE.pattern)}"
)
"""A day, a time with or without its offset, or a distance from now such as ``2h``, ``-7d`` or ``+2h``."""


def spelled_moment(text: str) -> str:
    """One spelling of a day or time: ``2026/11/01``, ``2026-11-01 9:00``, ``7 days ago``, ``in 2 hours``, ``now``."""
    lower = " ".join(text.lower().split())
    if lower == "now":
        return "0m"
    if match := _SPOKEN.fullmatch(lower):
        if match["ahead"] and match["ago"]:
            return text
        sign = "+" if match["ahead"] else "-" if match["back"] or match["ago"] else ""
        return f"{sign}{int(match['count']) if match['count'].isdecimal() else 1}{match['unit']}"
    if lower in DAYS:
        return lower
    day, mark, clock = text.strip().upper().replace(" ", "T", 1).partition("T")
    clock = f"0{clock}" if re.match(r"[0-9]:", clock) else clock
    if match := _SPELLED_DAY.fullmatch(day):
        day = f"{match['year']}-{match['month'] or match['m']:0>2}-{match['day'] or match['d']:0>2}"
    return day + mark + clock.replace(" ", "")


def first_moment(text: str, zone: ZoneInfo, now: datetime, ahead: int = -1) -> datetime:
    """The moment at which what `text` says begins: of a day its midnight in `zone`.

    Args:
        text: as `MOMENT_PATTERN` describes.
        ahead: the direction of a distance without a sign: -1 into the past, 1 into the future.

    Raises:
        ValueError: there is no such day or time.
    """
    if match := _RELATIVE.fullmatch(text):
        return now + _DIRECTIONS.get(match["sign"], ahead) * int(match["count"]) * _UNITS[match["unit"]]
    if "T" in text:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)).astimezone(UTC)
    return _midnight(_day(text, zone, now), zone)


def end_of(text: str, zone: ZoneInfo, now: datetime, ahead: int = -1) -> datetime:
    """The moment at which what `text` says is over: the next midnight, or the end of that second.

    Raises:
        ValueError: there is no such day or time.
    """
    if _RELATIVE.fullmatch(text) or "T" in text:
        return first_moment(text, zone, now, ahead) + timedelta(seconds=1)
    return _midnight(_day(text, zone, now) + timedelta(days=1), zone)


def _day(text: str, zone: ZoneInfo, now: datetime) -> date:
    if text in DAYS:
        return now.astimezone(zone).date() + timedelta(days=DAYS[text])
    return date.fromisoformat(text)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)
