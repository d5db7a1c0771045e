"""Receives what is published on channels: from one server, or on a Cluster from the node that has the channel's slot.

Sharded channels (SSUBSCRIBE) stay on that node, plain ones on a Cluster are sent to all of its nodes.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Final, Protocol, Self

from redis.exceptions import ConnectionError as Disconnected
from redis.exceptions import RedisClusterException, RedisError

from servicekit.core.errors import Unavailable

_PING_INTERVAL: Final = 5.0  # seconds without a message before a ping
_PONG_TIMEOUT: Final = 1.0  # seconds
FAILURES: Final = (RedisError, RedisClusterException, OSError)
"""What redis-py raises. `TimeoutError` is an `OSError`."""


class Moved(Disconnected):
    """A channel is at another server now. The store works."""


class Source(Protocol):
    """Where channels are.

    Attributes:
        moved: called when another server has them.
    """

    moved: set[Callable[[], None]]

    async def prepare(self) -> None:
        """Learn which server has which channel, since that may have changed."""
        ...

    async def server_of(self, channel: str) -> str:
        """The name of the server that has a channel."""
        ...

    def pubsub(self, server: str) -> Any:
        """redis-py's subscription at a server, on a connection of its own."""
        ...


class Subscriber:
    """The subscriptions of one process, over one connection to each server that has a channel.

    Any failure ends it: each method raises, and what was published meanwhile may be lost. A channel that moved to
    another server is a failure too. Then leave its block and begin again with a new one.

    Args:
        failed: called with each error, to log its cause.
        sharded: the store is a Cluster.
    """

    def __init__(self, source: Source, failed: Callable[[Exception], Unavailable], *, sharded: bool) -> None:
        self._source, self._failed, self._sharded = source, failed, sharded
        self._receivers: dict[str, _Receiver] = {}
        self._received: asyncio.Queue[bytes | Exception] = asyncio.Queue()

    async def __aenter__(self) -> Self:
        try:
            await self._source.prepare()
        except FAILURES as error:
            raise self._failed(error) from error
        self._source.moved.add(self._moved)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._source.moved.discard(self._moved)
        await asyncio.gather(*(receiver.close() for receiver in self._receivers.values()))

    async def subscribe(self, *channels: str) -> None:
        """Subscribe, and wait for the confirmations. It has no timeout of its own.

        Raises:
            Unavailable: a server cannot be reached, or refuses.
        """
        confirmations: list[asyncio.Future[None]] = []
        try:
            for channel in channels:
                server = await self._source.server_of(channel)
                if server not in self._receivers:
                    pubsub = self._source.pubsub(server)
                    self._receivers[server] = _Receiver(pubsub, self._received, sharded=self._sharded)
                confirmations.append(await self._receivers[server].subscribe(channel))
            await asyncio.gather(*confirmations)  # of all together, so that many channels take one round trip
        except FAILURES as error:
            raise self._failed(error) from error

    async def unsubscribe(self, *channels: str) -> None:
        """End subscriptions. A message on its way may still come.

        Raises:
            Unavailable: a connection is lost.
        """
        try:
            for channel in channels:
                for receiver in self._receivers.values():
                    await receiver.unsubscribe(channel)
        except FAILURES as error:
            raise self._failed(error) from error

    async def get(self) -> bytes:
        """The next message, of any channel.

        Raises:
            Unavailable: a connection is lost.
        """
        item = await self._received.get()
        if isinstance(item, Exception):
            raise self._failed(item) from item
        return item

    def _moved(self) -> None:
        self._received.put_nowait(Moved("another server is the primary"))


class _Receiver:
    """One connection, and the task that reads it."""

    def __init__(self, pubsub: Any, received: "asyncio.Queue[bytes | Exception]", *, sharded: bool) -> None:
        self._pubsub = pubsub
        self._received, self._sharded = received, sharded
        self._confirmations: dict[str, asyncio.Future[None]] = {}
        self._channels: set[str] = set()
        self._reader: asyncio.Task[None] | None = None

    async def subscribe(self, channel: str) -> asyncio.Future[None]:
        """Ask for a channel; the future is done once the server confirms."""
        confirmed = self._confirmations[channel] = asyncio.get_running_loop().create_future()
        await (self._pubsub.ssubscribe if self._sharded else self._pubsub.subscribe)(channel)
        self._channels.add(channel)
        if self._reader is None:
            self._reader = asyncio.create_task(self._read(), name="store-subscriber")
        return confirmed

    async def unsubscribe(self, channel: str) -> None:
        if channel in self._channels:
            self._channels.discard(channel)
            await (self._pubsub.sunsubscribe if self._sharded else self._pubsub.unsubscribe)(channel)

    async def close(self) -> None:
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.gather(self._reader, return_exceptions=True)
        await self._pubsub.aclose()

    async def _read(self) -> None:
        try:
            while True:
                await self._read_one()
        except FAILURES as error:
            self._received.put_nowait(error)
            for confirmation in self._confirmations.values():
                if not confirmation.done():
                    confirmation.set_exception(error)

    async def _read_one(self) -> None:
        message = await self._pubsub.get_message(timeout=_PING_INTERVAL)
        if message is None and self._pubsub.subscribed:
            await self._pubsub.ping()
            message = await self._pubsub.get_message(timeout=_PONG_TIMEOUT)
            if message is None:
                raise TimeoutError
        if message is not None:
            self._handle(message)

    def _handle(self, message: dict[str, Any]) -> None:
        kind = message["type"]
        if kind in ("message", "smessage"):
            self._received.put_nowait(message["data"])
        elif kind in ("subscribe", "ssubscribe"):
            confirmed = self._confirmations.pop(message["channel"].decode(), None)
            if confirmed is not None and not confirmed.done():
                confirmed.set_result(None)
        elif kind == "sunsubscribe" and message["channel"].decode() in self._channels:
            raise Moved("the channel moved to another node")
