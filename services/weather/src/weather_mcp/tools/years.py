"""Reads the same days of many years, a few years at a time."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import date
from typing import Final, TypeVar

from servicekit.core import ReportProgress

_AT_ONCE: Final = 3  # Open-Meteo's free plan queues six requests of one address

Result = TypeVar("Result")
Span = tuple[date, date]


async def read_years(
    read: Callable[[date, date], Awaitable[Result]],
    spans: Sequence[Span],
    report_progress: ReportProgress,
    *,
    done: int = 0,
    total: int,
) -> list[Result]:
    """What `read` returns for each span, in their order; one failure cancels all.

    Args:
        done: how many of `total` years were read before, as progress tells the client.
    """
    slots = asyncio.Semaphore(_AT_ONCE)

    async def read_one(first: date, last: date) -> Result:
        nonlocal done
        async with slots:
            result = await read(first, last)
        done += 1
        await report_progress(done, total, f"Read {done} of {total} years.")
        return result

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(read_one(*span)) for span in spans]
    return [task.result() for task in tasks]
