"""Work that waits for the commit: done once it is there, never without it."""

from collections.abc import AsyncIterator

import pytest

from devkit.stores.testing import PostgresServer
from servicekit.core.caller import acting_as
from servicekit.storage.postgres.database import Database
from servicekit.testing.service import caller

SIGNED_IN = caller("accounts:write")


@pytest.fixture
async def database(postgres: PostgresServer) -> AsyncIterator[Database]:
    database = Database(f"{postgres.admin_url}/postgres", connections=2)
    await database.start()
    yield database
    await database.stop()


async def test_it_is_done_after_the_outermost_commit_in_order(database: Database) -> None:
    seen: list[tuple[str, bool]] = []

    async def note(name: str) -> None:
        # Another connection sees whether the transaction is over.
        async with database.tenant_transaction("other") as connection:
            running = await connection.fetchval(
                "SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction' AND query LIKE '%the one%'"
            )
        seen.append((name, bool(running)))

    with acting_as(SIGNED_IN):
        async with database.transaction():
            await database.after_commit(lambda: note("first"))
            async with database.transaction():
                await database.after_commit(lambda: note("second"))
            await database.fetchval("SELECT 'the one'")
            assert seen == []
    assert seen == [("first", False), ("second", False)]


async def test_it_is_not_done_where_nothing_was_committed(database: Database) -> None:
    done: list[str] = []

    async def note() -> None:
        done.append("done")

    async def fail() -> None:
        async with database.transaction():
            await database.after_commit(note)
            raise RuntimeError("no")

    with acting_as(SIGNED_IN):
        with pytest.raises(RuntimeError, match="no"):
            await fail()
        assert done == []
        async with database.transaction():
            await database.fetchval("SELECT 1")
        assert done == [], "what was not done is forgotten"


async def test_outside_a_transaction_it_is_done_at_once(database: Database) -> None:
    done: list[str] = []

    async def note() -> None:
        done.append("done")

    await database.after_commit(note)
    assert done == ["done"]
