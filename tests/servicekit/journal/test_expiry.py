"""What the Postgres journal no longer needs is deleted, for every tenant; what still counts stays."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from itertools import pairwise

import asyncpg
import pytest

from servicekit.journal import postgres, postgres_expiry
from servicekit.journal.expiry_function import EXPIRING, MOST
from servicekit.journal.idempotency_key import KEY_LIFETIME
from servicekit.journal.pending import KEPT, LIFETIME, WRONG_WINDOW
from servicekit.journal.postgres import PostgresJournal
from servicekit.journal.postgres_expiry import Expiry
from servicekit.settings.database import Pooler
from servicekit.storage.postgres.database import Database
from servicekit.telemetry.instruments import journal_expired
from servicekit.testing.service import connect
from tests.servicekit.apps.writes_app import SCHEMA
from tests.servicekit.apps.writes_database import ANN, WritesDatabase, confirmation_in, new_key, until

TABLES = {one.table: one for one in EXPIRING}
COLUMNS = {
    "write_journal": "tenant_id, caller, tool, key, digest, reply",
    "used_consents": "tenant_id, nonce",
    "pending_confirmations": "tenant_id, caller, code, content",
    "wrong_codes": "tenant_id, caller",
}
VALUES = {
    "write_journal": "'{tenant}', 'ann', 'deposit', 'k' || n, '', '{{}}'",
    "used_consents": "'{tenant}', 'n' || n",
    "pending_confirmations": "'{tenant}', 'ann', 'c' || n, ''",
    "wrong_codes": "'{tenant}', 'ann'",
}
BACKDATE = "UPDATE {schema}.write_journal SET created_at = created_at - interval '49 hours' WHERE tool = 'deposit'"


async def add(writes: WritesDatabase, table: str, age: float, count: int = 1, tenant: str = "silent") -> None:
    """Rows of a tenant, of an age in seconds."""
    await writes.rows(
        f"INSERT INTO {{schema}}.{table} ({COLUMNS[table]}, {TABLES[table].since}) "
        f"SELECT {VALUES[table].format(tenant=tenant)}, now() - make_interval(secs => $1) "
        f"FROM generate_series({int(age)}, {int(age) + count - 1}) AS n",
        age,
    )


async def counted(writes: WritesDatabase, table: str) -> int:
    return int((await writes.rows(f"SELECT count(*) FROM {{schema}}.{table}"))[0][0])


@asynccontextmanager
async def expiry_on(writes: WritesDatabase, pooler: Pooler = "direct") -> AsyncIterator[Expiry]:
    """The deletion, as a replica runs it."""
    database = Database(writes.urls.writer, name="writer", pooler=pooler)
    await database.start()
    yield Expiry(database, SCHEMA)
    await database.stop()


@pytest.mark.parametrize("pooler", ["direct", "transaction"])
@pytest.mark.parametrize("table", TABLES)
async def test_only_rows_past_their_lifetime_go(writes: WritesDatabase, table: str, pooler: Pooler) -> None:
    lifetime = TABLES[table].seconds
    for tenant in ("acme", "silent"):
        for age in (0, lifetime - 60, lifetime + 1, 100 * lifetime):
            await add(writes, table, age, tenant=tenant)
    async with expiry_on(writes, pooler) as expiry:
        assert (await expiry.delete())[table] == 4
        assert (await expiry.delete())[table] == 0
    assert await counted(writes, table) == 4


def test_nothing_expires_before_it_stops_to_count() -> None:
    counts = {
        "write_journal": KEY_LIFETIME,
        "used_consents": 10 * LIFETIME,
        "pending_confirmations": max(LIFETIME, KEPT),
        "wrong_codes": WRONG_WINDOW,
    }
    assert [table for table, seconds in counts.items() if TABLES[table].seconds < seconds] == []
    assert counts.keys() == TABLES.keys()


async def test_rows_of_a_silent_tenant_go_after_a_restart(
    writes: WritesDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    for table, one in TABLES.items():
        await add(writes, table, one.seconds + 1, 3)
        await add(writes, table, 0, 2)
    monkeypatch.setattr(postgres, "_FIRST_UPKEEP", 0.0)

    async def are_gone() -> bool:
        return [await counted(writes, table) for table in TABLES] == [2, 2, 2, 2]

    async with writes.service().running():  # it has served no call yet
        await until(are_gone)


async def test_a_used_confirmation_stays_used(writes: WritesDatabase) -> None:
    async with writes.client() as client, expiry_on(writes) as expiry:
        asked = {"account_id": "till", "amount": 5, "idempotency_key": new_key()}
        confirmation = confirmation_in(await client.call_tool("withdraw", asked))
        assert not (await client.call_tool(*confirmation)).is_error
        await expiry.delete()
        assert (await client.call_tool(*confirmation)).is_error
        assert await writes.balance() == 995


async def test_the_serving_roles_delete_nothing_that_counts(writes: WritesDatabase) -> None:
    for table in TABLES:
        await add(writes, table, 0, tenant="acme")
    connection = await asyncpg.connect(writes.urls.writer)
    await connection.execute("SELECT set_config('app.tenant', 'acme', false)")
    for most in (1, MOST, 2**31 - 1, 0, -1, None):
        rows = await connection.fetch(f"SELECT * FROM {SCHEMA}.delete_expired($1)", most)
        assert [row["removed"] for row in rows] == [0, 0, 0, 0]
    for table in ("write_journal", "used_consents", "wrong_codes"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(f"DELETE FROM {SCHEMA}.{table}")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await connection.execute(f"UPDATE {SCHEMA}.used_consents SET used_at = '2000-01-01'")
    await connection.close()
    assert [await counted(writes, table) for table in TABLES] == [1, 1, 1, 1]


async def test_the_owner_reaches_expired_rows_only(writes: WritesDatabase) -> None:
    owner = await asyncpg.connect(writes.urls.owner)
    for table, one in TABLES.items():
        await add(writes, table, 0)
        await add(writes, table, one.seconds + 1)
        assert await owner.fetchval(f"SELECT count(*) FROM {SCHEMA}.{table}") == 1
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await owner.execute(f"UPDATE {SCHEMA}.{table} SET {one.since} = now()")
    await owner.close()


async def test_one_replica_at_a_time_deletes(writes: WritesDatabase) -> None:
    await add(writes, "write_journal", KEY_LIFETIME + 1)
    async with expiry_on(writes) as expiry:
        other = await asyncpg.connect(writes.urls.writer)
        transaction = other.transaction()
        await transaction.start()
        assert await other.fetch(f"SELECT * FROM {SCHEMA}.delete_expired(0)") != []
        assert await expiry.delete() == {}
        await transaction.rollback()
        await other.close()
        assert (await expiry.delete())["write_journal"] == 1


async def test_replicas_that_delete_at_once_delete_each_row_once(writes: WritesDatabase) -> None:
    await add(writes, "used_consents", KEY_LIFETIME + 1, 500)
    async with expiry_on(writes) as first, expiry_on(writes) as second:
        deleted = await asyncio.gather(*(one.delete(batch=50) for one in (first, second, first, second)))
        deleted += [await first.delete()]
    assert sum(one.get("used_consents", 0) for one in deleted) == 500
    assert await counted(writes, "used_consents") == 0


async def test_a_row_in_use_is_neither_waited_for_nor_deleted(writes: WritesDatabase) -> None:
    """A retry records its reply over the expired one, in a transaction that is still open."""
    await add(writes, "write_journal", KEY_LIFETIME + 1, 3)
    call = await asyncpg.connect(f"{writes.admin_url}/{writes.urls.database}")
    transaction = call.transaction()
    await transaction.start()
    first = f"SELECT min(key) FROM {SCHEMA}.write_journal"
    await call.execute(f"UPDATE {SCHEMA}.write_journal SET created_at = now() WHERE key = ({first})")
    async with expiry_on(writes) as expiry, asyncio.timeout(5):
        assert (await expiry.delete())["write_journal"] == 2
        await transaction.commit()
        await call.close()
        assert (await expiry.delete())["write_journal"] == 0
    assert await counted(writes, "write_journal") == 1


async def test_a_large_backlog_goes_in_small_transactions(
    writes: WritesDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each batch ends its transaction, so a call waits for one batch at most."""
    monkeypatch.setattr(postgres_expiry, "_PAUSE", 0.0)
    count = 100_000
    await add(writes, "write_journal", KEY_LIFETIME + 1, count)
    left: list[int] = []
    done = asyncio.Event()

    async def watch() -> None:
        while not done.is_set():
            left.append(await counted(writes, "write_journal"))

    async with expiry_on(writes) as expiry, asyncio.TaskGroup() as group:
        group.create_task(watch())
        assert (await expiry.delete())["write_journal"] == count
        done.set()
    assert await counted(writes, "write_journal") == 0
    assert all(before >= after for before, after in pairwise(left))
    assert any(0 < one < count for one in left)


