"""The channels of the tenants that have listeners in this process, so that it receives the messages of no other tenant.

A channel is joined for a tenant's first listener, and left some time after the last one, so that a client that opens
its stream again finds it joined. What was published while the connection was lost is unknown: then any resource of the
joined tenants may have changed.
"""

import asyncio
import hashlib
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import takewhile
from typing import Final

from servicekit.core.errors import Unavailable
from servicekit.storage.redis.store import RedisStore
from servicekit.storage.redis.subscriber import Subscriber

_logger = logging.getLogger(__name__)

_RETRY_INTERVAL: Final = 0.5  # seconds between attempts to reach the store
_TIMEOUT: Final = 1.0  # seconds until subscriptions are confirmed
_GRACE: Final = 60.0  # seconds for which a channel without listeners stays joined
_JOINED_AT_ONCE: Final = 100  # channels of one command and one `_TIMEOUT`


class _Membership:
    """One tenant's channel."""

    def __init__(self) -> None:
        self.listeners = 0
        self.leave_at = 0.0
        """The event loop's time at which it is left, while it has no listeners."""
        self.is_joined = False
        self.is_overdue = False
        """A listener did not wait any longer, so it may have missed a change."""
        self.decided = asyncio.Event()
        """The channel is joined, or the store cannot be reached at present."""


class TenantChannels:
    """The joined channels of one service in one process.

    Args:
        service: separates services that share a store.
        received: called with each message.
        missed: called with a tenant whose messages may have been missed.
    """

    def __init__(
        self, service: str, store: RedisStore, received: Callable[[bytes], None], missed: Callable[[str], None]
    ) -> None:
        self._service, self._store = service, store
        self._received, self._missed = received, missed
        self._members: dict[str, _Membership] = {}
        self._new: dict[str, None] = {}
        self._idle: dict[str, None] = {}  # in the order in which they are left
        self._wake = asyncio.Event()
        self._is_reachable = True  # until an attempt fails
        self._was_connected = False
        self.is_connected = False

    def name_of(self, tenant: str) -> str:
        """The name of a tenant's channel. On a Cluster, the part in braces spreads the channels over the nodes."""
        digest = hashlib.sha256(f"{self._service}\x1f{tenant}".encode()).hexdigest()[:32]
        return f"mcp:{{{self._service}:{digest}}}:changes"

    async def join(self, tenant: str) -> None:
        """Add a listener, and wait until its channel is joined, or until that takes too long.

        In the latter case `missed` is called once it is joined. Each `join` needs one `leave`, also a cancelled one.
        """
        member = self._members.get(tenant)
        if member is None:
            member = self._members[tenant] = _Membership()
            self._new[tenant] = None
            self._wake.set()
        member.listeners += 1
        self._idle.pop(tenant, None)
        if not member.is_joined and self._is_reachable:
            with suppress(TimeoutError):
                async with asyncio.timeout(_TIMEOUT):
                    await member.decided.wait()
        member.is_overdue |= not member.is_joined

    def leave(self, tenant: str) -> None:
        """Remove a listener."""
        member = self._members[tenant]
        member.listeners -= 1
        if not member.listeners:
            member.leave_at = asyncio.get_running_loop().time() + _GRACE
            self._idle[tenant] = None
            self._wake.set()

    async def run(self) -> None:
        """Stay connected, until cancelled."""
        while True:
            try:
                await self._connect()
            except (Unavailable, TimeoutError) as error:
                if self._is_reachable:
                    _logger.warning("change feed disconnected", extra={"reason": type(error).__name__})
            self.is_connected = self._is_reachable = False
            for member in self._members.values():
                member.is_joined = False
                member.decided.set()
            await asyncio.sleep(_RETRY_INTERVAL)

    async def _connect(self) -> None:
        """Join the channels of all tenants, then receive until the connection is lost."""
        async with self._store.subscriber() as subscriber:
            # A channel without messages keeps the connection, and so its health, while no tenant listens.
            await _subscribe(subscriber, [f"mcp:{{{self._service}}}:changes"])
            self._new = dict.fromkeys(self._members)
            await self._join_new(subscriber, missed=self._was_connected)
            self.is_connected = self._is_reachable = self._was_connected = True
            tasks = [asyncio.create_task(work(subscriber)) for work in (self._receive, self._follow)]
            try:
                await asyncio.gather(*tasks)
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

    async def _receive(self, subscriber: Subscriber) -> None:
        while True:
            self._received(await subscriber.get())

    async def _follow(self, subscriber: Subscriber) -> None:
        """Join and leave channels as listeners come and go."""
        while True:
            self._wake.clear()
            await self._join_new(subscriber, missed=False)
            await self._leave_idle(subscriber)
            until = next((self._members[tenant].leave_at for tenant in self._idle), None)
            with suppress(TimeoutError):
                async with asyncio.timeout_at(until):
                    await self._wake.wait()

    async def _join_new(self, subscriber: Subscriber, *, missed: bool) -> None:
        while batch := list(self._new)[:_JOINED_AT_ONCE]:
            for tenant in batch:
                del self._new[tenant]
            await _subscribe(subscriber, [self.name_of(tenant) for tenant in batch])
            for tenant in batch:
                member = self._members[tenant]
                member.is_joined = True
                member.decided.set()
                if missed or member.is_overdue:
                    member.is_overdue = False
                    self._missed(tenant)

    async def _leave_idle(self, subscriber: Subscriber) -> None:
        now = asyncio.get_running_loop().time()
        left = list(takewhile(lambda tenant: self._members[tenant].leave_at <= now, self._idle))
        for tenant in left:
            del self._idle[tenant], self._members[tenant]
        if left:
            async with asyncio.timeout(_TIMEOUT):
                await subscriber.unsubscribe(*(self.name_of(tenant) for tenant in left))


async def _subscribe(subscriber: Subscriber, channels: Sequence[str]) -> None:
    async with asyncio.timeout(_TIMEOUT):
        await subscriber.subscribe(*channels)
