"""The journal in the service's Postgres: the effect of a write, its reply and its audit entry commit together."""

import asyncio
import json
import logging
import random
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, Final

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from servicekit.audit.cuts import Cut
from servicekit.audit.entry import AuditEntry
from servicekit.audit.hash_chain import serialise_entry
from servicekit.audit.heads import Heads
from servicekit.audit.postgres import AuditLog
from servicekit.audit.postgres_trail import PostgresTrail
from servicekit.audit.read_batches import ReadBatches
from servicekit.audit.trail import TrailEntry
from servicekit.core.caller import Caller
from servicekit.core.errors import Unavailable
from servicekit.journal.effect_id import effect_id_of
from servicekit.journal.idempotency_key import Intent
from servicekit.journal.pending import LIFETIME, MAX_PENDING, MAX_WRONG, WRONG_WINDOW, Pending, TooManyWrongCodes
from servicekit.journal.postgres_expiry import Expiry
from servicekit.journal.postgres_measures import PostgresMeasures
from servicekit.journal.protocol import RecordedResult
from servicekit.storage.postgres.database import Database
from servicekit.storage.postgres.login.address import DatabaseAddress
from servicekit.telemetry.spans import child_span

_logger = logging.getLogger(__name__)

_REMINDER: Final = 60.0  # seconds after which waiting audit entries are logged again

_UPKEEP_INTERVAL: Final = 600.0  # seconds, on average; replicas that start together do not stay in step
_FIRST_UPKEEP: Final = 60.0  # seconds within which the first one runs, so that a replica that soon stops has its share

_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))"
_EARLIER = """
SELECT digest, reply FROM {schema}.write_journal
WHERE tenant_id = $1 AND caller = $2 AND tool = $3 AND key = $4 AND created_at > now() - make_interval(secs => $5)
"""
_RECORD = """
INSERT INTO {schema}.write_journal (tenant_id, caller, tool, key, digest, reply) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (tenant_id, caller, tool, key) DO UPDATE
SET digest = excluded.digest, reply = excluded.reply, created_at = now() RETURNING true
"""
_PROBE = """
INSERT INTO {schema}.write_journal (tenant_id, caller, tool, key, digest, reply)
SELECT '', '', '', '', '', '' WHERE false
"""
_CONSUME = """
INSERT INTO {schema}.used_consents (tenant_id, nonce) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING true
"""
_KEEP_PENDING = """
INSERT INTO {schema}.pending_confirmations (tenant_id, caller, code, content) VALUES ($1, $2, $3, $4)
ON CONFLICT DO NOTHING RETURNING true
"""
_DROP_OLDEST = """
DELETE FROM {schema}.pending_confirmations WHERE tenant_id = $1 AND caller = $2 AND code IN (
    SELECT code FROM {schema}.pending_confirmations WHERE tenant_id = $1 AND caller = $2
    ORDER BY created_at DESC, code OFFSET $3
)
"""
_COUNT_WRONG = """
SELECT count(*) FROM {schema}.wrong_codes
WHERE tenant_id = $1 AND caller = $2 AND created_at > now() - make_interval(secs => $3)
"""
_FIND_PENDING = """
SELECT content, created_at < now() - make_interval(secs => $4) AS expired FROM {schema}.pending_confirmations
WHERE tenant_id = $1 AND caller = $2 AND code = $3
"""
_ADD_WRONG = "INSERT INTO {schema}.wrong_codes (tenant_id, caller) VALUES ($1, $2)"


@asynccontextmanager
async def audit_trail(owner: DatabaseAddress | str, schema: str) -> AsyncIterator["PostgresJournal"]:
    """The journal opened by the tables' owner, to verify or read the trail.

    Args:
        owner: address or URL of the owner, which may read the trail of every tenant.
    """
    database = Database(owner, name="owner", read_only=True, connections=1, statement_timeout=600, pooler="transaction")
    await database.start()
    try:
        yield PostgresJournal(database, schema)
    finally:
        await database.stop()


