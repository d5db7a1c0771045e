"""Records which private repositories a caller has read, in the store that all replicas share."""

import time
from collections import OrderedDict
from datetime import UTC, datetime
from typing import Final

from github_mcp.ports.repositories import Readings
from servicekit.core import Unavailable, current_caller
from servicekit.journal.store_epoch import EPOCH_SCRIPT, StoreEpoch, TagEpoch
from servicekit.storage.redis.store import RedisStore

REMEMBERED: Final = 24 * 3600
"""Seconds after the last reading during which writes to public repositories need confirmation."""
_MOST_NAMES: Final = 50
_MOST_CALLERS: Final = 10_000
# Record a reading. KEYS: the caller's readings. ARGV: until when it counts, the name, the most names, seconds to keep.
_NOTE: Final = """
redis.call('ZADD', KEYS[1], ARGV[1], ARGV[2])
redis.call('ZREMRANGEBYRANK', KEYS[1], 0, -tonumber(ARGV[3]) - 1)
return redis.call('EXPIRE', KEYS[1], ARGV[4])
"""
# KEYS: the epoch, the caller's readings. ARGV: of the epoch, now. Returns the names, and the epoch.
_FIND: Final = EPOCH_SCRIPT + "return {redis.call('ZRANGEBYSCORE', KEYS[2], ARGV[5], '+inf'), epoch()}"


class StoredReadings:
    """Keeps readings in the shared store, and in this process during a store outage.

    Args:
        store: None for a single process.
        epoch: tells whether the store lost its records.
    """

    def __init__(self, store: RedisStore | None, epoch: StoreEpoch | None = None) -> None:
        self._store = store
        self._epoch = epoch or (StoreEpoch("github", store) if store is not None else None)
        self._note = store.script(_NOTE) if store is not None else None
        self._find = store.script(_FIND) if store is not None else None
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
        if self._store is None or self._epoch is None or self._note is None or fresh:
            return
        key = _key(self._epoch.of(caller), caller)
        command = self._note(keys=[key], args=[now + REMEMBERED, full_name, _MOST_NAMES, REMEMBERED])
        try:
            await self._store.run(command, name="EVALSHA")
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
        if self._store is None or self._epoch is None or self._find is None:
            return Readings(sorted(found))
        part = self._epoch.of(caller)
        command = self._find(keys=[part.key, _key(part, caller)], args=[*part.arguments, now])
        names, *epoch = await self._store.run(command, name="EVALSHA")
        loss = part.understood(epoch)
        lost_at = datetime.fromtimestamp(loss.at, UTC) if loss.at is not None and loss.within(REMEMBERED) else None
        return Readings(sorted(found | {name.decode() for name in names}), lost_at)


def _key(part: TagEpoch, caller: str) -> str:
    return f"{part.prefix}:private-readings:{caller}"
