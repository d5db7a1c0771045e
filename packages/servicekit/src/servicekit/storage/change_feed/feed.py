"""The change feed: announces changed resources to the subscriptions on every replica, over Redis pub/sub.

Each tenant has a channel, so that a replica receives only what its own listeners may hear. Delivery is at least once:
messages that could not be sent are sent when the store is back, and a replica that was disconnected treats every
resource as changed. A process killed between a commit and its announcement loses it.
"""

import asyncio
import json
import logging
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from typing import Final
from uuid import uuid4

from servicekit.core.errors import Unavailable
from servicekit.storage.change_feed.tenant_channels import TenantChannels
from servicekit.storage.change_feed.unsent_changes import UnsentChanges
from servicekit.storage.redis.store import RedisStore

_logger = logging.getLogger(__name__)

Listener = Callable[[str | None], None]
"""Called with the URI of a changed resource, or with None if any may have changed."""

_RETRY_INTERVAL: Final = 0.5  # seconds between attempts to send


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
        self._channels = None if store is None else TenantChannels(service, store, self._handle, self._missed)
        self._listeners: dict[str, dict[object, Listener]] = defaultdict(dict)
        self._unsent = UnsentChanges()
        self._wake = asyncio.Event()
        self._origin = uuid4().hex
        self._tasks: list[asyncio.Task[None]] = []

    async def announce(self, tenant: str, uri: str) -> None:
        """Notify the listeners of `tenant` on every replica that `uri` changed. Never fails, never waits."""
        self._notify(tenant, uri)
        if self._store is not None:
            self._unsent.add(tenant, [uri])
            self._wake.set()

    async def subscribe(self, tenant: str, listener: Listener) -> Callable[[], None]:
        """Call `listener` for each change of the tenant's resources from the return on.

        It returns once the store sends the tenant's changes. While the store is unavailable, the listener hears of the
        changes of this process; later it is called with None.

        Returns:
            A function that ends the subscription; call it once.
        """
        token = object()
        self._listeners[tenant][token] = listener

        def unsubscribe() -> None:
            listeners = self._listeners[tenant]
            del listeners[token]
            if not listeners:
                del self._listeners[tenant]
            if self._channels is not None:
                self._channels.leave(tenant)

        if self._channels is not None:
            try:
                await self._channels.join(tenant)
            except BaseException:
                unsubscribe()
                raise
        return unsubscribe

    async def start(self) -> None:
        """Start to connect, without waiting for the store."""
        if self._store is not None and self._channels is not None:
            self._tasks = [
                asyncio.create_task(self._channels.run(), name="changes-receive"),
                asyncio.create_task(self._send(self._store, self._channels), name="changes-send"),
            ]

    async def stop(self) -> None:
        """Send the unsent changes, if the store is available."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._store is not None and self._channels is not None:
            with suppress(Unavailable):
                await self._send_unsent(self._store, self._channels)

    async def check(self) -> None:
        """Check the connection to the other replicas.

        Raises:
            Unavailable: there is none.
        """
        if self._channels is not None and not self._channels.is_connected:
            raise Unavailable(self.name)

    def _notify(self, tenant: str, uri: str | None) -> None:
        for listener in list(self._listeners.get(tenant, {}).values()):
            listener(uri)

    def _missed(self, tenant: str) -> None:
        self._notify(tenant, None)

    async def _send(self, store: RedisStore, channels: TenantChannels) -> None:
        while True:
            await self._wake.wait()
            try:
                await self._send_unsent(store, channels)
            except Unavailable:
                await asyncio.sleep(_RETRY_INTERVAL)
            else:
                self._wake.clear()

    async def _send_unsent(self, store: RedisStore, channels: TenantChannels) -> None:
        while self._unsent:
            # Taken before sending, so that a change announced meanwhile is sent again.
            tenant, uris = self._unsent.take()
            message = json.dumps({"from": self._origin, "tenant": tenant, "changed": uris})
            try:
                await store.run(store.publish(channels.name_of(tenant), message), name="PUBLISH")
            except BaseException:
                self._unsent.add(tenant, uris)
                raise

    def _handle(self, data: bytes) -> None:
        try:
            message = json.loads(data)
            if message["from"] == self._origin:
                return  # notified in announce
            tenant, changed = str(message["tenant"]), message["changed"]
            uris = [None] if changed is None else [str(uri) for uri in changed]
        except (ValueError, KeyError, TypeError, RecursionError):  # from another version of this code
            _logger.warning("invalid change feed message, every resource treated as changed")
            for known in list(self._listeners):
                self._notify(known, None)
            return
        for uri in uris:
            self._notify(tenant, uri)
