"""The shared store of the replicas, Redis or Valkey, with a short timeout and a pause after a failure."""

import asyncio
import time
from collections.abc import Awaitable
from contextlib import suppress
from types import TracebackType
from typing import Any, Final, TypeVar

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from servicekit.core.errors import Unavailable
from servicekit.settings.service import ServiceSettings
from servicekit.storage.store_memory import StoreMemory
from servicekit.telemetry.spans import command_span

Result = TypeVar("Result")

REPLY_TIMEOUT: Final = 0.05
"""Seconds that a command waits for its reply, so that a hung Redis delays a call by at most 50 ms."""
_SLICES: Final = 10  # the timeout counts in slices, so that a delay of the event loop uses up only one
_MAX_CONCURRENT: Final = 8  # commands; more would have to open connections, which takes too long
_PAUSE: Final = 1.0  # seconds after a failure in which commands fail at once


class RedisStore:
    """A connection pool to the shared store, which may be unavailable at start. After a failure it pauses for a second.

    Args:
        url: ``redis://[user:password@]host:port/database``.
    """

    name = "store"
    essential = False
    """Reads work without the store."""

    def __init__(self, url: str) -> None:
        self.redis: Redis = Redis.from_url(
            url,
            socket_timeout=None,  # `run` has its own timeout, which excludes delays of this process
            socket_connect_timeout=None,
            retry=Retry(NoBackoff(), 0),
            health_check_interval=0,
            protocol=2,  # without RESP3's HELLO and the client's name, connecting takes one round trip less
            driver_info=None,
        )
        self.memory: Final = StoreMemory(self)
        self._paused_until = float("-inf")
        self._concurrency = asyncio.Semaphore(_MAX_CONCURRENT)

    @property
    def warning(self) -> str | None:
        """What an operator should know, for the health page."""
        return self.memory.warning

    async def start(self) -> None:
        """Ask whether the store evicts records. It may be unavailable."""
        with suppress(Unavailable):
            await self.memory.look()

    async def stop(self) -> None:
        """Close every connection."""
        await self.redis.aclose()

    async def check(self) -> None:
        """Ping the store, and ask once whether it evicts records.

        Raises:
            Unavailable: no reply in time.
        """
        await self.run(self.redis.ping(), skip_pause=True, name="PING")
        await self.memory.look()

    async def run(self, command: Awaitable[Result], *, name: str, skip_pause: bool = False) -> Result:
        """Run a command and return its reply.

        Args:
            name: the command's name, for its span.
            skip_pause: try even right after a failure.

        Raises:
            Unavailable: no reply in time, or the store failed less than a second ago.
        """
        if self._is_paused and not skip_pause:
            _close(command)
            raise Unavailable(self.name)
        with command_span(name):
            return await self._run(command, skip_pause=skip_pause)

    async def _run(self, command: Awaitable[Result], *, skip_pause: bool) -> Result:
        try:
            await self._concurrency.acquire()
        except asyncio.CancelledError:
            _close(command)
            raise
        try:
            if self._is_paused and not skip_pause:  # failed while this command waited
                _close(command)
                raise Unavailable(self.name)
            try:
                with _ReplyTimeout():
                    reply = await command
            except (RedisError, OSError, TimeoutError) as error:
                self._paused_until = time.monotonic() + _PAUSE
                raise Unavailable(self.name) from error
        finally:
            self._concurrency.release()
        self._paused_until = float("-inf")
        return reply

    @property
    def _is_paused(self) -> bool:
        return time.monotonic() < self._paused_until


def redis_store(settings: ServiceSettings) -> RedisStore | None:
    """The store at `redis_url`; None without one."""
    return RedisStore(settings.redis_url.get_secret_value()) if settings.redis_url is not None else None


class _ReplyTimeout:
    """A block that ends with `TimeoutError` after `REPLY_TIMEOUT`, without delays of this process.

    The command runs in the caller's task: a task of its own, as `asyncio.wait` needs, costs more than the command.
    """

    __slots__ = ("_cancelling", "_is_over", "_left", "_task", "_timer")

    def __enter__(self) -> None:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a command runs in a task")
        self._task: asyncio.Task[Any] = task
        self._cancelling, self._is_over, self._left = task.cancelling(), False, _SLICES
        self._timer = task.get_loop().call_later(REPLY_TIMEOUT / _SLICES, self._tick)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._timer.cancel()
        is_own = self._is_over and self._task.uncancel() <= self._cancelling
        if is_own and kind is not None and issubclass(kind, asyncio.CancelledError):
            raise TimeoutError from error

    def _tick(self) -> None:
        self._left -= 1
        if self._left:
            self._timer = self._task.get_loop().call_later(REPLY_TIMEOUT / _SLICES, self._tick)
        else:
            self._is_over = True
            self._task.cancel()


def _close(command: Awaitable[object]) -> None:
    """Close a coroutine that will not run, which would otherwise warn that it was never awaited."""
    if asyncio.iscoroutine(command):
        command.close()
