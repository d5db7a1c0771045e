"""What the hash chains of the audit trail cost a write: the same transaction with and without, in turn.

Postgres runs with fsync, so that a transaction waits for its commit as in production. All writes are of one tenant.
"""

import asyncio
import secrets
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any, Final

import asyncpg
import uvloop

from devkit.loopback.ports import free_port
from devkit.stores.postgres import Postgres
from devkit.stores.running import running
from servicekit.audit.entry import AuditEntry
from servicekit.audit.hash_chain import verify
from servicekit.audit.postgres import AuditLog
from servicekit.audit.trail import TrailEntry
from servicekit.core.caller import acting_as
from servicekit.journal.idempotency_key import intent_of
from servicekit.journal.postgres import PostgresJournal, audit_trail
from servicekit.journal.protocol import RecordedResult
from servicekit.storage.postgres.database import Database
from servicekit.testing.service import caller

from .database import SCHEMA, prepare
from .measure import Plan
from .processes import on_every_core
from .report import Report, Table

_WRITERS: Final = (1, 8, 32)
_SLICE: Final = 0.25  # seconds; short, so that what the machine does besides falls on both sides
_WARM_UP: Final = 1.0  # seconds, in which connections find lanes of their own
_CALLER: Final = caller("bench")
_EFFECT: Final = f"UPDATE {SCHEMA}.accounts SET balance = balance + 1 WHERE tenant_id = 'acme' AND id = $1"
_UNCHAINED: Final = f"""
WITH recorded AS ({{statement}})
INSERT INTO {SCHEMA}.audit_log (number, at, month, lane, tenant_id, subject, entry, previous, hash)
VALUES ($7, $8, date_trunc('month', $8::timestamptz AT TIME ZONE 'UTC'), -1, $9, $10, $11, $12, $12)
"""


class _Unchained(AuditLog):
    """Inserts the same row, of no chain."""

    _numbers = count(1)

    async def append_after(
        self,
        connection: Any,
        statement: str,
        arguments: Sequence[Any],
        tenant: str,
        entry: AuditEntry,
        text: str,
    ) -> None:
        values = (next(self._numbers), entry.at, tenant, entry.subject, text, bytes(32))
        await connection.execute(_UNCHAINED.format(statement=statement), *arguments, *values)


def measure_audited(plan: Plan, report: Report) -> None:
    """Writes with and without chains, on a Postgres server of their own.

    Raises:
        BrokenChain: an entry was lost, or does not fit its chain.
    """
    with tempfile.TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True) as folder, on_every_core():
        server = Postgres(Path(folder) / "postgres", free_port(), secrets.token_urlsafe(12))
        with running(server):
            report.add(uvloop.run(_measured(server.admin_url, plan)))


class BrokenChain(Exception):
    """The verification after the measurement found a problem."""


async def _measured(admin_url: str, plan: Plan) -> Table:
    urls = await prepare(admin_url)
    owner = await asyncpg.connect(urls.owner)
    await owner.execute(f"GRANT UPDATE ON {SCHEMA}.accounts TO bench_writer")
    await owner.close()
    database = Database(urls.writer, name="writer", connections=max(_WRITERS))
    await database.start()
    chained, unchained = PostgresJournal(database, SCHEMA), PostgresJournal(database, SCHEMA)
    unchained.audit = _Unchained(database, SCHEMA)
    written = await _burst(chained, database, max(_WRITERS), _WARM_UP)
    rows = []
    for writers in _WRITERS:
        sides = (_Side(unchained), _Side(chained))
        for turn in range(round(2 * plan.rounds * plan.seconds / _SLICE)):
            for side in sides if turn % 2 else reversed(sides):
                await side.burst(database, writers)
        plain, audited = sides
        written += audited.written
        rows.append([f"{writers}", f"{plain.rate:.0f}", f"{audited.rate:.0f}", f"{audited.rate / plain.rate:.2f}"])
    await database.stop()
    async with audit_trail(urls.owner, SCHEMA) as journal:
        verdict = await verify(_in_chains(journal.trail()))
    if verdict.problems or verdict.entries != written:
        raise BrokenChain(f"{written} written, {verdict.entries} found; {verdict.problems[:3]}")
    header = ["writers", "unchained/s", "audited/s", "ratio"]
    notes = (
        "Writes of one tenant with their reply and audit entry, against the same transaction whose entry is inserted",
        f"without a chain, in turns of {_SLICE:g} s. Postgres with fsync; the client, one process, uses its cores.",
        f"All {written} entries in {len(verdict.heads)} chains were verified afterwards.",
    )
    return Table("Audited writes of one tenant", notes, header, rows)


class _Side:
    """One of the two journals, and what was written through it."""

    def __init__(self, journal: PostgresJournal) -> None:
        self._journal = journal
        self._seconds = 0.0
        self.written = 0

    @property
    def rate(self) -> float:
        """Writes a second."""
        return self.written / self._seconds

    async def burst(self, database: Database, writers: int) -> None:
        began = time.perf_counter()
        self.written += await _burst(self._journal, database, writers, _SLICE)
        self._seconds += time.perf_counter() - began


async def _burst(journal: PostgresJournal, database: Database, writers: int, seconds: float) -> int:
    """The number of writes that were committed, by so many writers, each on an account of its own."""
    end = time.perf_counter() + seconds
    return sum(await asyncio.gather(*(_writer(journal, database, f"a{number + 1}", end) for number in range(writers))))


async def _writer(journal: PostgresJournal, database: Database, account: str, end: float) -> int:
    written = 0
    with acting_as(_CALLER):
        while time.perf_counter() < end:
            key = secrets.token_hex(16)
            intent = intent_of(_CALLER, "deposit", {"account": account}, key)
            details = {"arguments": {"account": account}, "request_id": key, "duration_ms": 1.5, "idempotency_key": key}
            async with journal.attempt(intent, recoverable=False) as attempt:
                async with database.session() as connection:
                    await connection.execute(_EFFECT, account)
                entry = AuditEntry(datetime.now(UTC), "acme", "bench", "bench", "oauth", "tools/call", "ok", details)
                await attempt.record(RecordedResult(intent.digest, "Done.", {"account": account}), entry)
            written += 1
    return written


async def _in_chains(trail: AsyncIterator[TrailEntry]) -> AsyncIterator[TrailEntry]:
    async for entry in trail:
        if not entry.chain.endswith("/-1"):
            yield entry
