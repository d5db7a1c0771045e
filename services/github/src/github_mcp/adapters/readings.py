"""Records which private repositories a caller has read, in the store that all replicas share."""

import time
from collections import OrderedDict
from datetime import UTC, datetime
from typing import Final

from github_mcp.ports import Readings
from servicekit.core import Unavailable, current_caller
from servicekit.journal.store_epoch import StoreEpoch
from servicekit.storage.redis import RedisStore

REMEMBERED: Final = 24 * 3600
"""Seconds after the last reading during which writes to public repositories need confirmation."""
_MOST_NAMES: Final = 50
_MOST_CALLERS: Final = 10_000
_PREFIX: Final = "mcp:{github}:private-readings"


class StoredReadings:
    """Keeps readings in the shared store, and in this process during a store outage.

    Args:
        store: None for a single process.
        epoch: tells whether the store lost its records.
    """

    def __init__(self, store: RedisStore | None, epoch: StoreEpoch | None = None) -> None:
        self._store = store
        self._epoch = epoch or (StoreEpoch("github", store) if store is not None else None)
        self._own: OrderedDict[str, dict[str, float]] = OrderedDict()

    async def note(self, full_name: str) -> None:
        """Record that the current caller reads from this private repository."""
        caller = current_caller().key
        now = time.time()
        names = self._own.setdefault(caller, {})
        fresh = names.get(full_name, 0.0) > now + REMEMBERED - 60
        names[full_name] = now + REMEMBERED
        self._own.move_to_end(caller)
        if len(names) > _MOST_NAMES:
            names.pop(min(names, key=lambda name: names[name]))
        if len(self._own) > _MOST_CALLERS:
            self._own.popitem(last=False)
        if self._store is None or fresh:
            return
        commands = self._store.redis.pipeline(transaction=False)
        key = f"{_PREFIX}:{caller}"
        commands.zadd(key, {full_name: now + REMEMBERED})
        commands.zremrangebyrank(key, 0, -_MOST_NAMES - 1)
        commands.expire(key, REMEMBERED)
        try:
            await self._store.run(commands.execute(), name="ZADD")
        except Unavailable:
            names[full_name] = now + REMEMBERED - 60  # so that the next reading is written to the store

    async def of_caller(self) -> Readings:
        """What the current caller has read recently, as far as it is known.

        Raises:
            Unavailable: the store does not answer.
        """
        caller = current_caller().key
        now = time.time()
        found = {name for name, until in self._own.get(caller, {}).items() if until > now}
        if self._store is None or self._epoch is None:
            return Readings(sorted(found))
        commands = self._store.redis.pipeline(transaction=False)
        commands.zrangebyscore(f"{_PREFIX}:{caller}", now, "+inf")
        await self._epoch.looking(commands)
        names, epoch = await self._store.run(commands.execute(), name="ZRANGEBYSCORE")
        loss = self._epoch.understood(epoch)
        lost_at = datetime.fromtimestamp(loss.at, UTC) if loss.at is not None and loss.within(REMEMBERED) else None
        return Readings(sorted(found | {name.decode() for name in names}), lost_at)
