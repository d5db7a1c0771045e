"""Leases in the shared store: single flight across replicas."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

from servicekit.core.errors import Unavailable
from servicekit.storage.redis.store import RedisStore

LEASE_SECONDS: Final = 2.0
"""Seconds after which the lease of a process that died expires."""

# KEYS: the lease. ARGV: the holder's token; the new lifetime in milliseconds, 0 to release it.
_SCRIPT: Final = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
if ARGV[2] == '0' then return redis.call('DEL', KEYS[1]) end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
"""


class Leases:
    """Leases in the shared store. Without a store every lease is granted, so each replica fetches for itself."""

    def __init__(self, store: RedisStore | None) -> None:
        self._store = store
        self._script: Any = store.script(_SCRIPT) if store is not None else None

    @asynccontextmanager
    async def acquire(self, key: str) -> AsyncIterator[bool]:
        """Hold and renew the lease inside the block; yields False where another replica holds it."""
        if self._store is None:
            yield True
            return
        name, token = f"{key}:lease", secrets.token_hex(8)
        try:
            command = self._store.redis.set(name, token, nx=True, px=int(LEASE_SECONDS * 1000))
            held = bool(await self._store.run(command, name="SET"))
        except Unavailable:
            yield True
            return
        if not held:
            yield False
            return
        renewal = asyncio.create_task(self._renew(name, token), name=f"lease {name}")
        try:
            yield True
        finally:
            renewal.cancel()
            with suppress(Unavailable):
                await self._store.run(self._script(keys=[name], args=[token, 0]), name="EVALSHA")

    async def _renew(self, name: str, token: str) -> None:
        while self._store is not None:
            await asyncio.sleep(LEASE_SECONDS / 3)
            with suppress(Unavailable):
                await self._store.run(
                    self._script(keys=[name], args=[token, int(LEASE_SECONDS * 1000)]), name="EVALSHA"
                )
