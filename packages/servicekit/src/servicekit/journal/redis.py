"""The journal of a service without a database: replies in Redis, the audit trail in a file.

The effect is at an upstream service, outside any transaction. So the intent is stored before the effect and the reply
after it; a retry gets the stored reply. If there is none, because a process died or a response was lost, a tool with
`recover` searches for the effect. Any other tool is not run again, and the caller reads that the outcome is unknown.
"""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from typing import Any, Final

from servicekit.core.caller import Caller
from servicekit.core.errors import CallError, Refused, Unavailable
from servicekit.journal.audit_file import AuditFile
from servicekit.journal.cuts import Cut
from servicekit.journal.effect_id import effect_id_of
from servicekit.journal.file_record import FileRecord
from servicekit.journal.heads import Heads
from servicekit.journal.idempotency_key import KEY_LIFETIME, Intent
from servicekit.journal.pending import KEPT, LIFETIME, MAX_PENDING, MAX_WRONG, WRONG_WINDOW, Pending, TooManyWrongCodes
from servicekit.journal.protocol import AuditEntry, RecordedResult
from servicekit.journal.trail import TrailEntry
from servicekit.storage.redis import RedisStore
from servicekit.telemetry.spans import child_span

_logger = logging.getLogger(__name__)

_ATTEMPT_TIMEOUT: Final = 60.0
"""Seconds after which the process of an attempt without a reply counts as dead."""
_POLL_INTERVAL: Final = 0.05  # seconds between checks of an intent that another call holds
# Compare and set. KEYS: the intent. ARGV: expected value, new value, seconds to keep it.
_COMPARE_AND_SET: Final = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3])
return 1
"""
# Store what a code stands for. KEYS: the caller's codes, the code. ARGV: content, seconds to keep it, most codes.
# Returns 0 if the code is taken, else the codes that there is no more room for.
_KEEP_PENDING: Final = """
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
_FIND_PENDING: Final = """
if tonumber(redis.call('GET', KEYS[1]) or '0') >= tonumber(ARGV[1]) then return 0 end
local content = redis.call('GET', KEYS[2])
if content then return {content, redis.call('TTL', KEYS[2])} end
if redis.call('INCR', KEYS[1]) == 1 then redis.call('EXPIRE', KEYS[1], ARGV[2]) end
return false
"""
_OTHER_ARGUMENTS: Final = (
    "This idempotency_key was used for a call with other arguments, whose outcome is unknown. Nothing was done; send "
    "a new key for a new action."
)
_UNKNOWN: Final = (
    "An earlier call with this key did not finish, and whether it took effect is unknown. Check the current state; to "
    "do it (again), call with a new idempotency_key."
)


class RedisAttempt:
    """A write whose intent is stored before it and whose reply after it."""

    def __init__(
        self,
        journal: "RedisJournal",
        intent: Intent,
        effect_id: str,
        earlier: RecordedResult | None = None,
        *,
        uncertain: bool = False,
    ) -> None:
        self._journal = journal
        self._intent = intent
        self.effect_id = effect_id
        self.earlier = earlier
        self.is_uncertain = uncertain

    async def consume(self, nonce: str) -> bool:
        """Mark a confirmation as used, even if the write fails: confirming again is safer than writing twice."""
        return await self._journal.claim(f"consent:{self._intent.tenant}:{nonce}", "used")

    async def record(self, recorded: RecordedResult, entry: AuditEntry) -> None:
        """Store the audit entry and the reply. The effect exists already, so a store outage does not fail the call; a
        retry with the key then reads that the outcome is unknown."""
        self._journal.append(entry)
        try:
            await self._journal.keep(self._intent, recorded)
        except Unavailable:
            _logger.warning("reply not recorded", extra={"operation": entry.operation})