class PostgresAttempt:
    """A write in its transaction."""

    is_uncertain = False
    settled_in = 0.0

    def __init__(self, journal: "PostgresJournal", intent: Intent, connection: "PoolConnectionProxy[Any]") -> None:
        self._journal = journal
        self._intent = intent
        self._connection = connection
        self.effect_id = effect_id_of(intent)
        self.earlier: RecordedResult | None = None

    async def begin(self) -> None:
        """Wait for other attempts with the same intent, then read the recorded reply."""
        intent = self._intent
        with child_span("idempotency"):
            await self._connection.execute(_LOCK, intent.name)
            # A separate statement: only a snapshot taken after the lock includes the commit of the previous attempt.
            row = await self._connection.fetchrow(
                self._journal.sql(_EARLIER), intent.tenant, intent.caller_key, intent.tool, intent.key, intent.lifetime
            )
        if row is not None:
            reply = json.loads(row["reply"])
            self.earlier = RecordedResult(row["digest"], reply["text"], reply.get("structured"))

    async def consume(self, nonce: str) -> bool:
        """Mark a confirmation as used, in this transaction. A concurrent use waits for the commit and gets False."""
        return bool(await self._connection.fetchval(self._journal.sql(_CONSUME), self._intent.tenant, nonce))

    async def record(self, recorded: RecordedResult, entry: AuditEntry) -> None:
        """Store the reply and the audit entry."""
        intent = self._intent
        reply = json.dumps({"text": recorded.text, "structured": recorded.structured}, ensure_ascii=False)
        arguments = (intent.tenant, intent.caller_key, intent.tool, intent.key, intent.digest, reply)
        # Last: another connection that continues the same chain waits for the commit.
        await self._journal.audit.append_after(
            self._connection, self._journal.sql(_RECORD), arguments, intent.tenant, entry, serialise_entry(entry)
        )


