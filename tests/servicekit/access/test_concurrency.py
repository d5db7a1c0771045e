"""Concurrent calls: limits that hold, a fair queue, and no waiting call forgotten."""

import asyncio
from collections import Counter
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicekit.access import concurrency as limiting
from servicekit.access.concurrency import ConcurrencyLimiter, ConcurrencyLimits, Slot
from servicekit.core.errors import Overloaded
from tests.fixtures.counted import counting

NARROW = ConcurrencyLimits(running=4, waiting=6, wait_timeout=60.0, share=0.5)


async def settle() -> None:
    """Let every task get as far as it can."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_waiting_callers_are_served_round_robin() -> None:
    concurrency, order = ConcurrencyLimiter(ConcurrencyLimits(running=1, waiting=100, share=1.0)), list[str]()
    held = await concurrency.acquire("a")

    async def call(who: str) -> None:
        slot = await concurrency.acquire(who)
        order.append(who)
        slot.release()

    calls = [asyncio.create_task(call(who)) for who in "aaaabc"]
    await settle()
    held.release()
    await asyncio.gather(*calls)
    assert "".join(order) == "abcaaa"


async def test_no_caller_has_more_than_its_share() -> None:
    concurrency = ConcurrencyLimiter(NARROW)
    for _ in range(2):
        await concurrency.acquire("loud")
    waiting = [asyncio.create_task(concurrency.acquire("loud")) for _ in range(3)]
    await settle()
    assert (concurrency.running, concurrency.waiting) == (2, 3)
    with pytest.raises(Overloaded):
        await concurrency.acquire("loud")
    quiet = [await concurrency.acquire("quiet") for _ in range(2)]
    assert concurrency.running == 4
    for slot in quiet:
        slot.release()
    assert (concurrency.running, concurrency.waiting) == (2, 3), "the loud one is still at its share"
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    assert concurrency.waiting == 0


async def test_waiting_ends_at_the_shorter_timeout() -> None:
    concurrency = ConcurrencyLimiter(ConcurrencyLimits(running=1, waiting=10, wait_timeout=0.02))
    held = await concurrency.acquire("a")
    for timeout in (None, 0.01):
        with pytest.raises(Overloaded, match=r"The server is busy. Nothing was changed; try again in 1 s\."):
            await concurrency.acquire("b", timeout)
    held.release()
    held.release()  # again does nothing
    assert (concurrency.running, concurrency.waiting) == (0, 0)


async def test_a_slot_granted_to_a_cancelled_call_is_passed_on() -> None:
    concurrency = ConcurrencyLimiter(ConcurrencyLimits(running=1, waiting=10, share=1.0))
    held = await concurrency.acquire("a")
    first, second = (asyncio.create_task(concurrency.acquire(who)) for who in "bc")
    await settle()
    held.release()  # b has it, and does not know yet
    first.cancel()
    slot = await second
    assert first.cancelled()
    slot.release()
    assert (concurrency.running, concurrency.waiting) == (0, 0)


async def test_a_share_holds_after_a_call_has_ended() -> None:
    concurrency = ConcurrencyLimiter(NARROW)
    first, _ = [await concurrency.acquire("loud") for _ in range(2)]
    first.release()
    await concurrency.acquire("loud")
    waiting = asyncio.create_task(concurrency.acquire("loud"))
    await settle()
    assert (concurrency.running, concurrency.waiting) == (2, 1)
    waiting.cancel()
    await asyncio.wait({waiting})


async def test_a_stop_waits_for_the_calls_that_run() -> None:
    concurrency = ConcurrencyLimiter(NARROW)
    await concurrency.wait_idle(60)  # nothing runs
    slots = [await concurrency.acquire(who) for who in "ab"]
    stop = asyncio.create_task(concurrency.wait_idle(60))
    for slot in slots:
        await settle()
        assert not stop.done()
        slot.release()
    await asyncio.wait_for(stop, 1)
    await concurrency.acquire("a")
    await concurrency.wait_idle(0.01)  # and no longer than it may
    assert concurrency.running == 1


async def test_waiting_and_refused_calls_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    shed, waiting = (counting(monkeypatch, limiting, name) for name in ("calls_shed", "calls_waiting"))
    concurrency = ConcurrencyLimiter(ConcurrencyLimits(running=1, waiting=2, wait_timeout=60.0, share=1.0))
    held = await concurrency.acquire("a")
    calls = [asyncio.create_task(concurrency.acquire("a")) for _ in range(2)]
    await settle()
    assert waiting() == {(): 2}
    with pytest.raises(Overloaded):
        await concurrency.acquire("a")
    assert shed() == {(): 1}
    calls[0].cancel()
    held.release()
    (await calls[1]).release()
    assert waiting() == {(): 0}
    await concurrency.acquire("a")
    with pytest.raises(Overloaded):
        await concurrency.acquire("a", 0.01)
    assert shed() == {(): 2}


async def test_a_call_knows_how_long_it_waited() -> None:
    concurrency = ConcurrencyLimiter(ConcurrencyLimits(running=1, waiting=2, wait_timeout=60.0, share=1.0))
    held = await concurrency.acquire("a")
    assert held.waited == 0.0
    call = asyncio.create_task(concurrency.acquire("a"))
    await settle()  # it waits now, however busy the machine is
    await asyncio.sleep(0.05)
    held.release()
    assert 0.04 < (await call).waited < 10


def test_the_bounds_of_one_caller_follow_its_share() -> None:
    assert (NARROW.running_per_caller, NARROW.waiting_per_caller) == (2, 3)
    tiny = ConcurrencyLimits(running=1, waiting=1, share=0.1)
    assert (tiny.running_per_caller, tiny.waiting_per_caller) == (1, 1)


@given(st.lists(st.tuples(st.sampled_from("ttttrrc"), st.sampled_from("abc"), st.integers(0, 20)), max_size=80))
async def test_bounds_hold_and_free_slots_are_used(steps: list[tuple[str, str, int]]) -> None:
    """Take, release and cancel in any order: no bound is exceeded, and no slot stays free while a caller waits."""
    concurrency, tasks = ConcurrencyLimiter(NARROW), list[tuple[str, asyncio.Task[Slot]]]()
    for step, who, which in steps:
        if step == "t":
            tasks.append((who, asyncio.create_task(concurrency.acquire(who))))
        elif tasks:
            _, task = tasks[which % len(tasks)]
            if step == "c":
                task.cancel()
            elif task.done() and not task.cancelled() and task.exception() is None:
                task.result().release()
                tasks.pop(which % len(tasks))
        await settle()
        running = Counter(who for who, task in tasks if _runs(task))
        waiting = Counter(who for who, task in tasks if not task.done())
        assert concurrency.running == running.total() <= NARROW.running
        assert concurrency.waiting == waiting.total() <= NARROW.waiting
        assert max(running.values(), default=0) <= NARROW.running_per_caller
        may_run = [name for name in waiting if running[name] < NARROW.running_per_caller]
        assert not may_run or concurrency.running == NARROW.running
    for _, task in tasks:
        task.cancel()
        with suppress(asyncio.CancelledError, Overloaded):
            (await task).release()
    assert (concurrency.running, concurrency.waiting) == (0, 0)


def _runs(task: asyncio.Task[Slot]) -> bool:
    return task.done() and not task.cancelled() and task.exception() is None
