"""Dates and durations in search terms."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from devkit.simulators.zendesk.responses import invalid_search

_RELATIVE = re.compile(r"(\d{1,6})(minute|hour|day|week|month|year)s?")
_UNITS = {"minute": 1, "hour": 60, "day": 1440, "week": 10080, "month": 43200, "year": 525600}


def fits(instant: datetime | None, operator: str, value: str, now: datetime, zone: str) -> bool:
    """Whether an instant fits a date, a date-time or a duration such as ``4hours``.

    A duration counts back from now: ``created>4hours`` is less than four hours old. Raises `ApiError` 422 for other
    text.
    """
    if value == "none":
        return instant is None
    try:
        begin, end = _span(value.lower(), now, zone)
    except (ValueError, OverflowError):
        raise invalid_search(f"{value} is not a date") from None
    if instant is None:
        return False
    match operator:
        case "<":
            return instant < begin
        case "<=":
            return instant < end
        case ">":
            return instant >= end
        case ">=":
            return instant >= begin
    return begin <= instant < end


def _span(value: str, now: datetime, zone: str) -> tuple[datetime, datetime]:
    """The first instant that the value means, and the first one after it.

    Raises:
        ValueError, OverflowError: the value is not a date.
    """
    relative = _RELATIVE.fullmatch(value)
    if relative is not None:
        at = now - timedelta(minutes=int(relative[1]) * _UNITS[relative[2]])
        return at, at
    day = timedelta(days=1)
    if value in ("today", "yesterday"):
        local = now.astimezone(ZoneInfo(zone)).replace(hour=0, minute=0, second=0, microsecond=0)
        local -= day * (value == "yesterday")
        return local, local + day
    parsed = datetime.fromisoformat(value.upper())
    at = parsed if parsed.tzinfo is not None else parsed.replace(tzinfo=ZoneInfo(zone))
    return (at, at + day) if "t" not in value else (at, at + timedelta(seconds=1))
