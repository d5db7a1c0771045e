"""The store that replicas share: Redis or Valkey, on a short leash, since a call must not hang on it."""

import asyncio
import time
from collections.abc import Awaitable
from typing import Final, TypeVar

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from servicekit.core.errors import Unavailable
from servicekit.settings.service import ServiceSettings
from servicekit.telemetry.spans import command_span as span_of_command

Result = TypeVar("Result")

PATIENCE: Final = 0.05
"""Seconds that one call waits for the store, whatever is wrong with it (SECURITY: a hung Redis adds at most 50 ms)."""
_TURNS: Final = 10  # of the event loop, at least, that a reply gets; a busy process takes longer over each
_AT_ONCE: Final = 8  # commands under way; a crowd that all connect at once would not be answered in time
_LEFT_ALONE: Final = 1.0  # seconds after a failure in which nobody else waits for it


class RedisStore:
    """A connection pool to the shared store. Starts without it; once it fails, calls skip it for a second.

    Args:
        url: ``redis://[user:password@]host:port/database``.
    """

    name = "store"
    essential = False
    """Reads go on without it, so its absence does not make a server unready."""

    def __init__(self, url: str) -> None:
        self.redis: Redis = Redis.from_url(
            url,
            socket_timeout=None,  # `ask` keeps the time: it knows when this process, not the store, was late
            socket_connect_timeout=None,
            retry=Retry(NoBackoff(), 0),
            health_check_interval=0,
            protocol=2,  # without the greeting of RESP3 and the client's name, a connection costs one round trip less
            driver_info=None,
        )
        self._away_until = float("-inf")
        self._concurrency = asyncio.Semaphore(_AT_ONCE)

    async def start(self) -> None:
        """Nothing: connections are opened on first use."""

    async def stop(self) -> None:
        """Close every connection."""
        await self.redis.aclose()

    async def check(self) -> None:
        """Answer when the store answers.

        Raises:
            Unavailable: it does not.
        """
        await self.ask(self.redis.ping(), even_if_away=True, name="PING")

    async def ask(self, command: Awaitable[Result], *, name: str, even_if_away: bool = False) -> Result:
        """The reply to a command, within `PATIENCE`; `name` is the command's, for its span.

        Raises:
            Unavailable: no reply in time, or the store failed less than a second ago.
        """
        if self._is_away and not even_if_away:
            _discard(command)
            raise Unavailable(self.name)
        with span_of_command(name):
            return await self._ask(command, even_if_away=even_if_away)

    async def _ask(self, command: Awaitable[Result], *, even_if_away: bool) -> Result:
        async with self._concurrency:
            if self._is_away and not even_if_away:  # it failed while this call waited for its turn
                _discard(command)
                raise Unavailable(self.name)
            try:
                reply = await _in_time(command)
            except (RedisError, OSError, TimeoutError) as error:
                self._away_until = time.monotonic() + _LEFT_ALONE
                raise Unavailable(self.name) from error
        self._away_until = float("-inf")
        return reply

    @property
    def _is_away(self) -> bool:
        return time.monotonic() < self._away_until


def redis_store(settings: ServiceSettings) -> RedisStore | None:
    """The store that the settings name; None where they name none."""
    return RedisStore(settings.redis_url.get_secret_value()) if settings.redis_url is not None else None


async def _in_time(command: Awaitable[Result]) -> Result:
    """The reply to a command within `PATIENCE`, not counting what this process was late by itself."""
    asked = asyncio.ensure_future(command)
    try:
        for _ in range(_TURNS):
            await asyncio.wait({asked}, timeout=PATIENCE / _TURNS)
            if asked.done():
                return asked.result()
        raise TimeoutError
    finally:
        asked.cancel()


def _discard(command: Awaitable[object]) -> None:
    """Drop a command that was not sent; a coroutine would warn that nobody awaited it."""
    if asyncio.iscoroutine(command):
        command.close()
