"""Deadlines: each call is stopped at its own, and never twice, on the event loops that serve calls."""

import asyncio
import random
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

import pytest
import uvloop

from servicekit.core import deadline
from servicekit.core.deadline import Deadlines

Run = Callable[[Coroutine[Any, Any, Any]], Any]
LATE = 0.25
"""Seconds, for a busy machine."""


@pytest.fixture(params=[asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Run:
    """Runs a coroutine in an event loop of each kind; uvicorn uses uvloop."""

    def run(main: Coroutine[Any, Any, Any]) -> Any:
        with asyncio.Runner(loop_factory=request.param) as runner:
            return runner.run(main)

    return run


async def wait_until_stopped(deadlines: Deadlines, seconds: float, spent: float = 0.0) -> float:
    """The seconds after which a call was stopped."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    with suppress(TimeoutError), deadlines.deadline(seconds, spent):
        await asyncio.Event().wait()
    return loop.time() - began


def test_a_time_that_has_passed_fails_no_other_call(run: Run) -> None:
    async def main() -> list[float]:
        deadlines = Deadlines(30)
        return list(await asyncio.gather(*(wait_until_stopped(deadlines, 0.05, spent) for spent in (1.0, 0.0, 1.0))))

    stopped = run(main())
    assert stopped[0] < LATE
    assert stopped[1] > 0.048


def test_every_call_is_stopped_at_its_own_deadline(run: Run) -> None:
    async def main() -> list[tuple[float, float]]:
        deadlines = Deadlines(30)
        chosen = random.Random(13)

        async def one() -> tuple[float, float]:
            await asyncio.sleep(chosen.random() * 0.1)
            seconds = chosen.choice([0.001, 0.01, 0.1, chosen.random()])
            if chosen.random() < 0.5:
                with deadlines.deadline(seconds):
                    pass  # most calls end before theirs
            return seconds, await wait_until_stopped(deadlines, seconds)

        return list(await asyncio.gather(*(one() for _ in range(1000))))

    for seconds, stopped in run(main()):
        assert -0.002 < stopped - seconds < LATE  # uvloop's clock counts milliseconds


def test_a_call_that_rolls_back_is_not_stopped_again(run: Run) -> None:
    async def main() -> None:
        deadlines = Deadlines(30)
        rolled_back = False

        async def call() -> None:
            nonlocal rolled_back
            with deadlines.deadline(0.05):
                try:
                    await asyncio.Event().wait()
                finally:
                    await asyncio.sleep(0.1)  # past the deadline
                    rolled_back = True

        task = asyncio.create_task(call())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert rolled_back

    run(main())


def test_a_call_that_ignores_its_cancellation_is_stopped(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadline, "_UNWIND_SECONDS", 0.05)

    async def main() -> None:
        deadlines = Deadlines(30)
        stubborn = asyncio.create_task(_ignore_one_cancellation(deadlines))
        await asyncio.sleep(0)
        stubborn.cancel()
        async with asyncio.timeout(5):
            with pytest.raises(TimeoutError):
                await stubborn

    run(main())


def test_a_task_group_leaves_the_deadline_its_own(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A group that fails while it waits for its tasks leaves a cancellation request behind in Python 3.11."""
    monkeypatch.setattr(deadline, "_UNWIND_SECONDS", 0.05)

    async def fail() -> None:
        raise ValueError

    async def main() -> None:
        with Deadlines(30).deadline(0.05):
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(fail())
            except* ValueError:
                pass
            await asyncio.Event().wait()

    with pytest.raises(TimeoutError):
        run(main())


async def _ignore_one_cancellation(deadlines: Deadlines) -> None:
    with deadlines.deadline(0.01):
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            await asyncio.Event().wait()


def test_a_call_that_is_being_stopped_cannot_be_stopped_again(run: Run) -> None:
    async def main() -> list[bool]:
        deadlines = Deadlines(30)
        answers = list[bool]()
        task = asyncio.current_task()
        assert task is not None
        with suppress(TimeoutError), deadlines.deadline(0.01):
            answers.append(deadlines.can_be_stopped(task))
            try:
                await asyncio.Event().wait()
            finally:
                answers.append(deadlines.can_be_stopped(task))
        return answers

    assert run(main()) == [True, False]
