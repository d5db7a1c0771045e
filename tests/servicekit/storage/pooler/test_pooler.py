"""Behind a real PgBouncer whose clients share one server connection, a statement has its own tenant and limits."""

import asyncio
import logging
import random
from typing import Any

import asyncpg
import pytest

from servicekit.core.errors import Unavailable
from servicekit.settings.database import Pooler
from servicekit.storage.postgres.database import Database
from servicekit.storage.postgres.errors import NoReply
from servicekit.storage.postgres.pooler import probe_pooler
from tests.servicekit.apps.writes_app import SCHEMA
from tests.servicekit.apps.writes_database import WritesDatabase
from tests.system.stores.pgbouncer import PoolMode
from tests.system.stores.round_trips import counted
from tests.system.stores.site import Stores

from .pooled import ACCOUNTS, TENANTS, Bounce, acting_for, opened


async def foreign_rows(pods: list[Database], calls: int) -> int:
    """Rows of another tenant that interleaved calls of two tenants have got."""
    found = 0

    async def call(number: int) -> None:
        nonlocal found
        tenant = TENANTS[number % 2]
        async with acting_for(random.choice(pods), tenant) as connection:
            rows = await connection.fetch(ACCOUNTS)
        assert rows
        found += sum(row["tenant_id"] != tenant for row in rows)

    await asyncio.gather(*(call(number) for number in range(calls)))
    return found


@pytest.mark.parametrize("pooler", ["direct", "transaction"])
@pytest.mark.parametrize(("mode", "pool_size"), [("transaction", 1), ("transaction", 3), ("session", 4)])
async def test_no_call_sees_rows_of_another_tenant(
    bounce: Bounce, writes: WritesDatabase, mode: PoolMode, pool_size: int, pooler: Pooler
) -> None:
    url = bounce(mode, pool_size=pool_size).through(writes.urls.writer)
    async with (
        opened(url, pooler, connections=2, acquire_timeout=30, statement_timeout=30) as first,
        opened(url, pooler, connections=2, acquire_timeout=30, statement_timeout=30) as second,
    ):
        assert await foreign_rows([first, second], 100) == 0


async def test_calls_leave_nothing_in_the_session(database: Database) -> None:
    async with acting_for(database, "acme") as connection:
        await connection.fetch(ACCOUNTS)
        async with connection.transaction():
            await connection.fetch(ACCOUNTS)
            await connection.executemany(f"UPDATE {SCHEMA}.accounts SET balance = $1", [(1,), (2,)])
        session: Any = await connection.fetchrow(
            "SELECT (SELECT count(*) FROM pg_prepared_statements) AS prepared, "
            "(SELECT count(*) FROM pg_locks WHERE locktype = 'advisory') AS locks, pg_backend_pid() AS process"
        )
    assert tuple(session)[:2] == (0, 0)
    another = await database._address.connect(statement_cache_size=0)
    seen: Any = await another.fetchrow(
        "SELECT pg_backend_pid(), current_setting('app.tenant', true), current_setting('jit'), "
        "current_setting('statement_timeout'), current_setting('transaction_read_only')"
    )
    await another.close()
    assert tuple(seen) == (session["process"], "", "on", "0", "off")


@pytest.mark.parametrize(("pooler", "bounced"), [("direct", False), ("transaction", False), ("transaction", True)])
async def test_a_read_takes_one_round_trip(
    bounce: Bounce, writes: WritesDatabase, pooler: Pooler, bounced: bool
) -> None:
    url = bounce().through(writes.urls.writer) if bounced else writes.urls.writer
    async with (
        counted(url) as (counting, trips),
        opened(counting, pooler, connections=1) as database,
        acting_for(database, "acme") as connection,
    ):
        await connection.fetch(ACCOUNTS)  # learns the types of the columns
        before = trips.count
        await connection.fetch(ACCOUNTS)
        assert trips.count - before == 1
        async with connection.transaction():
            await connection.fetch(ACCOUNTS)
        assert trips.count - before == 4  # with BEGIN and COMMIT


async def test_limits_hold_for_each_statement(bounce: Bounce, writes: WritesDatabase) -> None:
    url = bounce().through(writes.urls.writer)
    async with opened(url, read_only=True, statement_timeout=0.1) as database, acting_for(database, "acme") as acme:
        with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
            await acme.execute(f"DELETE FROM {SCHEMA}.accounts")
        with pytest.raises(asyncpg.QueryCanceledError):
            await acme.fetch("SELECT pg_sleep(5)")
        async with acme.transaction():
            with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
                await acme.fetch(f"DELETE FROM {SCHEMA}.accounts RETURNING id")


async def test_a_rollback_to_a_savepoint_keeps_the_tenant(database: Database) -> None:
    async with acting_for(database, "acme") as connection, connection.transaction():
        inner = connection.transaction()
        await inner.start()
        assert await connection.fetch(ACCOUNTS)
        await inner.rollback()
        rows = [row async for row in connection.cursor(ACCOUNTS, prefetch=1)]
    assert {row["tenant_id"] for row in rows} == {"acme"}