async def test_deleted_rows_are_counted_and_logged(
    writes: WritesDatabase, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    added: list[tuple[int, dict[str, str]]] = []
    monkeypatch.setattr(journal_expired, "add", lambda count, names: added.append((count, names)))
    await add(writes, "wrong_codes", KEPT + 1, 7)
    async with expiry_on(writes) as expiry:
        with caplog.at_level(logging.INFO, "servicekit.journal.postgres_expiry"):
            await expiry.delete(batch=3)
            await expiry.delete()
    (record,) = caplog.records
    assert (record.getMessage(), record.__dict__["wrong_codes"]) == ("expired rows deleted", 7)
    assert added == [(7, {"table": "wrong_codes"})]


async def test_a_failed_deletion_is_logged_and_tried_again(
    writes: WritesDatabase, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "_FIRST_UPKEEP", 0.0)
    monkeypatch.setattr(postgres, "_UPKEEP_INTERVAL", 0.1)
    service = writes.service()

    async def is_logged() -> bool:
        return "expired rows not deleted" in caplog.text

    async def is_gone() -> bool:
        return await counted(writes, "write_journal") == 0

    async with service.running(), connect(service, ANN) as client:
        await client.call_tool("deposit", {"account_id": "till", "amount": 5, "idempotency_key": new_key()})
        await writes.rows("ALTER TABLE {schema}.write_journal RENAME TO hidden")
        await until(is_logged)
        await writes.rows("ALTER TABLE {schema}.hidden RENAME TO write_journal")
        await writes.rows(BACKDATE)
        await until(is_gone)


async def test_an_expired_key_is_new_while_its_row_is_still_there(writes: WritesDatabase) -> None:
    service = writes.service()
    assert service.pipeline.writes is not None
    assert isinstance(service.pipeline.writes.journal, PostgresJournal)
    deposit = {"account_id": "till", "amount": 5, "idempotency_key": new_key()}
    async with service.running(), connect(service, ANN) as client:
        for _ in range(2):
            await client.call_tool("deposit", deposit)
            await writes.rows(BACKDATE)
        await service.pipeline.writes.journal.expiry.delete()
        await until(partial(is_count, writes, 0))
        await client.call_tool("deposit", deposit)
    assert await writes.balance() == 1015


async def is_count(writes: WritesDatabase, count: int) -> bool:
    return await counted(writes, "write_journal") == count
