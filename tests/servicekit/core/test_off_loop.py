"""Long work runs in a thread, with the caller's context; short work runs where it is."""

import threading
from contextvars import ContextVar

import pytest

from servicekit.core.off_loop import LARGE, off_loop

caller_of: ContextVar[str] = ContextVar("caller_of", default="")


def here() -> tuple[str, str]:
    return threading.current_thread().name, caller_of.get()


async def test_long_work_runs_in_a_thread_with_the_context() -> None:
    caller_of.set("ann")
    name, caller = await off_loop(LARGE, here)
    assert name.startswith("long-work")
    assert caller == "ann"


async def test_short_work_stays_on_the_loop() -> None:
    assert (await off_loop(LARGE - 1, here))[0] == threading.current_thread().name


async def test_failure_of_long_work_reaches_the_caller() -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        await off_loop(LARGE, int, "x")
