"""The journal of a service without a database: replies in the shared store, the audit trail in a file.

What it can promise is less than one transaction would: the effect is somewhere else, and can have happened without our
knowing. So an intent is written down before the effect and its reply after it. Whoever comes back finds the reply; or,
where a process died in between, is told that the outcome is unknown, instead of the effect happening twice.
"""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

from servicekit.confirmation import ConsentNeeded
from servicekit.errors import NothingChanged, Overloaded, Refused, Unavailable
from servicekit.journal.audit_stream import AuditStream
from servicekit.journal.chain import entry_of
from servicekit.journal.intent import KEY_LIFETIME, Intent
from servicekit.journal.journal import AuditEntry, Recorded
from servicekit.store import Store
from servicekit.telemetry.instruments import audit_lost
from servicekit.telemetry.stages import stage

_logger = logging.getLogger(__name__)

_UNDER_WAY: Final = 60.0
"""Seconds for which an intent without a reply may still be at work; after that its process is taken for dead."""
_LOOK_AGAIN: Final = 0.05  # seconds between looks at an intent that another call is working on
_UNKNOWN: Final = (
    "An earlier call with this key began and never reported how it ended, so whether it took effect is unknown. Look "
    "at what is there now; to do it (again), call with a new idempotency_key."
)


class StoreAttempt:
    """One write, written down before and after."""

    def __init__(self, journal: "StoreJournal", intent: Intent, earlier: Recorded | None) -> None:
        self._journal = journal
        self._intent = intent
        self.earlier = earlier

    async def consume(self, nonce: str) -> bool:
        """Use a consent up. It is used even if the effect then fails: asking again is better than doing it twice."""
        return await self._journal.claim(f"consent:{self._intent.tenant}:{nonce}", "used")

    async def record(self, recorded: Recorded, entry: AuditEntry) -> None:
        """Keep the audit entry and the reply. The effect is there already, so a store that went away since then changes
        nothing for this caller; whoever comes back with the key is told that the outcome is unknown."""
        self._journal.append(entry)
        try:
            await self._journal.keep(self._intent, recorded)
        except Unavailable:
            _logger.warning("a reply could not be kept", extra={"operation": entry.operation})


class StoreJournal:
    """Replies in Redis or Valkey, for 48 hours; audit in a file.

    Args:
        service: keeps services apart in a store they share.
        store: the shared store. Without it no write happens: a reply that cannot be recorded could happen twice.
        audit: where entries go.
    """

    name = "journal"
    essential = False
    """Reads go on without the store; a write says by itself that it cannot be recorded."""

    def __init__(self, service: str, store: Store, audit: AuditStream) -> None:
        self._prefix = f"mcp:{{{service}}}:journal"
        self._store = store
        self._audit = audit
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
    async def attempt(self, intent: Intent) -> AsyncIterator[StoreAttempt]:
        """Claim the intent, or wait for whoever has it.

        Raises:
            Refused: whether an earlier attempt took effect is unknown.
            Unavailable: the store is away.
        """
        name = f"intent:{intent.name}"
        with stage("idempotency"):
            earlier = await self._begin(name)
        attempt = StoreAttempt(self, intent, earlier)
        if earlier is not None:
            yield attempt
            return
        try:
            yield attempt
        except (Refused, ConsentNeeded, Overloaded, NothingChanged):
            # Each means that nothing was done, so the key is not burnt. Any other end leaves it open: what did not
            # answer may have done what it was asked.
            with suppress(Unavailable):
                await self._store.ask(self._store.redis.delete(self._key(name)), name="DEL")
            raise

    async def _begin(self, name: str) -> Recorded | None:
        """Claim a name, or wait for whoever has it: what they recorded, or None where it is ours."""
        while not await self.claim(name, "under way"):
            content = await self._store.ask(self._store.redis.get(self._key(name)), name="GET")
            if content is not None and content != b"under way":
                return _recorded(content)
            left = await self._store.ask(self._store.redis.ttl(self._key(name)), name="TTL")
            if content is not None and left < KEY_LIFETIME - _UNDER_WAY:
                raise Refused(_UNKNOWN)
            await asyncio.sleep(_LOOK_AGAIN)
        return None

    async def claim(self, name: str, content: str) -> bool:
        """Write a name down. False where it is there already."""
        claimed = self._store.redis.set(self._key(name), content, nx=True, ex=KEY_LIFETIME)
        return bool(await self._store.ask(claimed, name="SET"))

    async def keep(self, intent: Intent, recorded: Recorded) -> None:
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
            (number, entry_of(text))
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


def _recorded(content: bytes | str) -> Recorded:
    fields: dict[str, Any] = json.loads(content)
    return Recorded(bytes.fromhex(fields["digest"]), fields["text"], fields["structured"])
