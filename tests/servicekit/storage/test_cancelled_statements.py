"""A statement that is given up between its two parts: nothing of it stays behind in Postgres."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import asyncpg
import pytest

from devkit.stores.testing import PostgresServer
from servicekit.core.caller import acting_as
from servicekit.core.errors import Unavailable
from servicekit.storage.postgres.connection import UNWIND_TIMEOUT
from servicekit.storage.postgres.database import Database
from servicekit.testing.service import caller

_STATES = "SELECT state FROM pg_stat_activity WHERE application_name = $1"


@pytest.fixture
async def database(postgres: PostgresServer) -> AsyncIterator[Database]:
    database = Database(f"{postgres.admin_url}/postgres", name=f"given-up-{uuid4().hex[:8]}", connections=1)
    await database.start()
    yield database
    await database.stop()


@pytest.fixture
async def watcher(postgres: PostgresServer) -> AsyncIterator[Database]:
    watcher = Database(f"{postgres.admin_url}/postgres", name="watcher", connections=1)
    await watcher.start()
    yield watcher
    await watcher.stop()


async def cancelled_at_answer(work: asyncio.Task[object], number: int) -> None:
    """Cancel a task between the answer it waits for and its next step."""
    answered: set[int] = set()
    while len(answered) < number:
        await asyncio.sleep(0)
        waiter = getattr(work, "_fut_waiter", None)
        assert not work.done(), "it needed fewer answers"
        if waiter is not None and waiter.done():
            answered.add(id(waiter))
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work


@pytest.mark.parametrize("within_transaction", [False, True])
async def test_nothing_of_it_stays_open(database: Database, watcher: Database, within_transaction: bool) -> None:
    async def ask() -> object:
        if not within_transaction:
            return await database.fetch("SELECT relname FROM pg_class WHERE relname = $1", "x")
        async with database.transaction():
            return await database.fetch("SELECT relname FROM pg_class WHERE relname <> $1", "x")

    with acting_as(caller("accounts:read")):
        await database.fetch("SELECT $1::int", 1)  # connected, and bound to the tenant
        await cancelled_at_answer(asyncio.create_task(ask()), 2 if within_transaction else 1)
        states = await watcher.fetch(_STATES, f"mcp-{database.name}")
        assert [row["state"] for row in states] == ["idle"]
        assert await database.fetchval("SELECT $1::int", 2) == 2


@pytest.mark.parametrize("within_transaction", [False, True])
async def test_a_server_that_hangs_holds_no_call(database: Database, within_transaction: bool) -> None:
    async def ask(process: int) -> None:
        async with database.transaction() if within_transaction else database.session() as connection:
            await connection.fetchval("SELECT 1")
            os.kill(process, signal.SIGSTOP)
            await connection.fetchval("SELECT 1")

    with acting_as(caller("accounts:read")):
        process: int = await database.fetchval("SELECT pg_backend_pid()")
        began = time.monotonic()
        with pytest.raises((TimeoutError, Unavailable)):
            await asyncio.wait_for(ask(process), 0.2)
        took = time.monotonic() - began
        os.kill(process, signal.SIGCONT)
        assert took < 0.2 + 2 * UNWIND_TIMEOUT + 0.5
        assert await database.fetchval("SELECT $1::int", 2) == 2


async def test_a_connection_lost_during_cancellation_is_no_crash(database: Database, postgres: PostgresServer) -> None:
    async def end(process_id: int) -> None:
        connection = await asyncpg.connect(f"{postgres.admin_url}/postgres")
        await connection.execute("SELECT pg_terminate_backend($1, 5000)", process_id)
        await connection.close()

    async def ask() -> object:
        async with database.session() as connection:
            try:
                return await connection.fetch("SELECT relname FROM pg_class WHERE relname = $1", "y")
            finally:
                # Waited for in a thread, so that of the end only the goodbye is read when the connection goes back.
                with ThreadPoolExecutor() as thread:
                    thread.submit(asyncio.run, end(connection.get_server_pid())).result()
                await asyncio.sleep(0)

    with acting_as(caller("accounts:read")):
        await database.fetch("SELECT $1::int", 1)
        await cancelled_at_answer(asyncio.create_task(ask()), 1)
        assert await database.fetchval("SELECT $1::int", 2) == 2
