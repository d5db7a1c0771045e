"""A process that idles gives its database connections back, and opens new ones when it has work again."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from servicekit.storage.postgres.database import Database
from tests.fixtures.databases import connected
from tests.servicekit.apps.writes_database import WritesDatabase

IDLE = 0.2
"""Seconds."""


@asynccontextmanager
async def pool(url: str) -> AsyncIterator[Database]:
    database = Database(url, name="idle-test", connections=4, idle_timeout=IDLE)
    await database.start()
    try:
        yield database
    finally:
        await database.stop()


async def open_at_once(database: Database, number: int) -> asyncio.Event:
    """Use some connections at once. The event tells that each of them is closed."""
    closed, left = asyncio.Event(), [number]

    def note(_: Any) -> None:
        left[0] -= 1
        if not left[0]:
            closed.set()

    async with AsyncExitStack() as stack:
        for _ in range(number):
            connection = await stack.enter_async_context(database.without_tenant())
            connection.add_termination_listener(note)
    return closed


async def sessions(writes: WritesDatabase) -> int:
    """How many connections of the pool the server has."""
    async with connected(f"{writes.admin_url}/{writes.urls.database}") as connection:
        query = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'mcp-idle-test' AND datname = $1"
        return int(await connection.fetchval(query, writes.urls.database))


async def test_idle_connections_are_given_back(writes: WritesDatabase) -> None:
    async with pool(writes.urls.writer) as database:
        closed = await open_at_once(database, 3)
        async with asyncio.timeout(20):
            await closed.wait()
        assert database.connections() == (0, 0)


async def test_a_connection_in_use_stays_open(writes: WritesDatabase) -> None:
    async with pool(writes.urls.writer) as database, database.without_tenant() as connection:
        closed = await open_at_once(database, 2)
        async with asyncio.timeout(20):
            await closed.wait()
        assert await connection.fetchval("SELECT 1") == 1
        assert database.connections() == (0, 1)


async def test_a_process_that_idled_works_again(writes: WritesDatabase) -> None:
    async with pool(writes.urls.writer) as database:
        closed = await open_at_once(database, 2)
        async with asyncio.timeout(20):
            await closed.wait()
        await database.check()
        assert await sessions(writes) == 1
