"""Long work in worker threads, so that the event loop stays free to answer."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import Final, ParamSpec, TypeVar

P = ParamSpec("P")
Result = TypeVar("Result")

LARGE: Final = 32 * 1024
"""Characters or bytes from which work runs in a thread. The way there and back takes a tenth of a millisecond."""
# Threads of their own: the loop's default ones look up host names, which must not wait behind long work.
_workers: Final = ThreadPoolExecutor(4, thread_name_prefix="long-work")


async def off_loop(size: int, work: Callable[P, Result], *args: P.args, **kwargs: P.kwargs) -> Result:
    """The result of `work`, which runs in a thread if `size` is large and at once otherwise.

    The interpreter lock changes hands between Python instructions, so one call into C must not take long: work on a
    large text goes through it in pieces.

    Args:
        size: characters or bytes that the work goes through.
    """
    if size < LARGE:
        return work(*args, **kwargs)
    call = partial(copy_context().run, work, *args, **kwargs)
    return await asyncio.get_running_loop().run_in_executor(_workers, call)
