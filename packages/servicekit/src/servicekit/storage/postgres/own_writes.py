"""How far a replica must have replayed, so that a caller reads its own writes.

After a commit the writer asks for the position in the write-ahead log (LSN), and keeps it for the caller: one user of
one tenant, through any client. It is kept for a minute in the shared store, for every process, and in this process. A
read of the caller goes to a replica that has replayed the position, else to the primary.

Without a shared store a process knows its own writes only. While the store is unavailable, and until every process had
time to send what it could not, each caller may have written: the primary serves its reads, and the replica only where
the primary is away too.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from contextvars import Context
from hashlib import blake2b
from typing import Any, Final

from servicekit.core.caller import current_caller
from servicekit.core.errors import Unavailable
from servicekit.storage.postgres.errors import DRIVER_ERRORS
from servicekit.storage.redis.store import RedisStore

UNKNOWN: Final = 2**64 - 1
"""A position that no replica reaches: the caller may have written, and how much is unknown."""
POSITION: Final = (
    "SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_insert_lsn() END"
)
"""What a standby has replayed, or a primary has written, as a number."""
LIFETIME: Final = 60.0
"""Seconds for which a position is kept. A replica that is further behind serves no reads (`REPLICA_MAX_LAG`)."""

_POSITION_TIMEOUT: Final = 1.0  # seconds
_RETRY_INTERVAL: Final = 0.5  # seconds between attempts to send what the store did not take
_SETTLING: Final = 2.0  # seconds after a failure of the store in which others may not have sent their positions yet
_MAX_CALLERS: Final = 10_000  # in this process
# Positions have a fixed length, so that they compare as text. The later of two concurrent writes may arrive first.
_KEEP: Final = """
local known = redis.call('GET', KEYS[1])
local latest = ARGV[1]
if known and known > latest then latest = known end
redis.call('SET', KEYS[1], latest, 'PX', ARGV[2])
"""


class OwnWrites:
    """The positions of the callers that wrote in the last minute.

    Args:
        service: separates services that share a store.
        store: shares the positions with other processes; None for a single process.
        clock: seconds of a monotonic clock.
    """

    def __init__(self, service: str, store: RedisStore | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._prefix = f"mcp:{service}:written:"
        self._store = store
        if store is not None:
            store.memory.keep("positions of own writes")
        self._clock = clock
        self._own: OrderedDict[str, tuple[int, float]] = OrderedDict()
        self._floor = (0, float("-inf"))
        """The position for callers that are no longer in `_own`, and until when it holds."""
        self._unsent: set[str] = set()
        self._sending: asyncio.Task[None] | None = None
        self._failed_at = float("-inf")

    async def committed(self, connection: Any | None) -> None:
        """Keep the position of the caller's commit, which `connection` just made. Never fails: the write is done.

        Args:
            connection: None where it was lost, and the commit may have been made or not.
        """
        position: int | None = None
        if connection is not None:
            with suppress(*DRIVER_ERRORS):
                position = await connection.fetchval(POSITION, timeout=_POSITION_TIMEOUT)
        await self.note(UNKNOWN if position is None else position)

    async def note(self, position: int) -> None:
        """Keep a position for the current caller, if there is one."""
        key = self._key()
        if key is None:
            return
        self._remember(key, position)
        if self._store is not None and not await self._send(self._store, key):
            self._send_later(self._store)

    async def required(self) -> int:
        """The position that a replica must have replayed for the current caller: 0 for any replica."""
        key = self._key()
        if key is None:
            return 0
        now = self._clock()
        floor, until = self._floor
        own, expires = self._own.get(key, (floor, until))
        own = own if expires > now else 0
        if self._store is None or own == UNKNOWN:
            return own
        try:
            kept = await self._store.run(self._store.redis.get(self._prefix + key), name="GET")
        except Unavailable:
            self._store_failed()
            return UNKNOWN
        if now - self._failed_at < _SETTLING:
            return UNKNOWN
        return max(own, int(kept, 16) if kept else 0)

    async def stop(self) -> None:
        """Stop sending."""
        if self._sending is not None:
            self._sending.cancel()
            with suppress(asyncio.CancelledError):
                await self._sending

    def _key(self) -> str | None:
        """A hash of tenant and subject; None outside a call."""
        try:
            caller = current_caller()
        except LookupError:
            return None
        return blake2b(f"{caller.tenant or ''}\x1f{caller.subject}".encode(), digest_size=16).hexdigest()

    def _remember(self, key: str, position: int) -> None:
        now = self._clock()
        known, expires = self._own.pop(key, (0, 0.0))
        self._own[key] = (max(position, known if expires > now else 0), now + LIFETIME)
        while self._own and (len(self._own) > _MAX_CALLERS or self._oldest[1] <= now):
            forgotten, (position, expires) = self._own.popitem(last=False)
            self._unsent.discard(forgotten)
            if expires > now:
                floor, until = self._floor
                self._floor = (max(position, floor if until > now else 0), max(expires, until))

    @property
    def _oldest(self) -> tuple[int, float]:
        return next(iter(self._own.values()))

    async def _send(self, store: RedisStore, key: str) -> bool:
        """Whether the store took the caller's position."""
        position, expires = self._own.get(key, (0, 0.0))
        left = int((expires - self._clock()) * 1000)
        if left <= 0:
            return True
        command = store.redis.eval(_KEEP, 1, self._prefix + key, f"{position:016x}", str(left))
        try:
            await store.run(command, name="EVAL")
        except Unavailable:
            self._store_failed()
            return False
        return True

    def _store_failed(self) -> None:
        """The store may come back without what it held: send all of it again."""
        self._failed_at = self._clock()
        self._unsent.update(self._own)
        if self._store is not None:
            self._send_later(self._store)

    def _send_later(self, store: RedisStore) -> None:
        if self._unsent and (self._sending is None or self._sending.done()):
            self._sending = asyncio.create_task(self._send_unsent(store), name="own writes", context=Context())

    async def _send_unsent(self, store: RedisStore) -> None:
        while self._unsent:
            await asyncio.sleep(_RETRY_INTERVAL)
            for key in list(self._unsent):
                if not await self._send(store, key):
                    break
                self._unsent.discard(key)
