"""Migrations: from nothing, again, at once, back; and that they make what the metadata says."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine

from devkit.databases import DatabaseUrls
from devkit.stores.testing import postgres_for_tests
from servicekit.migrations import MigrationRefused
from ticketing_mcp.migrations.run import migrate
from ticketing_mcp.migrations.tables import metadata

HEAD = "0004"
JOURNAL = {"write_journal", "used_consents", "audit_log"}


async def test_an_empty_database_is_migrated_once(empty: DatabaseUrls) -> None:
    assert await migrate(empty.owner) == (None, HEAD)
    assert await migrate(empty.owner) == (HEAD, HEAD)


async def test_two_at_once_do_the_work_of_one(empty: DatabaseUrls) -> None:
    results = await asyncio.gather(migrate(empty.owner), migrate(empty.owner), migrate(empty.owner))
    assert sorted(results, key=str) == [(HEAD, HEAD), (HEAD, HEAD), (None, HEAD)]


def differences(connection: Connection) -> list[object]:
    def ours(name: str | None, kind: str, _parents: object) -> bool:
        # The kit makes the tables of its journal, and tests them.
        return name == "ticketing" if kind == "schema" else name not in {"alembic_version", *JOURNAL}

    context = MigrationContext.configure(
        connection,
        opts={"include_schemas": True, "include_name": ours, "compare_type": True, "compare_server_default": True},
    )
    return list(compare_metadata(context, metadata))


async def test_the_migrated_schema_is_that_of_the_metadata(urls: DatabaseUrls) -> None:
    engine = create_async_engine(urls.owner.replace("postgresql://", "postgresql+asyncpg://"))
    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []
        names = set(
            (
                await connection.execute(text("SELECT indexname FROM pg_indexes WHERE schemaname = 'ticketing'"))
            ).scalars()
        )
    await engine.dispose()
    assert {index.name for table in metadata.tables.values() for index in table.indexes} <= names


@pytest.fixture
async def bare() -> AsyncIterator[str]:
    """A server on which nobody made the roles."""
    with postgres_for_tests() as server:
        yield f"{server.admin_url}/postgres"


async def test_roles_are_asked_for_by_name(bare: str) -> None:
    with pytest.raises(MigrationRefused, match=r"no role ticketing_reader and no role ticketing_writer.*CREATE ROLE"):
        await migrate(bare)
    connection = await asyncpg.connect(bare)
    assert await connection.fetchval("SELECT to_regnamespace('ticketing') IS NULL")
    await connection.execute("CREATE ROLE ticketing_reader; CREATE ROLE ticketing_writer BYPASSRLS")
    with pytest.raises(MigrationRefused, match=r"ticketing_writer bypasses row-level security.*NOBYPASSRLS"):
        await migrate(bare)
    await connection.execute("ALTER ROLE ticketing_writer NOBYPASSRLS")
    assert await migrate(bare) == (None, HEAD)
    await connection.close()
