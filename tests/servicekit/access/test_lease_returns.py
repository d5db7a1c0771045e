"""Leased calls that no call uses go back to the store, and those of a process that is gone lapse."""

import anyio
import pytest

from servicekit.access import rate_limit
from servicekit.testing.service import caller

from .fleet import BOB, LATE, Fleet, admitted, at_once, limits, several, until


async def test_an_unused_lease_is_given_back(valkey_url: str) -> None:
    async with Fleet(valkey_url) as fleet:
        await several(fleet, 20, limits(subject=1000))
        assert await fleet.spent(":caller") > 20
        await fleet.limiters[0].give_back_unused()
        await fleet.limiters[0].give_back_unused()
        assert [await fleet.spent(name) for name in (":caller", ":tool:t", ":server")] == [20, 20, 20]


async def test_a_used_lease_is_kept_until_it_ends(valkey_url: str) -> None:
    async with Fleet(valkey_url) as fleet:
        await several(fleet, 20, limits(subject=1000))
        for _ in range(3):
            await fleet.limiters[0].give_back_unused()
            assert at_once(fleet.admit(limits(subject=1000))).exceeded is None
        await fleet.move(2.6)
        for _ in range(3):  # a renewal may have been on its way, and its lease is seen unused at the second look
            await fleet.limiters[0].give_back_unused()
        assert await fleet.spent(":caller") == 23


async def test_unused_leases_are_given_back_in_the_background(valkey_url: str) -> None:
    async with Fleet(valkey_url) as fleet:
        await several(fleet, 20, limits(subject=1000))

        async def given_back() -> bool:
            return await fleet.spent(":caller") == 20

        await until(given_back)


async def test_a_stopped_limiter_gives_back_every_lease(valkey_url: str) -> None:
    async with Fleet(valkey_url, 2) as fleet:
        for number in range(50):
            await several(fleet, 10, limits(tenant_share=0.1), who=caller(subject=f"subject {number}"))
        await fleet.limiters[0].close()
        assert await fleet.spent(":server") == 500
        for key in await fleet.keys():
            if key.endswith((":caller", ":tool:t")):
                assert await fleet.spent(key) == 10


async def test_the_lease_of_a_crashed_process_lapses(valkey_url: str) -> None:
    allowed = limits(subject=1000)
    async with Fleet(valkey_url, 2) as fleet:
        used = await several(fleet, 33, allowed)
        fleet.stores[0].crash()
        others = admitted(await fleet.burst(1200, allowed, at=1))
        assert 1000 - 1000 // 32 <= used + others < 1000
        await fleet.move(LATE)
        assert admitted(await fleet.burst(1200, allowed, at=1)) == 1000


async def test_a_cancelled_call_leaves_its_lease_to_others(valkey_url: str) -> None:
    async with Fleet(valkey_url) as fleet:
        with anyio.move_on_after(0):
            await fleet.admit(limits(subject=1))
        assert (await fleet.admit(limits(subject=2))).exceeded is None


async def test_an_evicted_subject_gives_back_its_lease(valkey_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_limit, "_MAX_SUBJECTS", 1)
    async with Fleet(valkey_url) as fleet:
        assert await several(fleet, 20, limits(tool=200)) == 20
        await several(fleet, 1, limits(tool=200), who=BOB)
        for _ in range(100):  # a renewal may still be on its way
            await fleet.limiters[0].give_back_unused()
            leased = [await fleet.spent(key) for key in await fleet.keys() if key.endswith(":tool:t")]
            if sum(leased) == 21:
                break
        assert sorted(leased) == [1, 20]
        assert await fleet.spent(":server") == 21
        assert await several(fleet, 200, limits(tool=200)) == 180