@pytest.mark.parametrize("isolation", ["serializable", "repeatable_read", "read_committed"])
async def test_transactions_have_the_isolation_they_name(database: Database, isolation: Any) -> None:
    async with acting_for(database, "globex") as connection, connection.transaction(isolation=isolation):
        level = await connection.fetchval("SELECT current_setting('transaction_isolation')")
        assert level == isolation.replace("_", " ")
        assert {row["tenant_id"] for row in await connection.fetch(ACCOUNTS)} == {"globex"}


async def test_refused_values_end_what_was_sent_ahead(database: Database) -> None:
    async def wrong(connection: Any) -> None:
        with pytest.raises(asyncpg.DataError):
            await connection.fetch("SELECT $1::int", "one")
        with pytest.raises(asyncpg.InterfaceError):
            await connection.fetch("SELECT $1::int")
        with pytest.raises(asyncpg.DataError):
            await connection.executemany("SELECT $1::int", [("one",)])

    async with acting_for(database, "acme") as one, acting_for(database, "globex") as other:
        await wrong(one)
        await wrong(other)
        assert {row["tenant_id"] for row in await one.fetch(ACCOUNTS)} == {"acme"}


async def test_no_time_left_ends_what_was_sent_ahead(database: Database) -> None:
    async with acting_for(database, "acme") as one, acting_for(database, "globex") as other:
        await one.fetch(ACCOUNTS)
        with pytest.raises(NoReply):
            await one.fetch("SELECT 1 AS prepared_too_late", timeout=1e-5)
        assert {row["tenant_id"] for row in await other.fetch(ACCOUNTS)} == {"globex"}
        assert {row["tenant_id"] for row in await one.fetch(ACCOUNTS)} == {"acme"}


async def test_a_cursor_reads_what_was_fetched_before(database: Database) -> None:
    async with acting_for(database, "acme") as connection:
        rows = await connection.fetch(ACCOUNTS)
        async with connection.transaction():
            await connection.fetch("SELECT 1")
            assert [row async for row in connection.cursor(ACCOUNTS, prefetch=1)] == rows
            assert await connection.fetch(ACCOUNTS) == rows
        await connection.executemany("SELECT $1::int", [(number,) for number in range(1000)])
        assert await connection.fetch(ACCOUNTS) == rows


async def test_a_cancelled_call_leaves_no_open_transaction(database: Database, writes: WritesDatabase) -> None:
    sleep = "SELECT pg_sleep(0.15)"

    async def call(tenant: str, query: str) -> Any:
        async with acting_for(database, tenant) as connection:
            return await connection.fetch(query)

    for delay in [step / 400 for step in range(24)]:  # before, during and after each part of a statement
        work = asyncio.create_task(call("acme", f"{sleep}, {delay}"))
        await asyncio.sleep(delay)
        work.cancel()
        with pytest.raises(asyncio.CancelledError):
            await work
        assert {row["tenant_id"] for row in await call("globex", ACCOUNTS)} == {"globex"}
    states = await writes.rows("SELECT state FROM pg_stat_activity WHERE usename = 'accounts_writer'")
    assert [state for (state,) in states] == ["idle"]


async def test_a_wrong_setting_is_found_and_harmless(
    bounce: Bounce, writes: WritesDatabase, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, logger="servicekit")
    async with opened(bounce().through(writes.urls.writer), "direct") as database:
        await database.check()
        assert database.warning == "A pooler stands before Postgres. Set POOLER=transaction."
        async with acting_for(database, "acme") as one, acting_for(database, "globex") as other:
            assert {row["tenant_id"] for row in await one.fetch(ACCOUNTS)} == {"acme"}
            assert {row["tenant_id"] for row in await other.fetch(ACCOUNTS)} == {"globex"}
    assert [record.message for record in caplog.records].count("pooler found") == 1


@pytest.mark.parametrize("pooler", ["direct", "transaction"])
async def test_a_right_setting_has_no_warning(writes: WritesDatabase, bounce: Bounce, pooler: Pooler) -> None:
    url = writes.urls.writer if pooler == "direct" else bounce().through(writes.urls.writer)
    async with opened(url, pooler) as database, acting_for(database, "acme") as connection:
        assert await connection.fetch(ACCOUNTS)
        assert (database.warning, connection.is_shared) == (None, pooler == "transaction")


async def test_a_pooler_that_refuses_parameters_refuses_calls(
    stores: Stores,
    writes: WritesDatabase,
) -> None:
    url = stores.pgbouncer([writes.urls.writer]).through(writes.urls.writer)
    async with opened(url, "direct") as database:
        with pytest.raises(Unavailable):
            await database.check()
        refused = "unsupported startup parameter: default_transaction_read_only"
        assert database.failures.causes.current == f"a pooler refuses the parameters of the session (08P01): {refused}"
    async with opened(url, "transaction") as database:
        await database.check()


@pytest.mark.parametrize(
    ("mode", "pool_size", "found"), [(None, 0, "direct"), ("transaction", 1, "transaction"), ("session", 2, "pooler")]
)
async def test_the_probe_names_what_stands_between(
    bounce: Bounce, writes: WritesDatabase, mode: PoolMode | None, pool_size: int, found: str
) -> None:
    url = bounce(mode, pool_size=pool_size).through(writes.urls.writer) if mode else writes.urls.writer
    first, second = [await asyncpg.connect(url, statement_cache_size=0) for _ in range(2)]
    assert await probe_pooler(first, second) == found
    await first.close()
    await second.close()