class PostgresJournal:
    """Journal and audit trail in tables of the service's schema (`journal.tables`).

    Args:
        database: the pool of the writer role.
        schema: the schema of the tables.
    """

    name = "journal"
    needed_for = ("writes",)

    def __init__(self, database: Database, schema: str) -> None:
        self._database = database
        self._schema = schema
        self.audit = AuditLog(database, schema)
        self._trail = PostgresTrail(database, schema)
        self._reads = ReadBatches(self._write_reads)
        self.expiry: Final = Expiry(database, schema)
        self._measures = PostgresMeasures(database, schema)
        self._upkeep: asyncio.Task[None] | None = None
        self._unwritten: dict[str, float] = {}
        """When it was last logged that entries wait, by the reason."""

    def sql(self, statement: str) -> str:
        """Put the schema's name into a statement."""
        return statement.replace("{schema}", self._schema)

    async def start(self) -> None:
        """Start to write queued entries, make the months of the audit log, delete what expired and measure."""
        await self._reads.start()
        self.expiry.initialise_series()
        self._measures.start()
        self._upkeep = asyncio.create_task(self._keep_up(), name="journal upkeep")

    async def stop(self) -> None:
        """Write the queued entries."""
        if self._upkeep is not None:
            self._upkeep.cancel()
        self._measures.stop()
        await self._reads.stop()

    async def check(self) -> None:
        """Write no row: this needs all that a write needs, and leaves nothing behind."""
        await self._database.probe(self.sql(_PROBE))

    @asynccontextmanager
    async def attempt(self, intent: Intent, *, recoverable: bool) -> AsyncIterator[PostgresAttempt]:  # noqa: ARG002
        """Run a write in one transaction. It is complete or absent, so recovery is never needed."""
        async with self._database.transaction() as connection:
            attempt = PostgresAttempt(self, intent, connection)
            await attempt.begin()
            yield attempt

    async def keep_pending(self, caller: Caller, code: str, content: str) -> bool:
        """Store what a code stands for, in place of the caller's oldest where there are too many. An hour later it is
        deleted."""
        tenant = caller.tenant or ""
        async with self._database.transaction() as connection:
            kept = bool(await connection.fetchval(self.sql(_KEEP_PENDING), tenant, caller.key, code, content))
            await connection.execute(self.sql(_DROP_OLDEST), tenant, caller.key, MAX_PENDING)
        return kept

    async def find_pending(self, caller: Caller, code: str) -> Pending | None:
        """What a code of this caller stands for. One look-up of a caller at a time, so that each wrong code counts."""
        tenant = caller.tenant or ""
        async with self._database.transaction() as connection:
            await connection.execute(_LOCK, f"wrong codes\x1f{caller.key}")
            wrong = await connection.fetchval(self.sql(_COUNT_WRONG), tenant, caller.key, WRONG_WINDOW)
            if wrong >= MAX_WRONG:
                raise TooManyWrongCodes
            row = await connection.fetchrow(self.sql(_FIND_PENDING), tenant, caller.key, code, LIFETIME)
            if row is None:
                await connection.execute(self.sql(_ADD_WRONG), tenant, caller.key)
        return Pending(row["content"], row["expired"]) if row is not None else None

    def note(self, entry: AuditEntry) -> None:
        """Queue the entry of a read. It is written with the next batch, in order."""
        self._reads.note(entry)

    @property
    def heads(self) -> Heads:
        """The chains that this process advanced."""
        return self.audit.heads

    async def calls_of(
        self, tenant: str, subject: str, count: int, before: tuple[Any, ...] | None
    ) -> Sequence[tuple[str, AuditEntry]]:
        """The latest entries of a user, newest first."""
        await self._reads.flush()
        return await self._trail.calls_of(tenant, subject, count, before)

    def trail(self, since: datetime | None = None, until: datetime | None = None) -> AsyncIterator[TrailEntry]:
        """Every entry that the role may read."""
        return self._trail.trail(since, until)

    def latest(self, count: int) -> AsyncIterator[TrailEntry]:
        """The latest entries that the role may read, oldest first."""
        return self._trail.latest(count)

    async def cuts(self) -> Sequence[Cut]:
        """What retention removed."""
        return await self._trail.cuts()

    async def _keep_up(self) -> None:
        delay = random.uniform(0, _FIRST_UPKEEP)  # noqa: S311 - no secret
        while True:
            try:
                await self.audit.make_months()
            except (Unavailable, asyncpg.PostgresError) as error:  # the first write of a month makes it, too
                _logger.warning("audit partitions not made", extra={"reason": type(error.__cause__ or error).__name__})
            await asyncio.sleep(delay)
            try:
                await self.expiry.delete()
            except (Unavailable, asyncpg.PostgresError) as error:  # the next run tries again
                _logger.warning("expired rows not deleted", extra={"reason": type(error.__cause__ or error).__name__})
            delay = random.uniform(0.5, 1.5) * _UPKEEP_INTERVAL  # noqa: S311

    async def _write_reads(self, entries: Sequence[AuditEntry]) -> Sequence[AuditEntry]:
        """Write a batch, one transaction for each tenant; returns what has to be tried again."""
        by_tenant: dict[str, list[AuditEntry]] = defaultdict(list)
        for entry in entries:
            by_tenant[entry.tenant].append(entry)
        unwritten: list[AuditEntry] = []
        for tenant, own in by_tenant.items():
            texts = await self._reads.texts(own)
            try:
                async with self._database.tenant_transaction(tenant) as connection:
                    await self.audit.append(connection, tenant, texts)
            except (Unavailable, asyncpg.PostgresError) as error:  # also one of the table, which an operator may fix
                unwritten += [entry for entry, _ in texts]
                self._report(type(error.__cause__ or error).__name__, len(unwritten))
        return unwritten

    def _report(self, reason: str, unwritten: int) -> None:
        """Log that entries wait, once a minute for a reason: batches are tried again several times a second."""
        now = time.monotonic()
        if now - self._unwritten.get(reason, float("-inf")) < _REMINDER:
            return
        self._unwritten[reason] = now
        extra = {"waiting": unwritten + len(self._reads), "dropped": self._reads.dropped, "reason": reason}
        _logger.warning("audit entries not written, will retry", extra=extra)
