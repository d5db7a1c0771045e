"""The time range of an export, from the options of the command line."""

from datetime import UTC, datetime, timedelta

_MONTH = "%Y-%m"


def export_range(
    month: str | None, since: datetime | None, until: datetime | None, now: datetime
) -> tuple[datetime | None, datetime | None, str]:
    """First instant, first instant that is left out, and a name for files.

    Args:
        month: such as ``2026-10``, or ``last``.
        since, until: days, without time zone.

    Raises:
        ValueError: a month and days are given, the month cannot be read, or the range is empty.
    """
    if month is not None:
        if since is not None or until is not None:
            raise ValueError("give either --month or --since and --until")
        return _month(month, now)
    first, end = (day.replace(tzinfo=UTC) if day is not None else None for day in (since, until))
    if first is not None and end is not None and first >= end:
        raise ValueError("--until must be later than --since")
    if first is None and end is None:
        return None, None, f"until-{now:%Y-%m-%dT%H%M%S}"
    return first, end, f"{_day(first, 'begin')}-to-{_day(end, f'{now:%Y-%m-%dT%H%M%S}')}"


def _month(text: str, now: datetime) -> tuple[datetime, datetime, str]:
    if text == "last":
        first = (now.replace(day=1) - timedelta(days=1)).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    else:
        try:
            first = datetime.strptime(text, _MONTH).replace(tzinfo=UTC)
        except ValueError:
            raise ValueError("write --month as 2026-10, or as `last`") from None
    end = (first + timedelta(days=31)).replace(day=1)
    return first, end, f"{first:%Y-%m}"


def _day(day: datetime | None, otherwise: str) -> str:
    return f"{day:%Y-%m-%d}" if day is not None else otherwise
