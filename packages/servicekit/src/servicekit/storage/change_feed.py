"""What changed: announced by whoever changed it, and told to the open subscriptions of every replica.

Announcements travel through the shared store, by publish and subscribe. They are told at least once: what was not sent
while the store was away is sent when it is back, and whoever could not hear in the meantime takes everything for
changed. A process that is killed between a commit and its announcement tells nobody.
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
"""Called with the URI that changed; with None when any may have."""

_AGAIN: Final = 0.5  # seconds between attempts while the store is away
_SILENCE: Final = 5.0  # seconds without a word after which the store is asked whether it is still there
_PATIENCE: Final = 1.0  # seconds for a last attempt when the server stops, and for the first one when it starts
_AT_ONCE: Final = 100  # announcements in one message
_MOST_UNSENT: Final = 10_000
_ANYTHING: Final = ("", "")  # stands for what could not all be remembered


class ChangeFeed:
    """The announcements of one service.

    Tools and adapters announce after the commit, never inside a transaction.

    Args:
        service: keeps services apart that share a store.
        store: carries announcements to other replicas; None announces within this process.
    """

    name = "changes"
    essential = False

    def __init__(self, service: str, store: RedisStore | None) -> None:
        self._store = store
        self._channel = f"mcp:{{{service}}}:changes"
        self._listeners: dict[str, dict[object, Listener]] = defaultdict(dict)
        self._unsent: dict[tuple[str, str], None] = {}
        self._wake = asyncio.Event()
        self._tried = asyncio.Event()
        self._hears = False
        self._origin = uuid4().hex
        self._tasks: list[asyncio.Task[None]] = []

    async def announce(self, tenant: str, uri: str) -> None:
        """Tell every subscription of `tenant` that what `uri` names has changed. Never fails, never waits."""
        self._tell(tenant, uri)
        if self._store is None:
            return
        if len(self._unsent) >= _MOST_UNSENT:
            self._unsent = {_ANYTHING: None}
        self._unsent[tenant, uri] = None
        self._wake.set()

    def listen(self, tenant: str, listener: Listener) -> Callable[[], None]:
        """Call `listener` for every change of a tenant's, until the returned function is called."""
        token = object()
        self._listeners[tenant][token] = listener

        def forget() -> None:
            listeners = self._listeners[tenant]
            listeners.pop(token, None)
            if not listeners:
                del self._listeners[tenant]

        return forget

    async def settled(self) -> None:
        """Return once this process hears the others, or knows that it does not."""
        if self._store is not None:
            with suppress(TimeoutError):
                async with asyncio.timeout(_PATIENCE):
                    await self._tried.wait()

    async def start(self) -> None:
        """Begin to hear the other replicas, without waiting for the store."""
        if self._store is not None:
            self._tasks = [
                asyncio.create_task(self._hear(self._store), name="changes-hear"),
                asyncio.create_task(self._send(self._store), name="changes-send"),
            ]

    async def stop(self) -> None:
        """Send what is still unsent, if the store is there."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._store is not None:
            with suppress(Unavailable):
                await self._send_unsent(self._store)

    async def check(self) -> None:
        """Answer when the other replicas can be heard.

        Raises:
            Unavailable: they cannot.
        """
        if self._store is not None and not self._hears:
            raise Unavailable(self.name)

    def _tell(self, tenant: str, uri: str | None) -> None:
        for listener in list(self._listeners.get(tenant, {}).values()):
            listener(uri)

    def _tell_everybody(self) -> None:
        for tenant in list(self._listeners):
            self._tell(tenant, None)

    async def _send(self, store: RedisStore) -> None:
        while True:
            await self._wake.wait()
            try:
                await self._send_unsent(store)
            except Unavailable:
                await asyncio.sleep(_AGAIN)
            else:
                self._wake.clear()

    async def _send_unsent(self, store: RedisStore) -> None:
        while batch := list(self._unsent)[:_AT_ONCE]:
            message = json.dumps({"from": self._origin, "changed": batch})
            for change in batch:  # before the message goes: what is announced meanwhile changed after it
                self._unsent.pop(change, None)
            try:
                await store.ask(store.redis.publish(self._channel, message), name="PUBLISH")
            except BaseException:
                self._unsent = {**dict.fromkeys(batch), **self._unsent}
                raise

    async def _hear(self, store: RedisStore) -> None:
        missed = False
        while True:
            try:
                await self._hear_until_lost(store, missed=missed)
            except (RedisError, OSError, TimeoutError) as error:
                if self._hears or not missed:
                    _logger.warning("changes of other replicas are not heard", extra={"reason": type(error).__name__})
            self._hears, missed = False, True
            self._tried.set()
            await asyncio.sleep(_AGAIN)

    async def _hear_until_lost(self, store: RedisStore, *, missed: bool) -> None:
        async with store.redis.pubsub() as channel:
            async with asyncio.timeout(_PATIENCE):
                await channel.subscribe(self._channel)
                await channel.get_message(timeout=None)  # its confirmation
            self._hears = True
            self._tried.set()
            if missed:
                self._tell_everybody()
            asked = False
            while True:
                message = await channel.get_message(timeout=_SILENCE)
                if message is None:
                    if asked:
                        raise TimeoutError
                    asked = True
                    async with asyncio.timeout(_PATIENCE):
                        await channel.ping()
                    continue
                asked = False
                if message["type"] == "message":
                    self._take(message["data"])

    def _take(self, data: bytes) -> None:
        try:
            message = json.loads(data)
            if message["from"] == self._origin:
                return  # told already
            changed = [(str(tenant), str(uri)) for tenant, uri in message["changed"]]
        except (
            ValueError,
            KeyError,
            TypeError,
            RecursionError,
        ):  # of another version of this code, or of somebody else
            _logger.warning("an announcement cannot be read, so everything counts as changed")
            changed = [_ANYTHING]
        for tenant, uri in changed:
            if (tenant, uri) == _ANYTHING:
                self._tell_everybody()
            else:
                self._tell(tenant, uri)
