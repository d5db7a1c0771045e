"""The journal in Postgres: its tables come and go, its months are made, and no tenant waits for another."""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest

from servicekit.audit.entry import AuditEntry
from servicekit.audit.tables import drop_lanes_statements, lanes_statements
from servicekit.core.caller import acting_as
from servicekit.core.errors import Unavailable
from servicekit.journal.expiry_function import drop_expiry_statements, expiry_statements
from servicekit.journal.pending import KEPT, LIFETIME, MAX_PENDING, MAX_WRONG, WRONG_WINDOW
from servicekit.journal.postgres import PostgresJournal
from servicekit.journal.tables import (
    create_pending_statements,
    create_statements,
    drop_pending_statements,
    drop_statements,
)
from servicekit.storage.postgres.database import Database
from servicekit.testing.service import caller, connect
from tests.servicekit.apps.writes_app import SCHEMA
from tests.servicekit.apps.writes_database import ANN, WritesDatabase, new_key, until

WRITER = "accounts_writer"
NOW = datetime.now(UTC)


def entry(number: int, tenant: str = "acme") -> AuditEntry:
    return AuditEntry(NOW, tenant, "ann", "tests", "stdio", "tools/call x", "ok", {"number": number})


@asynccontextmanager
async def journal_on(writes: WritesDatabase) -> AsyncIterator[PostgresJournal]:
    database = Database(writes.urls.writer, name="writer")
    await database.start()
    journal = PostgresJournal(database, SCHEMA)
    await journal.start()
    yield journal
    await journal.stop()
    await database.stop()


async def numbers(writes: WritesDatabase, tenant: str) -> list[int]:
    return [one["number"] for one in await writes.audited(f"tenant_id = '{tenant}'")]


async def run(url: str, statements: Sequence[str]) -> None:
    owner = await asyncpg.connect(url)
    for statement in statements:
        await owner.execute(statement)
    await owner.close()


async def objects(writes: WritesDatabase) -> list[Any]:
    """Tables with their indices, policies, rights and functions."""
    return await writes.rows(
        """
        SELECT 'table', relname::text, relrowsecurity::text || relforcerowsecurity, relacl::text FROM pg_class
        WHERE relnamespace = '{schema}'::regnamespace
        UNION ALL SELECT 'column', attrelid::regclass::text, attname, attacl::text FROM pg_attribute
        JOIN pg_class ON pg_class.oid = attrelid WHERE relnamespace = '{schema}'::regnamespace AND attacl IS NOT NULL
        UNION ALL SELECT 'policy', tablename, policyname || cmd || roles::text, coalesce(qual, '') || with_check
        FROM pg_policies WHERE schemaname = '{schema}'
        UNION ALL SELECT 'function', proname, '', proacl::text FROM pg_proc
        WHERE pronamespace = '{schema}'::regnamespace
        ORDER BY 1, 2, 3
        """
    )


async def test_tables_are_dropped_whole_and_made_again_alike(writes: WritesDatabase) -> None:
    before = await objects(writes)
    down = [*drop_expiry_statements(SCHEMA, WRITER), *drop_lanes_statements(SCHEMA, WRITER)]
    down += [*drop_pending_statements(SCHEMA), *drop_statements(SCHEMA)]
    await run(writes.urls.owner, down)
    assert {row[1] for row in await objects(writes)} == {"accounts", "accounts_pkey"}
    up = [*create_statements(SCHEMA, WRITER), *create_pending_statements(SCHEMA, WRITER)]
    await run(writes.urls.owner, [*up, *lanes_statements(SCHEMA, WRITER), *expiry_statements(SCHEMA, WRITER)])
    assert await objects(writes) == before
    async with writes.client() as client:
        done = await client.call_tool("deposit", {"account_id": "till", "amount": 5, "idempotency_key": new_key()})
    assert (done.is_error, (await writes.verdict()).problems) == (False, [])


async def test_a_check_needs_the_database(writes: WritesDatabase) -> None:
    async with journal_on(writes) as journal:
        await journal.check()
    nowhere = Database("postgresql://x:x@127.0.0.1:1/x")
    await nowhere.start()
    with pytest.raises(Unavailable):
        await PostgresJournal(nowhere, SCHEMA).check()
    await nowhere.stop()


