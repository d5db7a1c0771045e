"""What the broker of leases does in the background ends: renewals, reports and a stop."""

import asyncio
from collections.abc import Awaitable
from typing import Any

import anyio
import anyio.lowlevel
import pytest

from servicekit.access import lease_broker
from servicekit.storage.redis.store import Result

from .fleet import CountedStore, Fleet, admitted, at_once, limits, several


async def given_back(fleet: Fleet) -> None:
    """After everything is given back and reported; a renewal may have been on its way."""
    for _ in range(4):
        await fleet.limiters[0].give_back_unused()


async def test_no_request_is_made_once_all_is_given_back(valkey_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease_broker, "_SWEEP_INTERVAL", 60.0)
    async with Fleet(valkey_url) as fleet:
        await several(fleet, 20, limits(subject=1000))
        await fleet.burst(10, limits(subject=5), tool="other")
        await given_back(fleet)
        before = fleet.replies
        await given_back(fleet)
        assert fleet.replies == before


async def test_the_background_task_ends_when_nothing_is_held(valkey_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease_broker, "_SWEEP_INTERVAL", 0.01)
    others = asyncio.all_tasks()
    async with Fleet(valkey_url) as fleet:
        await several(fleet, 20, limits(subject=1000))
        await fleet.burst(10, limits(subject=5), tool="other")
        with anyio.fail_after(5):
            while asyncio.all_tasks() > others:  # noqa: ASYNC110 - tasks tell no event
                await anyio.sleep(0.01)
        await fleet.admit(limits(subject=1000))
        assert asyncio.all_tasks() > others, "a new lease is looked after again"


async def test_a_stop_does_not_wait_for_the_next_look(valkey_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease_broker, "_SWEEP_INTERVAL", 600.0)
    async with Fleet(valkey_url) as fleet:
        await several(fleet, 20, limits(subject=1000))
        with anyio.fail_after(5):
            await fleet.limiters[0].close()
        assert await fleet.spent(":caller") == 20


async def test_what_a_client_has_left_counts_its_leases(valkey_url: str) -> None:
    async with Fleet(valkey_url) as fleet:
        allowed = limits(subject=1000).for_client(500, None)
        left = [(decision.limit, decision.remaining) for decision in [await fleet.admit(allowed) for _ in range(50)]]
    assert left == [(500, 499 - number) for number in range(50)]


async def test_refusals_are_reported_once(valkey_url: str) -> None:
    async with Fleet(valkey_url, 2) as fleet:
        await fleet.burst(3, limits(subject=3), at=0)
        for _ in range(4):
            assert (await fleet.admit(limits(subject=3), at=0)).exceeded == "caller"
        await given_back(fleet)
        (key,) = [key for key in await fleet.keys() if key.endswith(":refused")]
        assert int(await fleet.redis.get(key) or 0) == 4
        for _ in range(3):
            await fleet.admit(limits(subject=3), at=0)
        await given_back(fleet)
        assert int(await fleet.redis.get(key) or 0) == 7


async def test_an_ended_lease_is_given_back_with_the_next_request(
    valkey_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lease_broker, "_SWEEP_INTERVAL", 600.0)
    async with Fleet(valkey_url) as fleet:
        assert await several(fleet, 40, limits(subject=1000)) == 40
        assert await fleet.spent(":caller") > 40
        await fleet.move(3)  # leases end with their slot
        assert admitted(await fleet.burst(1500, limits(subject=1000))) == 960


async def test_a_dear_call_gives_back_what_it_cannot_use(valkey_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease_broker, "_SWEEP_INTERVAL", 600.0)
    async with Fleet(valkey_url, 2) as fleet:
        used = sum([await several(fleet, 1, limits(tool=100), cost=3, at=number % 2) for number in range(60)])
    assert used == 33


async def test_renewals_that_ended_make_room_for_others(valkey_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease_broker, "_MAX_RENEWALS", 2)  # one for the subject, and one for the server
    async with Fleet(valkey_url) as fleet:
        for number in range(400):
            decision = fleet.admit(limits())
            assert (await decision if number < 100 else at_once(decision)).exceeded is None
            await anyio.sleep(0.001)


async def test_calls_that_wait_share_a_request(valkey_url: str) -> None:
    async with Fleet(valkey_url) as fleet:
        for _ in range(3):
            before = fleet.replies
            await fleet.burst(20, limits(63, 63, 63))
            assert fleet.replies - before < 16  # of 20 calls


async def test_a_small_budget_is_asked_once_for_a_call(valkey_url: str) -> None:
    async with Fleet(valkey_url) as fleet:
        for _ in range(30):
            await fleet.admit(limits(subject=30))
            await anyio.sleep(0.001)  # what runs in the background
        assert fleet.replies < 45


async def test_one_request_at_a_time_renews_a_lease(valkey_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, released, asking = 0, asyncio.Event(), CountedStore.run

    async def slow(store: CountedStore, command: Awaitable[Result], **options: Any) -> Result:
        nonlocal asked
        asked += 1
        await released.wait()
        return await asking(store, command, **options)

    async with Fleet(valkey_url) as fleet:
        allowed = limits(subject=6000)
        while fleet.replies < 3 or not await _covered(fleet):
            await fleet.admit(allowed)
            await anyio.lowlevel.checkpoint()
        monkeypatch.setattr(CountedStore, "run", slow)
        await fleet.move(2.3)  # a lease is renewed just before it ends
        for _ in range(3):
            at_once(fleet.admit(allowed))
            await anyio.lowlevel.checkpoint()
        released.set()
        assert asked <= 2, "one for the subject, and one for the server"


async def _covered(fleet: Fleet) -> bool:
    """Whether enough is leased for some calls."""
    (key,) = [key for key in await fleet.keys() if key.endswith(":caller")]
    return sum(int(amount) for amount in await fleet.redis.hvals(key)) > 40
