"""Reads past days: the archive's, and for the latest days, which it does not have yet, the forecast's."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date, timedelta

from weather_mcp.models.forecasts import Day
from weather_mcp.models.readings import Series, joined

ReadDays = Callable[[date, date], Awaitable[Series[Day]]]
"""Reads the days from the first to the last."""

_LAG = timedelta(days=6)  # the archive lags about five days


def last_archived(today: date) -> date:
    """The last day that the archive surely has."""
    return today - _LAG


async def read_past(archive: ReadDays, latest: ReadDays, first: date, last: date, today: date) -> Series[Day]:
    """The days from `first` to `last`, each from the archive if it has it, else from the latest forecast."""
    archived, parts = last_archived(today), []
    if first <= archived:
        parts.append(archive(first, min(last, archived)))
    if last > archived:
        parts.append(latest(max(first, archived + timedelta(days=1)), last))
    return joined(await asyncio.gather(*parts))
