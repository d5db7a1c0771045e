"""Runs checks concurrently, each within the same time."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

from servicekit.preflight.finding import Area, Finding

Check = Callable[[Area], Awaitable[None]]


class Part(NamedTuple):
    """The checks of one part.

    Attributes:
        name: such as ``reader``; the first part of the names of its checks.
        check: adds its findings to the area.
    """

    name: str
    check: Check


async def run_checks(parts: Sequence[Part], timeout: float) -> list[Finding]:  # noqa: ASYNC109  # for each part
    """The findings of all parts, in their order.

    Args:
        timeout: seconds that each part may take. All run at once.
    """
    # A library's log lines would stand between the findings, and may quote addresses.
    logging.getLogger().addHandler(logging.NullHandler())
    areas = [Area(part.name) for part in parts]
    await asyncio.gather(*(_run(part.check, area, timeout) for part, area in zip(parts, areas, strict=True)))
    return [finding for area in areas for finding in area.findings]


async def _run(check: Check, area: Area, seconds: float) -> None:
    limit = asyncio.timeout(seconds)
    try:
        async with limit:
            await check(area)
    except Exception as error:
        if limit.expired():
            area.out_of_time()
        else:  # of the driver's texts, which may quote secrets, only the type is shown
            area.unknown("error", f"The check ended with an unexpected {type(error).__name__}.", "Report it as a bug.")
