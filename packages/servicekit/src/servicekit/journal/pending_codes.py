"""Confirmation codes in Redis: what each stands for, and how many wrong ones a caller tried."""

from typing import Final

from servicekit.core.caller import Caller
from servicekit.journal.pending import KEPT, LIFETIME, MAX_PENDING, MAX_WRONG, WRONG_WINDOW, Pending, TooManyWrongCodes
from servicekit.storage.redis.store import RedisStore

# Store what a code stands for. KEYS: the caller's codes, the code. ARGV: content, seconds to keep it, most codes.
# Returns 0 if the code is taken, else the codes that there is no more room for.
_KEEP: Final = """
if not redis.call('SET', KEYS[2], ARGV[1], 'NX', 'EX', ARGV[2]) then return 0 end
redis.call('RPUSH', KEYS[1], KEYS[2])
redis.call('EXPIRE', KEYS[1], ARGV[2])
local oldest = {}
while redis.call('LLEN', KEYS[1]) > tonumber(ARGV[3]) do table.insert(oldest, redis.call('LPOP', KEYS[1])) end
return oldest
"""
# Look a code up, and count a wrong one. KEYS: the caller's wrong codes, the code. ARGV: most wrong codes, seconds to
# count them. Returns the content and the seconds for which it is still stored; false for a wrong code; 0 where there
# were too many.
_FIND: Final = """
if tonumber(redis.call('GET', KEYS[1]) or '0') >= tonumber(ARGV[1]) then return 0 end
local content = redis.call('GET', KEYS[2])
if content then return {content, redis.call('TTL', KEYS[2])} end
if redis.call('INCR', KEYS[1]) == 1 then redis.call('EXPIRE', KEYS[1], ARGV[2]) end
return false
"""


class PendingCodes:
    """The codes of one service.

    Args:
        service: separates services that share a store.
    """

    def __init__(self, service: str, store: RedisStore) -> None:
        self._service, self._store = service, store
        self._keep, self._find = store.script(_KEEP), store.script(_FIND)

    async def keep(self, caller: Caller, code: str, content: str) -> bool:
        """Store what a code stands for, for an hour, in place of the caller's oldest where there are too many."""
        names = [self._key(caller, "codes"), self._key(caller, "pending", code)]
        kept = self._keep(keys=names, args=[content, KEPT, MAX_PENDING])
        oldest = await self._store.run(kept, name="EVALSHA")
        if oldest == 0:
            return False
        if oldest:
            await self._store.run(self._store.redis.unlink(*oldest), name="UNLINK")
        return True

    async def find(self, caller: Caller, code: str) -> Pending | None:
        """What a code of this caller stands for."""
        names = [self._key(caller, "wrong"), self._key(caller, "pending", code)]
        found = await self._store.run(self._find(keys=names, args=[MAX_WRONG, WRONG_WINDOW]), name="EVALSHA")
        if found == 0:
            raise TooManyWrongCodes
        if found is None:
            return None
        content, seconds_left = found
        return Pending(content.decode(), seconds_left <= KEPT - LIFETIME)

    def _key(self, caller: Caller, kind: str, *code: str) -> str:
        """A key of a caller. All of them share a hash tag."""
        tag = self._store.tag(self._service, caller.key)
        return ":".join((f"mcp:{tag}:journal", kind, caller.key, *code))
