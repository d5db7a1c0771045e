"""The change feed: announces changed resources to the subscriptions on every replica, over Redis pub/sub.

Delivery is at least once. Messages that could not be sent are sent when the store is back, and a replica that was
disconnected treats every resource as changed. A process killed between a commit and its announcement loses it.
"""

import asyncio
import json
import logging
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from typing import Final
from uuid import uuid4

from redis.exceptions import RedisError

from servicekit.core.errors import Unavailable
from servicekit.storage.redis import RedisStore

_logger = logging.getLogger(__name__)

Listener = Callable[[str | None], None]
"""Called with the URI of a changed resource, or with None if any may have changed."""

_RETRY_INTERVAL: Final = 0.5  # seconds between attempts to reach the store
_PING_INTERVAL: Final = 5.0  # seconds without a message before a ping
_TIMEOUT: Final = 1.0  # seconds to subscribe, or for the reply to a ping
_BATCH: Final = 100  # changes in one message
_MAX_UNSENT: Final = 10_000
_ANYTHING: Final = ("", "")  # replaces the unsent changes beyond _MAX_UNSENT: any resource may have changed


class ChangeFeed:
    """The change feed of one service. Announce a change after its commit.

    Args:
        service: separates services that share a store.
        store: carries changes to other replicas; None for a single process.
    """

    name = "changes"
    needed_for = ()

    def __init__(self, service: str, store: RedisStore | None) -> None:
        self._store = store
        self._channel = f"mcp:{{{service}}}:changes"
        self._listeners: dict[str, dict[object, Listener]] = defaultdict(dict)
        self._unsent: dict[tuple[str, str], None] = {}
        self._wake = asyncio.Event()
        self._first_attempt_done = asyncio.Event()
        self._connected = False
        self._origin = uuid4().hex
        self._tasks: list[asyncio.Task[None]] = []

    async def announce(self, tenant: str, uri: str) -> None:
        """Notify the listeners of `tenant` on every replica that `uri` changed. Never fails, never waits."""
        self._notify(tenant, uri)
        if self._store is None:
            return
        if len(self._unsent) >= _MAX_UNSENT:
            self._unsent = {_ANYTHING: None}
        self._unsent[tenant, uri] = None
        self._wake.set()

    def subscribe(self, tenant: str, listener: Listener) -> Callable[[], None]:
        """Call `listener` for each change of the tenant's resources. The returned function unsubscribes."""
        token = object()
        self._listeners[tenant][token] = listener

        def unsubscribe() -> None:
            listeners = self._listeners[tenant]
            listeners.pop(token, None)
            if not listeners:
                del self._listeners[tenant]

        return unsubscribe

    async def wait_for_connection(self) -> None:
        """Wait until the feed is connected, or its first attempt failed."""
        if self._store is not None:
            with suppress(TimeoutError):
                async with asyncio.timeout(_TIMEOUT):
                    await self._first_attempt_done.wait()

    async def start(self) -> None:
        """Start to connect, without waiting for the store."""
        if self._store is not None:
            self._tasks = [
                asyncio.create_task(self._receive(self._store), name="changes-receive"),
                asyncio.create_task(self._send(self._store), name="changes-send"),
            ]

    async def stop(self) -> None:
        """Send the unsent changes, if the store is available."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._store is not None:
            with suppress(Unavailable):
                await self._send_unsent(self._store)

    async def check(self) -> None:
        """Check the connection to the other replicas.

        Raises:
            Unavailable: there is none.
        """
        if self._store is not None and not self._connected:
            raise Unavailable(self.name)

    def _notify(self, tenant: str, uri: str | None) -> None:
        for listener in list(self._listeners.get(tenant, {}).values()):
            listener(uri)

    def _notify_all(self) -> None:
        for tenant in list(self._listeners):
            self._notify(tenant, None)

    async def _send(self, store: RedisStore) -> None:
        while True:
            await self._wake.wait()
            try:
                await self._send_unsent(store)
            except Unavailable:
                await asyncio.sleep(_RETRY_INTERVAL)
            else:
                self._wake.clear()

    async def _send_unsent(self, store: RedisStore) -> None:
        while batch := list(self._unsent)[:_BATCH]:
            message = json.dumps({"from": self._origin, "changed": batch})
            for change in batch:  # before sending, so that a change announced meanwhile is sent again
                self._unsent.pop(change, None)
            try:
                await store.run(store.redis.publish(self._channel, message), name="PUBLISH")
            except BaseException:
                self._unsent = {**dict.fromkeys(batch), **self._unsent}
                raise

    async def _receive(self, store: RedisStore) -> None:
        reconnecting = False
        while True:
            try:
                await self._receive_until_disconnected(store, reconnecting=reconnecting)
            except (RedisError, OSError, TimeoutError) as error:
                if self._connected or not reconnecting:
                    _logger.warning("change feed disconnected", extra={"reason": type(error).__name__})
            self._connected, reconnecting = False, True
            self._first_attempt_done.set()
            await asyncio.sleep(_RETRY_INTERVAL)

    async def _receive_until_disconnected(self, store: RedisStore, *, reconnecting: bool) -> None:
        async with store.redis.pubsub() as channel:
            async with asyncio.timeout(_TIMEOUT):
                await channel.subscribe(self._channel)
                await channel.get_message(timeout=None)  # the confirmation
            self._connected = True
            self._first_attempt_done.set()
            if reconnecting:
                self._notify_all()
            pinged = False
            while True:
                message = await channel.get_message(timeout=_PING_INTERVAL)
                if message is None:
                    if pinged:
                        raise TimeoutError
                    pinged = True
                    async with asyncio.timeout(_TIMEOUT):
                        await channel.ping()
                    continue
                pinged = False
                if message["type"] == "message":
                    self._handle(message["data"])

    def _handle(self, data: bytes) -> None:
        try:
            message = json.loads(data)
            if message["from"] == self._origin:
                return  # notified in announce
            changed = [(str(tenant), str(uri)) for tenant, uri in message["changed"]]
        except (
            ValueError,
            KeyError,
            TypeError,
            RecursionError,
        ):  # from another version of this code
            _logger.warning("invalid change feed message, every resource treated as changed")
            changed = [_ANYTHING]
        for tenant, uri in changed:
            if (tenant, uri) == _ANYTHING:
                self._notify_all()
            else:
                self._notify(tenant, uri)