async def test_a_stopped_journal_leaves_no_task(writes: WritesDatabase) -> None:
    async with journal_on(writes):
        running = asyncio.all_tasks()
        assert {"audit", "journal upkeep"} <= {task.get_name() for task in running}
    others = [task for task in running if task.get_name() in ("audit", "journal upkeep")]
    done, _ = await asyncio.wait(others, timeout=10)
    assert (len(done), all(task.cancelled() for task in done)) == (2, True)


async def test_a_start_makes_this_month_and_the_next(writes: WritesDatabase) -> None:
    months = "SELECT to_char(current_date + n * interval '1 month', 'YYYY_MM') FROM generate_series(0, 1) AS n"
    wanted = {f"audit_log_{row[0]}" for row in await writes.rows(months)}
    for table in wanted:
        await writes.rows(f"DROP TABLE {SCHEMA}.{table}")

    async def are_made() -> bool:
        found = await writes.rows("SELECT inhrelid::regclass::text FROM pg_inherits")
        return {f"{SCHEMA}.{table}" for table in wanted} <= {row[0] for row in found}

    async with journal_on(writes):
        await until(are_made)


async def test_months_that_cannot_be_made_are_logged(writes: WritesDatabase, caplog: pytest.LogCaptureFixture) -> None:
    await writes.rows(f"REVOKE EXECUTE ON FUNCTION {SCHEMA}.make_audit_month FROM {WRITER}")

    async def is_said() -> bool:
        return "audit partitions not made" in caplog.text

    async with journal_on(writes):
        await until(is_said)
    (said,) = [one for one in caplog.records if one.message == "audit partitions not made"]
    assert said.reason == "InsufficientPrivilegeError"  # type: ignore[attr-defined]


async def test_heads_are_those_of_writes_and_reads(writes: WritesDatabase) -> None:
    service = writes.service()
    assert service.pipeline.writes is not None
    journal = service.pipeline.writes.journal
    async with service.running(), connect(service, ANN) as client:
        await client.call_tool("deposit", {"account_id": "till", "amount": 5})
        ((chain, head),) = journal.heads.take().items()
        assert (chain.split("/")[0], head.number) == ("acme", 1)
        await client.call_tool("get_account", {"account_id": "till"})
    assert sum(head.number for head in journal.heads.take().values()) in (1, 2)  # in that chain, or one of its own


async def test_entries_of_one_tenant_do_not_wait_for_another(
    writes: WritesDatabase, caplog: pytest.LogCaptureFixture
) -> None:
    await writes.rows("ALTER TABLE {schema}.audit_log ADD CONSTRAINT no CHECK (tenant_id <> 'globex') NOT VALID")
    async with journal_on(writes) as journal:
        for number in range(4):
            journal.note(entry(number, "globex" if number % 2 else "acme"))
        with acting_as(caller()):
            assert len(await journal.calls_of("acme", "ann", 5, None)) == 2  # writes what waits
        said = next(one for one in caplog.records if one.message == "audit entries not written, will retry")
        assert (said.levelno, said.waiting, said.dropped) == (logging.WARNING, 2, 0)  # type: ignore[attr-defined]
        with acting_as(caller()):
            await journal.calls_of("acme", "ann", 5, None)  # fails for the same reason, which is logged once a minute
        assert sum(one.message == said.message for one in caplog.records) == 1
        await writes.rows("ALTER TABLE {schema}.audit_log DROP CONSTRAINT no")
        journal.note(entry(5, "globex"))
    assert (await numbers(writes, "acme"), await numbers(writes, "globex")) == ([0, 2], [1, 3, 5])
    assert (await writes.verdict()).problems == []


async def test_codes_expire_and_are_bounded(writes: WritesDatabase) -> None:
    assert (LIFETIME, KEPT, MAX_WRONG, WRONG_WINDOW) == (600, 3600, 10, 600)
    async with journal_on(writes) as journal:
        with acting_as(ANN):
            assert await journal.keep_pending(ANN, "code", "first")
            assert not await journal.keep_pending(ANN, "code", "second")
            found = await journal.find_pending(ANN, "code")
            assert (found and found.content, found and found.expired) == ("first", False)
            for number in range(MAX_PENDING):
                await journal.keep_pending(ANN, f"code-{number}", "more")
            assert await journal.find_pending(ANN, "code") is None
            assert await journal.find_pending(ANN, "code-0") is not None
