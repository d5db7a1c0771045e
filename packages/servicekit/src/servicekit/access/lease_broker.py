"""Fetches leases from the shared store, renews them in the background, and gives back what is unused."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from contextvars import Context
from typing import Final

from servicekit.access.lease_script import LEASE_SCRIPT
from servicekit.access.leases import LeaseGroup
from servicekit.core.errors import Unavailable
from servicekit.storage.redis.store import RedisStore

_SWEEP_INTERVAL: Final = 0.5
"""Seconds between looks for unused leases."""
_MAX_RENEWALS: Final = 64


class LeaseBroker:
    """Fetches leases from the store, renews them in the background and gives back what is unused.

    Args:
        clock: seconds that only grow.
    """

    def __init__(self, store: RedisStore, clock: Callable[[], float]) -> None:
        self._store = store
        self._clock = clock
        store.memory.keep("rate limits")
        self._script = store.script(LEASE_SCRIPT)
        self._held: dict[LeaseGroup, None] = {}
        self._renewals: set[asyncio.Task[None]] = set()
        self._requests: set[asyncio.Task[None]] = set()
        self._sweeper: asyncio.Task[None] | None = None
        self._closing = asyncio.Event()

    async def fetch(self, group: LeaseGroup, cost: int) -> None:
        """Lease for the calls that wait, and ahead; or learn that the budget is spent.

        The call that asks may be cancelled. What the store grants is kept all the same: it counts as spent there.

        Raises:
            Unavailable: the store is unavailable.
        """
        group.give_up_ending(cost, self._clock())
        request = asyncio.create_task(self._request(group, cost, group.waiting, ahead=True))
        self._requests.add(request)
        request.add_done_callback(self._requests.discard)
        await asyncio.shield(request)

    def renew(self, group: LeaseGroup, cost: int) -> None:
        """Renew the leases in the background; at most once at a time for each group."""
        if group.renewing or len(self._renewals) >= _MAX_RENEWALS:
            return
        group.renewing = True
        for lease in group.leases:
            lease.stop_renewing()
        task = asyncio.create_task(self._renew(group, cost), context=Context())  # outside the call's trace
        self._renewals.add(task)
        task.add_done_callback(self._renewals.discard)

    def note(self, group: LeaseGroup) -> None:
        """Look after a group that has something to give back or to report."""
        self._held[group] = None
        if self._sweeper is None or self._sweeper.done():
            self._closing = asyncio.Event()
            self._sweeper = asyncio.create_task(self._sweep(self._closing), context=Context())

    async def give_back_unused(self) -> None:
        """Give back what has ended or is unused, and report refusals. A failure loses them: they lapse."""
        now, groups = self._clock(), list(self._held)
        for lease in {lease for group in groups for lease in group.leases}:  # groups share leases
            lease.give_up_unused(now)
        for group in groups:
            await self._report(group)

    async def close(self) -> None:
        """Give back every lease."""
        self._closing.set()
        await asyncio.gather(*self._requests, return_exceptions=True)
        await asyncio.gather(*self._renewals, *([self._sweeper] if self._sweeper is not None else []))
        for group in list(self._held):
            for lease in group.leases:
                lease.give_up()
        await asyncio.gather(*(self._report(group) for group in list(self._held)))

    async def _renew(self, group: LeaseGroup, cost: int) -> None:
        try:
            with suppress(Unavailable):
                async with group.lock:
                    await self._request(group, cost, 0, ahead=True)
        finally:
            group.renewing = False

    async def _sweep(self, closing: asyncio.Event) -> None:
        while self._held and not closing.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(_SWEEP_INTERVAL):
                    await closing.wait()
            await self.give_back_unused()

    async def _report(self, group: LeaseGroup) -> None:
        if group.has_news:
            with suppress(Unavailable):
                await self._request(group, 1, 0, ahead=False)
        if group.is_empty:
            self._held.pop(group, None)

    async def _request(self, group: LeaseGroup, cost: int, calls: int, *, ahead: bool) -> None:
        sent = self._clock()
        arguments = group.take_arguments(cost, calls, sent, ahead=ahead)
        reply = await self._store.run(self._script(keys=group.keys, args=arguments), name="EVALSHA")
        group.apply([int(number) for number in reply], cost, sent, self._clock())
        self.note(group)
