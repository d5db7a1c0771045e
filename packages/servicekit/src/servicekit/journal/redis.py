"""The journal of a service without a database: replies in Redis, the audit trail in a file.

The effect is at an upstream service, outside any transaction. So the intent is stored before the effect and the reply
after it; a retry gets the stored reply. If there is none, because a process died or a response was lost, a tool with
`recover` searches for the effect. Any other tool is not run again, and the caller reads that the outcome is unknown.
"""

import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from typing import Any

from servicekit.audit.cuts import Cut
from servicekit.audit.entry import AuditEntry
from servicekit.audit.file import AuditFile
from servicekit.audit.file_record import FileRecord
from servicekit.audit.heads import Heads
from servicekit.audit.trail import TrailEntry
from servicekit.core.caller import Caller
from servicekit.core.errors import CallError, Unavailable
from servicekit.journal.idempotency_key import Intent
from servicekit.journal.pending import Pending
from servicekit.journal.pending_codes import PendingCodes
from servicekit.journal.protocol import RecordedResult
from servicekit.journal.redis_intents import Claim, StoredIntents
from servicekit.journal.store_epoch import StoreEpoch
from servicekit.storage.redis.store import RedisStore
from servicekit.telemetry.spans import child_span

_logger = logging.getLogger(__name__)


class RedisAttempt:
    """A write whose intent is stored before it and whose reply after it."""

    def __init__(self, journal: "RedisJournal", claim: Claim) -> None:
        self._journal, self._claim = journal, claim
        self.effect_id = claim.effect_id
        self.earlier = claim.earlier
        self.is_uncertain = claim.is_uncertain
        self.settled_in = claim.settled_in

    async def consume(self, nonce: str) -> bool:
        """Mark a confirmation as used, even if the write fails: confirming again is safer than writing twice."""
        return await self._journal.intents.consume(self._claim, nonce)

    async def record(self, recorded: RecordedResult, entry: AuditEntry) -> None:
        """Store the audit entry and the reply. The effect exists already, so a store outage does not fail the call; a
        retry with the key then reads that the outcome is unknown."""
        self._journal.append(entry)
        try:
            await self._journal.intents.keep(self._claim.intent, recorded)
        except Unavailable:
            _logger.warning("reply not recorded", extra={"operation": entry.operation})


class RedisJournal:
    """Stores replies in Redis for 48 hours, and the audit trail in a file.

    Args:
        service: separates services that share a store.
        store: the shared store. Writes are refused while it is unavailable, since a retry could repeat them.
        audit: the audit file.
        epoch: tells whether the store lost its records; without it, this process remembers in memory alone.
    """

    name = "journal"
    needed_for = ("writes",)
    """Reads work without the store; writes are refused."""

    def __init__(self, service: str, store: RedisStore, audit: AuditFile, epoch: StoreEpoch | None = None) -> None:
        self._record = FileRecord(audit)
        self._epoch = epoch or StoreEpoch(service, store)
        self._pending = PendingCodes(service, store)
        store.memory.keep("idempotency keys")
        store.memory.keep("confirmations")
        self.intents = StoredIntents(store, self._epoch)

    @property
    def heads(self) -> Heads:
        """What was written to the file."""
        return self._record.heads

    @property
    def dropped(self) -> int:
        """Lost audit entries of reads."""
        return self._record.dropped

    async def start(self) -> None:
        """Open the audit file. The store is a component of its own, and may be unavailable."""
        await self._record.start()
        self._epoch.open()
        with suppress(Unavailable):
            await self._epoch.look()

    async def stop(self) -> None:
        """Write the queued entries and close the audit file."""
        await self._record.stop()
        self._epoch.close()

    async def check(self) -> None:
        """Ask the store for its epoch."""
        await self._epoch.look()

    @property
    def warning(self) -> str | None:
        """What an operator should know, for the health page."""
        return self._epoch.warning

    @asynccontextmanager
    async def attempt(self, intent: Intent, *, recoverable: bool) -> AsyncIterator[RedisAttempt]:
        """Claim the intent, or wait for the call that holds it.

        Raises:
            Refused: the outcome of an earlier attempt is unknown, and the tool cannot recover it.
            Unavailable: the store is unavailable.
        """
        self._record.require_writable()
        with child_span("idempotency"):
            claim = await self.intents.claim(intent, recoverable=recoverable)
        attempt = RedisAttempt(self, claim)
        if claim.earlier is not None:
            yield attempt
            return
        try:
            yield attempt
        except BaseException as error:
            # Release the key only if neither this attempt nor an earlier one can have taken effect.
            changed_nothing = isinstance(error, CallError) and error.changed_nothing and not claim.is_uncertain
            with suppress(Unavailable):
                await (self.intents.release(claim) if changed_nothing else self.intents.doubt(claim))
            raise

    async def keep_pending(self, caller: Caller, code: str, content: str) -> bool:
        return await self._pending.keep(caller, code, content)

    async def find_pending(self, caller: Caller, code: str) -> Pending | None:
        return await self._pending.find(caller, code)

    def append(self, entry: AuditEntry) -> None:
        """Append the audit entry of a write."""
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
