"""A database that fails in the ways of real ones: the call is unavailable, the cause is logged once, it recovers."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import asyncpg
import pytest

from servicekit.core.caller import acting_as
from servicekit.core.errors import Unavailable
from servicekit.storage.postgres.database import Database
from servicekit.storage.postgres.errors import DatabaseUnavailable
from servicekit.testing.service import caller
from tests.servicekit.apps.writes_app import SCHEMA
from tests.servicekit.apps.writes_database import WritesDatabase

SIGNED_IN = caller("accounts:write")
END = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = 'accounts_writer'"
INSERT = f"INSERT INTO {SCHEMA}.used_consents (tenant_id, nonce) VALUES ('acme', $1)"


@asynccontextmanager
async def opened(url: str, **options: Any) -> AsyncIterator[Database]:
    database = Database(url, **options)
    await database.start()
    with acting_as(SIGNED_IN):
        yield database
    await database.stop()


def causes(caplog: pytest.LogCaptureFixture) -> list[str]:
    lines = [line for line in caplog.records if line.getMessage() == "dependency unavailable"]
    return [line.reason for line in lines]  # type: ignore[attr-defined]


async def cause_of(database: Database, statement: str = "SELECT 1") -> str:
    with pytest.raises(DatabaseUnavailable) as failed:
        await database.fetchval(statement)
    return failed.value.failure.cause


async def insert(database: Database, nonce: str, then: str = "SELECT 1") -> None:
    async with database.transaction() as connection:
        await connection.execute(INSERT, nonce)
        await connection.execute(then)


async def fill(database: Database) -> None:
    """Open every connection of the pool."""
    await asyncio.gather(*(database.fetchval("SELECT pg_sleep(0.05)") for _ in range(5)))


async def test_a_writer_on_a_standby_moves_its_connections(
    writes: WritesDatabase, caplog: pytest.LogCaptureFixture
) -> None:
    async with opened(writes.urls.writer, connections=5) as database:
        await fill(database)
        for _ in range(5):  # what a demoted primary would do to the sessions that it kept
            async with database.session() as connection:
                await connection.execute("SET default_transaction_read_only = on")
        refused = 0
        for number in range(10):
            try:
                await insert(database, str(number))
            except Unavailable:
                refused += 1
        assert refused == 1
        assert await database.fetchval(f"SELECT count(*) FROM {SCHEMA}.used_consents") == 9
    assert [cause.partition(":")[0] for cause in causes(caplog)] == ["the server refuses writes"]


async def test_the_check_of_a_writer_fails_on_a_standby(writes: WritesDatabase) -> None:
    async with opened(writes.urls.writer, connections=1) as database:
        await database.check()
        async with database.session() as connection:
            await connection.execute("SET default_transaction_read_only = on")
        with pytest.raises(DatabaseUnavailable) as failed:
            await database.check()
        assert "standby" in failed.value.failure.cause
        await database.check()  # on a new connection


async def test_reads_survive_the_end_of_every_connection(writes: WritesDatabase) -> None:
    async with opened(writes.urls.writer, connections=5, read_only=True) as database:
        for _ in range(5):
            await fill(database)
            reads = [asyncio.create_task(database.fetchval("SELECT count(*) FROM pg_class")) for _ in range(5)]
            await writes.rows(END)
            assert all(await asyncio.gather(*reads))
            assert await database.fetchval("SELECT 1") == 1


async def test_a_write_is_never_repeated(writes: WritesDatabase) -> None:
    async with opened(writes.urls.writer, connections=1) as database:
        with pytest.raises(Unavailable):
            await insert(database, "once", "SELECT pg_terminate_backend(pg_backend_pid())")
        with pytest.raises(Unavailable):
            await database.fetchval("SELECT pg_terminate_backend(pg_backend_pid())")
        assert await database.fetchval(f"SELECT count(*) FROM {SCHEMA}.used_consents") == 0


async def test_too_many_connections_are_logged_once(writes: WritesDatabase, caplog: pytest.LogCaptureFixture) -> None:
    name = writes.urls.database
    await writes.rows(f"ALTER DATABASE {name} CONNECTION LIMIT 1")
    async with opened(writes.urls.writer, connections=5) as database:
        reads = await asyncio.gather(
            *(database.fetchval("SELECT pg_sleep(0.2)") for _ in range(5)), return_exceptions=True
        )
        failed = [read for read in reads if isinstance(read, Exception)]
        assert failed
        assert all(isinstance(read, DatabaseUnavailable) for read in failed)
        await writes.rows(f"ALTER DATABASE {name} CONNECTION LIMIT -1")
        await fill(database)
    assert [cause.partition(" (")[0] for cause in causes(caplog)] == ["the server has no connection left"]


@pytest.mark.parametrize(
    ("part", "changed", "cause"),
    [
        (r":accounts_writer@", ":wrong@", "127.0.0.1 refuses the login of accounts_writer"),
        (r"accounts_writer:", "unknown:", "127.0.0.1 refuses the login of unknown"),
        (r"/accounts_\w+$", "/absent", "127.0.0.1 has no database absent"),
        (r"@127.0.0.1:\d+", "@127.0.0.1:1", "the server refuses connections"),
        (r"@127.0.0.1:", "@absent.invalid:", "the host name absent.invalid is unknown"),
        (r"$", "?target_session_attrs=standby", "none of 1 hosts is standby"),
    ],
)
async def test_a_wrong_url_is_named_in_the_log(writes: WritesDatabase, part: str, changed: str, cause: str) -> None:
    async with opened(re.sub(part, changed, writes.urls.writer)) as database:
        assert (await cause_of(database)).startswith(cause)


async def test_a_database_without_tables_asks_for_migrate(writes: WritesDatabase) -> None:
    async with opened(writes.urls.writer) as database:
        await writes.rows("ALTER TABLE {schema}.used_consents RENAME TO hidden")
        with pytest.raises(DatabaseUnavailable) as failed:
            await insert(database, "x")
        assert "migrate" in failed.value.failure.next_step
        assert "42P01" in failed.value.failure.cause


async def test_a_missing_right_is_named_in_the_log(writes: WritesDatabase) -> None:
    async with opened(writes.urls.writer) as database:
        await writes.rows("REVOKE INSERT ON {schema}.used_consents FROM accounts_writer")
        with pytest.raises(DatabaseUnavailable, match="not answering") as failed:
            await insert(database, "x")
        assert "lacks a right" in failed.value.failure.cause


async def test_a_row_of_another_tenant_stays_a_crash(writes: WritesDatabase) -> None:
    async with opened(writes.urls.writer) as database, database.tenant_transaction("globex") as connection:
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level"):
            await connection.execute(INSERT, "x")


async def test_a_slow_read_is_not_repeated(writes: WritesDatabase) -> None:
    async with opened(writes.urls.writer, read_only=True, statement_timeout=0.1) as database:
        before = asyncio.get_running_loop().time()
        assert "STATEMENT_TIMEOUT" in await cause_of(database, "SELECT pg_sleep(5)")
        assert asyncio.get_running_loop().time() - before < 2
        assert await database.fetchval("SELECT 1") == 1


async def test_a_deadlock_is_no_crash(writes: WritesDatabase) -> None:
    async with opened(writes.urls.writer) as database:
        held = asyncio.Barrier(2)

        async def lock(first: int, second: int) -> None:
            async with database.tenant_transaction("acme") as connection:
                await connection.execute("SELECT pg_advisory_xact_lock($1)", first)
                await held.wait()
                await connection.execute("SELECT pg_advisory_xact_lock($1)", second)

        ended = await asyncio.gather(lock(1, 2), lock(2, 1), return_exceptions=True)
        failed = [one for one in ended if one is not None]
        assert len(failed) == 1
        assert isinstance(failed[0], DatabaseUnavailable)
        assert "deadlock" in failed[0].failure.cause


async def test_a_pool_in_use_works_as_long_as_calls_end(writes: WritesDatabase) -> None:
    async with opened(writes.urls.writer, connections=1) as database:
        stop = asyncio.Event()

        async def keep_busy() -> None:
            while not stop.is_set():
                with suppress(Unavailable):
                    await database.fetchval("SELECT pg_sleep(0.1)")

        busy = [asyncio.create_task(keep_busy()) for _ in range(20)]
        await asyncio.sleep(0)
        for _ in range(3):
            await database.check()
        stop.set()
        await asyncio.gather(*busy)
        async with database.session():  # a call that does not end
            with pytest.raises(DatabaseUnavailable) as failed:
                await database.check()
        assert "in use" in failed.value.failure.cause


async def test_no_password_reaches_the_log(writes: WritesDatabase, caplog: pytest.LogCaptureFixture) -> None:
    async with opened(writes.urls.writer.replace(":accounts_writer@", ":s3cr3t-word@")) as database:
        await cause_of(database)
    assert causes(caplog)
    assert not any("s3cr3t" in str(vars(line)) for line in caplog.records)
