"""Follows failovers as soon as Sentinel announces them.

In a failover in order, the old primary takes writes from the promotion of a replica until Sentinel makes it a replica
too, some ten seconds later. Then it drops them. So commands stop just before the promotion, and connections move when
the new primary is named, instead of when the old one refuses a write.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from contextvars import Context
from typing import Any, Final

from redis.asyncio import Redis

from servicekit.storage.redis.sentinel import Primary, Sentinels
from servicekit.storage.redis.subscriber import FAILURES

_logger = logging.getLogger(__name__)

_PROMOTES: Final = "+failover-state-send-slaveof-noone"
_CHANNELS: Final = (_PROMOTES, "+promoted-slave", "+switch-master")
"""What a Sentinel announces: it promotes a replica in its next step (0.1 s), has promoted it, follows a new primary.
The leader of the failover announces the first two."""
_LONGEST: Final = 3.0
"""Seconds that a promotion may take. The leader looks once a second whether the replica is a primary."""
_INTERVAL: Final = 1.0
"""Seconds between questions without an announcement. A Sentinel may hang, or not allow to subscribe."""


class PrimaryWatch:
    """Asks Sentinels for the primary, after each announcement and once a second.

    Args:
        service: the name of the primary, as Sentinels know it.
        named: called with host and port after each answer.
    """

    def __init__(self, sentinels: Sentinels, service: str, named: Callable[[tuple[str, int]], None]) -> None:
        self._sentinels, self._service, self._named = sentinels, service, named
        self._known: Primary | None = None
        self._moving_until = float("-inf")
        self._announced = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def is_moving(self) -> bool:
        """Whether a replica is being promoted: what the primary takes now would be lost."""
        return time.monotonic() < self._moving_until

    def start(self) -> None:
        """Start the tasks that ask and listen."""
        work = [self._watch(), *map(self._listen, self._sentinels.sentinels)]
        self._tasks = [asyncio.create_task(one, name="primary-watch", context=Context()) for one in work]

    async def stop(self) -> None:
        """Cancel the tasks."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _watch(self) -> None:
        while True:
            self._announced.clear()
            with suppress(*FAILURES):  # calls report them
                async with asyncio.timeout(_INTERVAL):
                    self._understand(await self._sentinels.primary(self._service))
            with suppress(TimeoutError):
                async with asyncio.timeout(_INTERVAL):
                    await self._announced.wait()

    def _understand(self, primary: Primary) -> None:
        known = self._known or primary
        if primary.epoch < known.epoch:  # from a Sentinel that was cut off
            return
        if primary.address != known.address:
            self._moving_until = float("-inf")
        self._known = primary
        self._named(primary.address)

    async def _listen(self, sentinel: Redis) -> None:
        while True:
            with suppress(*FAILURES):
                async with sentinel.pubsub() as channel:
                    await channel.subscribe(*_CHANNELS)
                    while True:
                        self._hear(await channel.get_message(timeout=None))
            await asyncio.sleep(_INTERVAL)

    def _hear(self, message: dict[str, Any] | None) -> None:
        """Ask after each message. That of a new subscription counts too: an announcement may have been missed."""
        is_promoting = message is not None and message["channel"] == _PROMOTES.encode() and message["type"] == "message"
        if message is not None and is_promoting and self._service.encode() in message["data"].split():
            self._moving_until = time.monotonic() + _LONGEST
            _logger.warning("store fails over", extra={"service": self._service})
        self._announced.set()
