"""The journal of a service without a database: replies in the shared store, the audit trail in a file.

What it can promise is less than one transaction would: the effect is somewhere else, and can have happened without our
knowing. So an intent is written down before the effect and its reply after it. Whoever comes back finds the reply.
Where none was ever written, because a process died in between or an answer was lost, a tool that can look for what was
done does so; any other is not run again, and the caller is told that the outcome is unknown.
"""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

from servicekit.core.errors import CallError, Refused, Unavailable
from servicekit.journal.audit_file import AuditFile
from servicekit.journal.effect_id import effect_id_of
from servicekit.journal.hash_chain import parse_entry
from servicekit.journal.idempotency_key import KEY_LIFETIME, Intent
from servicekit.journal.protocol import AuditEntry, RecordedResult
from servicekit.storage.redis import RedisStore
from servicekit.telemetry.instruments import audit_lost
from servicekit.telemetry.spans import child_span

_logger = logging.getLogger(__name__)

_UNDER_WAY: Final = 60.0
"""Seconds for which an intent without a reply may still be at work; after that its process is taken for dead."""
_LOOK_AGAIN: Final = 0.05  # seconds between looks at an intent that another call is working on
# KEYS: the intent. ARGV: what is expected there; what is to be there; seconds to keep it.
_TAKE_OVER: Final = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3])
return 1
"""
_OTHER_ARGUMENTS: Final = (
    "This idempotency_key was used for a call with other arguments, and how that ended is unknown. Nothing was done; "
    "send a new key for a new thing."
)
_UNKNOWN: Final = (
    "An earlier call with this key began and never reported how it ended, so whether it took effect is unknown. Look "
    "at what is there now; to do it (again), call with a new idempotency_key."
)


class RedisAttempt:
    """One write, written down before and after."""

    def __init__(
        self,
        journal: "RedisJournal",
        intent: Intent,
        marker: str,
        earlier: RecordedResult | None = None,
        *,
        unsure: bool = False,
    ) -> None:
        self._journal = journal
        self._intent = intent
        self.marker = marker
        self.earlier = earlier
        self.is_unsure = unsure

    async def consume(self, nonce: str) -> bool:
        """Use a consent up. It is used even if the effect then fails: asking again is better than doing it twice."""
        return await self._journal.claim(f"consent:{self._intent.tenant}:{nonce}", "used")

    async def record(self, recorded: RecordedResult, entry: AuditEntry) -> None:
        """Keep the audit entry and the reply. The effect is there already, so a store that went away since then changes
        nothing for this caller; whoever comes back with the key is told that the outcome is unknown."""
        self._journal.append(entry)
        try:
            await self._journal.keep(self._intent, recorded)
        except Unavailable:
            _logger.warning("a reply could not be kept", extra={"operation": entry.operation})


class RedisJournal:
    """Replies in Redis or Valkey, for 48 hours; audit in a file.

    Args:
        service: keeps services apart in a store they share.
        store: the shared store. Without it no write happens: a reply that cannot be recorded could happen twice.
        audit: where entries go.
    """

    name = "journal"
    essential = False
    """Reads go on without the store; a write says by itself that it cannot be recorded."""

    def __init__(self, service: str, store: RedisStore, audit: AuditFile) -> None:
        self._prefix = f"mcp:{{{service}}}:journal"
        self._store = store
        self._audit = audit
        self._take_over: Any = store.redis.register_script(_TAKE_OVER)
        self.dropped = 0
        """Entries of calls that changed nothing which the file did not take."""

    async def start(self) -> None:
        """Open the audit file; the store has a life of its own."""
        self._audit.open()

    async def stop(self) -> None:
        """Close the audit file."""
        self._audit.close()

    async def check(self) -> None:
        """Answer when the store answers."""
        await self._store.check()

    @asynccontextmanager
    async def attempt(self, intent: Intent, *, recoverable: bool = False) -> AsyncIterator[RedisAttempt]:
        """Claim the intent, or wait for whoever has it.

        Raises:
            Refused: whether an earlier attempt took effect is unknown, and cannot be found out.
            Unavailable: the store is away.
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
            # The key can be used again only if neither this attempt nor an earlier one can have had an effect.
            changed_nothing = isinstance(error, CallError) and error.changed_nothing and not attempt.is_unsure
            with suppress(Unavailable):
                if changed_nothing:
                    await self._store.ask(self._store.redis.delete(name), name="DEL")
                else:
                    await self._write(name, _open_state("unsure", intent, attempt.marker))
            raise

    async def _begin(self, name: str, intent: Intent, *, recoverable: bool) -> RedisAttempt:
        """The attempt that this call may make, once nobody else is at it."""
        marker = effect_id_of(intent)
        mine = _open_state("under way", intent, marker)
        while not await self._write(name, mine, new=True):
            content = await self._store.ask(self._store.redis.get(name), name="GET")
            state = json.loads(content) if content is not None else {}
            if "text" in state:
                return RedisAttempt(self, intent, marker, _recorded(state))
            if state and await self._is_given_up(name, state):
                if state["digest"] != intent.digest.hex():
                    raise Refused(_OTHER_ARGUMENTS)
                if not recoverable:
                    raise Refused(_UNKNOWN)
                kept = str(state["marker"])
                if await self._replace(name, content, _open_state("under way", intent, kept)):
                    return RedisAttempt(self, intent, kept, unsure=True)
            await asyncio.sleep(_LOOK_AGAIN)
        return RedisAttempt(self, intent, marker)

    async def _is_given_up(self, name: str, state: dict[str, Any]) -> bool:
        """Whether nobody is at it any more, although no reply was written down."""
        if state["state"] == "unsure":
            return True
        left = await self._store.ask(self._store.redis.ttl(name), name="TTL")
        return left < KEY_LIFETIME - _UNDER_WAY

    async def _write(self, name: str, content: str, *, new: bool = False) -> bool:
        command = self._store.redis.set(name, content, nx=new, ex=KEY_LIFETIME)
        return bool(await self._store.ask(command, name="SET"))

    async def _replace(self, name: str, old: Any, content: str) -> bool:
        """Take over, unless another call was faster."""
        command = self._take_over(keys=[name], args=[old, content, KEY_LIFETIME])
        return bool(await self._store.ask(command, name="EVALSHA"))

    async def claim(self, name: str, content: str) -> bool:
        """Write a name down. False where it is there already."""
        claimed = self._store.redis.set(self._key(name), content, nx=True, ex=KEY_LIFETIME)
        return bool(await self._store.ask(claimed, name="SET"))

    async def keep(self, intent: Intent, recorded: RecordedResult) -> None:
        """Put the reply where the intent is."""
        content = {"digest": recorded.digest.hex(), "text": recorded.text, "structured": recorded.structured}
        name = self._key(f"intent:{intent.name}")
        await self._store.ask(self._store.redis.set(name, json.dumps(content), ex=intent.lifetime), name="SET")

    def append(self, entry: AuditEntry) -> None:
        """Write the entry of a write.

        Raises:
            OSError: it could not be written.
        """
        self._audit.append(entry)

    def note(self, entry: AuditEntry) -> None:
        """Write an entry at once. Nothing was changed, so a file that cannot take it does not fail the call."""
        try:
            self._audit.append(entry)
        except OSError as error:
            self.dropped += 1
            audit_lost.add(1)
            _logger.warning("audit entry lost", extra={"reason": error.strerror, "dropped": self.dropped})

    async def actions(
        self, tenant: str, subject: str, count: int, before: int | None
    ) -> Sequence[tuple[int, AuditEntry]]:
        """The latest entries of one person, newest first."""
        found = [
            (number, parse_entry(text))
            async for _, number, text, _, _ in self.trail()
            if before is None or number < before
        ]
        own = [(number, entry) for number, entry in found if (entry.tenant, entry.subject) == (tenant, subject)]
        return own[::-1][:count]

    def trail(self) -> AsyncIterator[tuple[str, int, str, bytes, bytes]]:
        """Every entry as written."""
        return self._audit.trail()

    def _key(self, name: str) -> str:
        return f"{self._prefix}:{name}"


def _open_state(state: str, intent: Intent, marker: str) -> str:
    """An intent without a reply, as it is written down."""
    return json.dumps({"state": state, "marker": marker, "digest": intent.digest.hex()})


def _recorded(fields: dict[str, Any]) -> RecordedResult:
    return RecordedResult(bytes.fromhex(fields["digest"]), fields["text"], fields["structured"])
