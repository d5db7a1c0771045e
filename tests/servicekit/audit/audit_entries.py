"""Audit entries for tests of the log in Postgres, appended as the journal appends them."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from servicekit.audit.entry import AuditEntry
from servicekit.audit.hash_chain import serialise_entry
from servicekit.audit.postgres import AuditLog
from servicekit.storage.postgres.database import Database
from tests.servicekit.apps.writes_app import SCHEMA
from tests.servicekit.apps.writes_database import WritesDatabase

NOVEMBER = datetime(2026, 11, 30, 23, 59, 58, 5, UTC)


def entries(
    count: int = 1, *, at: datetime = NOVEMBER, tenant: str = "acme", subject: str = "ann", **details: Any
) -> list[tuple[AuditEntry, str]]:
    """Entries with their texts, a millisecond apart."""
    made = [
        AuditEntry(at + timedelta(milliseconds=index), tenant, subject, "tests", "stdio", "tools/call x", "ok", details)
        for index in range(count)
    ]
    return [(entry, serialise_entry(entry)) for entry in made]


@asynccontextmanager
async def writer(writes: WritesDatabase) -> AsyncIterator[tuple[Database, AuditLog]]:
    """A replica of its own: a pool of the writer role, and its log."""
    database = Database(writes.urls.writer, name="writer", connections=32, statement_timeout=30)
    await database.start()
    yield database, AuditLog(database, SCHEMA)
    await database.stop()


async def append(log: tuple[Database, AuditLog], made: Sequence[tuple[AuditEntry, str]], tenant: str = "acme") -> None:
    """Append in a transaction of its own."""
    async with log[0].tenant_transaction(tenant) as connection:
        await log[1].append(connection, tenant, made)


async def append_write(log: tuple[Database, AuditLog], made: tuple[AuditEntry, str], tenant: str = "acme") -> None:
    """Append as a write does, after its reply."""
    async with log[0].tenant_transaction(tenant) as connection:
        await write_in(log, connection, made, tenant)


async def write_in(
    log: tuple[Database, AuditLog], connection: Any, made: tuple[AuditEntry, str], tenant: str = "acme"
) -> None:
    """Append as a write does, inside an open transaction."""
    consumed = f"INSERT INTO {SCHEMA}.used_consents (tenant_id, nonce) VALUES ($1, gen_random_uuid()::text) RETURNING 1"
    await log[1].append_after(connection, consumed, (tenant,), tenant, *made)
