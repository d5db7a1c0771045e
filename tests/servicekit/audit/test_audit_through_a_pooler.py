"""Audit chains stay whole through a PgBouncer whose clients share one server connection."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from devkit.stores.databases import DatabaseUrls
from servicekit.audit.hash_chain import verify
from servicekit.audit.postgres import AuditLog
from servicekit.audit.postgres_prune import prune
from servicekit.journal.postgres import audit_trail
from servicekit.storage.postgres.database import Database
from tests.servicekit.apps.writes_app import SCHEMA
from tests.servicekit.apps.writes_database import WritesDatabase
from tests.system.stores.conftest import stores  # noqa: F401
from tests.system.stores.site import Stores

from .audit_entries import NOVEMBER, append, append_write, entries

Log = tuple[Database, AuditLog]


@pytest.fixture
def pooled(stores: Stores, writes: WritesDatabase) -> DatabaseUrls:  # noqa: F811
    """The URLs of the writes app's database, through the pooler."""
    return stores.pgbouncer(writes.urls).urls(writes.urls)


@pytest.fixture
async def pods(pooled: DatabaseUrls) -> AsyncIterator[list[Log]]:
    """Two replicas, each with a pool of its own."""
    async with AsyncExitStack() as stack:
        databases = [Database(pooled.writer, connections=8, acquire_timeout=60, pooler="transaction") for _ in range(2)]
        for database in databases:
            await database.start()
            stack.push_async_callback(database.stop)
        yield [(database, AuditLog(database, SCHEMA)) for database in databases]


async def whole(urls: DatabaseUrls) -> int:
    """The number of entries, all in whole chains, as `audit verify` reads them through the pooler."""
    async with audit_trail(urls.owner, SCHEMA) as journal:
        verdict = await verify(journal.trail())
    assert verdict.problems == []
    return verdict.entries


async def test_concurrent_writes_of_two_replicas_leave_whole_chains(pods: list[Log], pooled: DatabaseUrls) -> None:
    for _ in range(2):
        await asyncio.gather(
            *(
                append_write(pod, *entries(tenant=tenant), tenant=tenant)
                for pod in pods
                for tenant in ("acme", "globex")
                for _ in range(10)
            )
        )
    assert await whole(pooled) == 80


async def test_replicas_on_one_lane_make_no_fork(pods: list[Log], pooled: DatabaseUrls, writes: WritesDatabase) -> None:
    (definition,) = (await writes.rows("SELECT pg_get_functiondef('{schema}.append_audit'::regproc)"))[0]
    await writes.rows(definition.replace("random() * 256", "random() * 1"))
    for _ in range(3):
        await asyncio.gather(*(append_write(pod, *entries()) for pod in pods for _ in range(8)))
    assert await whole(pooled) == 48


async def test_an_entry_that_a_failover_lost_leaves_no_gap(
    pods: list[Log], pooled: DatabaseUrls, writes: WritesDatabase
) -> None:
    """The pooler reconnects to the new primary; the connection of its client stays, and remembers the lost entry."""
    for _ in range(3):
        await append_write(pods[0], *entries())
    await writes.rows("DELETE FROM {schema}.audit_log WHERE number = 3")
    await append_write(pods[0], *entries())
    await append(pods[0], entries())
    assert await whole(pooled) == 4


async def test_months_are_removed_through_a_pooler(pods: list[Log], pooled: DatabaseUrls) -> None:
    await append_write(pods[0], *entries(at=NOVEMBER.replace(year=2024)))
    (cut,) = await prune(pooled.owner, SCHEMA, NOVEMBER.replace(year=2025), None)
    assert cut.number == 1
    await append_write(pods[0], *entries(at=NOVEMBER.replace(year=2024)))
    assert await whole(pooled) == 1