class RedisJournal:
    """Stores replies in Redis for 48 hours, and the audit trail in a file.

    Args:
        service: separates services that share a store.
        store: the shared store. Writes are refused while it is unavailable, since a retry could repeat them.
        audit: the audit file.
    """

    name = "journal"
    essential = False
    """Reads work without the store; writes are refused."""

    def __init__(self, service: str, store: RedisStore, audit: AuditFile) -> None:
        self._prefix = f"mcp:{{{service}}}:journal"
        self._store = store
        self._compare_and_set: Any = store.redis.register_script(_COMPARE_AND_SET)
        self._keep_pending: Any = store.redis.register_script(_KEEP_PENDING)
        self._find_pending: Any = store.redis.register_script(_FIND_PENDING)
        self._record = FileRecord(audit)

    @property
    def heads(self) -> Heads:
        """What was written to the file."""
        return self._record.heads

    @property
    def dropped(self) -> int:
        """Lost audit entries of reads."""
        return self._record.dropped

    async def start(self) -> None:
        """Open the audit file. The store is a component of its own."""
        await self._record.start()

    async def stop(self) -> None:
        """Write the queued entries and close the audit file."""
        await self._record.stop()

    async def check(self) -> None:
        """Ping the store."""
        await self._store.check()

    @asynccontextmanager
    async def attempt(self, intent: Intent, *, recoverable: bool = False) -> AsyncIterator[RedisAttempt]:
        """Claim the intent, or wait for the call that holds it.

        Raises:
            Refused: the outcome of an earlier attempt is unknown, and the tool cannot recover it.
            Unavailable: the store is unavailable.
        """
        name = self._key(f"intent:{intent.name}")
        with child_span("idempotency"):
            attempt = await self._begin(name, intent, recoverable=recoverable)
        if attempt.earlier is not None:
            yield attempt
            return
        try:
            yield attempt
        except BaseException as error:
            # Release the key only if neither this attempt nor an earlier one can have taken effect.
            changed_nothing = isinstance(error, CallError) and error.changed_nothing and not attempt.is_uncertain
            with suppress(Unavailable):
                if changed_nothing:
                    await self._store.run(self._store.redis.delete(name), name="DEL")
                else:
                    await self._write(name, _stored_state("unsure", intent, attempt.effect_id))
            raise

    async def _begin(self, name: str, intent: Intent, *, recoverable: bool) -> RedisAttempt:
        """Claim or take over the intent, waiting while another call holds it."""
        effect_id = effect_id_of(intent)
        mine = _stored_state("under way", intent, effect_id)
        while not await self._write(name, mine, new=True):
            content = await self._store.run(self._store.redis.get(name), name="GET")
            state = json.loads(content) if content is not None else {}
            if "text" in state:
                return RedisAttempt(self, intent, effect_id, _recorded(state))
            if state and await self._is_abandoned(name, state):
                if state["digest"] != intent.digest.hex():
                    raise Refused(_OTHER_ARGUMENTS)
                if not recoverable:
                    raise Refused(_UNKNOWN)
                kept = str(state["marker"])
                if await self._replace(name, content, _stored_state("under way", intent, kept)):
                    return RedisAttempt(self, intent, kept, uncertain=True)
            await asyncio.sleep(_POLL_INTERVAL)
        return RedisAttempt(self, intent, effect_id)

    async def _is_abandoned(self, name: str, state: dict[str, Any]) -> bool:
        """Whether the attempt has ended without a reply."""
        if state["state"] == "unsure":
            return True
        seconds_left = await self._store.run(self._store.redis.ttl(name), name="TTL")
        return seconds_left < KEY_LIFETIME - _ATTEMPT_TIMEOUT

    async def _write(self, name: str, content: str, *, new: bool = False) -> bool:
        command = self._store.redis.set(name, content, nx=new, ex=KEY_LIFETIME)
        return bool(await self._store.run(command, name="SET"))

    async def _replace(self, name: str, old: Any, content: str) -> bool:
        """Replace the stored state if it is still `old`."""
        command = self._compare_and_set(keys=[name], args=[old, content, KEY_LIFETIME])
        return bool(await self._store.run(command, name="EVALSHA"))

    async def claim(self, name: str, content: str) -> bool:
        """Store a name. False if it exists already."""
        claimed = self._store.redis.set(self._key(name), content, nx=True, ex=KEY_LIFETIME)
        return bool(await self._store.run(claimed, name="SET"))

    async def keep_pending(self, caller: Caller, code: str, content: str) -> bool:
        """Store what a code stands for, for an hour, in place of the caller's oldest where there are too many."""
        names = [self._key(f"codes:{caller.key}"), self._key(f"pending:{caller.key}:{code}")]
        kept = self._keep_pending(keys=names, args=[content, KEPT, MAX_PENDING])
        oldest = await self._store.run(kept, name="EVALSHA")
        if oldest == 0:
            return False
        if oldest:
            await self._store.run(self._store.redis.unlink(*oldest), name="UNLINK")
        return True

    async def find_pending(self, caller: Caller, code: str) -> Pending | None:
        """What a code of this caller stands for."""
        names = [self._key(f"wrong:{caller.key}"), self._key(f"pending:{caller.key}:{code}")]
        found = await self._store.run(self._find_pending(keys=names, args=[MAX_WRONG, WRONG_WINDOW]), name="EVALSHA")
        if found == 0:
            raise TooManyWrongCodes
        if found is None:
            return None
        content, seconds_left = found
        return Pending(content.decode(), seconds_left <= KEPT - LIFETIME)

    async def keep(self, intent: Intent, recorded: RecordedResult) -> None:
        """Replace the stored intent with the reply."""
        content = {"digest": recorded.digest.hex(), "text": recorded.text, "structured": recorded.structured}
        name = self._key(f"intent:{intent.name}")
        await self._store.run(self._store.redis.set(name, json.dumps(content), ex=intent.lifetime), name="SET")

    def append(self, entry: AuditEntry) -> None:
        """Append the audit entry of a write.

        Raises:
            OSError: it was not written.
        """
        self._record.append(entry)

    def note(self, entry: AuditEntry) -> None:
        """Queue the entry of a read. It is appended with the next batch."""
        self._record.note(entry)

    async def calls_of(
        self, tenant: str, subject: str, count: int, before: tuple[Any, ...] | None
    ) -> Sequence[tuple[str, AuditEntry]]:
        """The latest entries of a user, newest first."""
        end = int(before[1]) if before is not None else None
        return [(str(number), entry) for number, entry in await self._record.calls_of(tenant, subject, count, end)]

    def trail(self, since: datetime | None = None, until: datetime | None = None) -> AsyncIterator[TrailEntry]:
        """Every entry of the files."""
        return self._record.stored.trail(since, until)

    def latest(self, count: int) -> AsyncIterator[TrailEntry]:
        """The latest entries of the files."""
        return self._record.stored.latest(count)

    async def cuts(self) -> Sequence[Cut]:
        """What retention removed from the files."""
        return await self._record.stored.cuts()

    def _key(self, name: str) -> str:
        return f"{self._prefix}:{name}"


def _stored_state(state: str, intent: Intent, effect_id: str) -> str:
    """The stored state of an intent without a reply."""
    return json.dumps({"state": state, "marker": effect_id, "digest": intent.digest.hex()})


def _recorded(fields: dict[str, Any]) -> RecordedResult:
    return RecordedResult(bytes.fromhex(fields["digest"]), fields["text"], fields["structured"])
