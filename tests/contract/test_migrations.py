"""Migrations of every database: from nothing, again, at once, back; and that they make what the metadata says."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from devkit.stores.databases import DatabaseUrls
from devkit.stores.testing import postgres_for_tests
from servicekit.storage.migrations import MigrationRefused
from tests.fixtures.databases import connected

from .domains import JOURNAL, Domain


@asynccontextmanager
async def as_owner(urls: DatabaseUrls) -> AsyncIterator[AsyncConnection]:
    """A connection of the kind that Alembic takes, in one transaction."""
    engine = create_async_engine(urls.owner.replace("postgresql://", "postgresql+asyncpg://"))
    async with engine.begin() as connection:
        yield connection
    await engine.dispose()


async def test_an_empty_database_is_migrated_once(domain: Domain, empty: DatabaseUrls) -> None:
    assert domain.head is not None
    assert await domain.migrate(empty.owner) == (None, domain.head)
    assert await domain.migrate(empty.owner) == (domain.head, domain.head)


async def test_an_older_version_leaves_a_newer_schema_alone(domain: Domain, empty: DatabaseUrls) -> None:
    await domain.migrate(empty.owner)
    async with connected(empty.owner) as connection:
        await connection.execute(f"UPDATE {domain.schema}.alembic_version SET version_num = '9999'")
    assert await domain.migrate(empty.owner) == ("9999", "9999")


def go_back(connection: Connection, domain: Domain) -> None:
    config = Config()
    config.set_main_option("script_location", domain.steps)
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.downgrade(config, "base")


async def test_every_step_leads_back(domain: Domain, empty: DatabaseUrls) -> None:
    await domain.migrate(empty.owner)
    async with as_owner(empty) as connection:
        await connection.run_sync(go_back, domain)
        relations = text("SELECT relname FROM pg_class WHERE relnamespace = CAST(:schema AS regnamespace)")
        left = set((await connection.execute(relations, {"schema": domain.schema})).scalars())
    left -= {"alembic_version", "alembic_version_pkc"}
    assert not left, "These stay after the way back: drop them in downgrade() of their migration."
    assert await domain.migrate(empty.owner) == (None, domain.head)


async def test_two_at_once_do_the_work_of_one(domain: Domain, empty: DatabaseUrls) -> None:
    results = await asyncio.gather(*(domain.migrate(empty.owner) for _ in range(3)))
    head = domain.head
    assert sorted(results, key=str) == [(head, head), (head, head), (None, head)]


def differences(connection: Connection, domain: Domain) -> list[object]:
    def ours(name: str | None, kind: str, _parents: object) -> bool:
        # The kit makes the tables of its journal, and tests them.
        if kind == "schema":
            return name == domain.schema
        return name not in {"alembic_version", *JOURNAL} and not str(name).startswith("audit_log_")  # its partitions

    context = MigrationContext.configure(
        connection,
        opts={"include_schemas": True, "include_name": ours, "compare_type": True, "compare_server_default": True},
    )
    return list(compare_metadata(context, domain.metadata))


async def test_the_migrated_schema_is_that_of_the_metadata(domain: Domain, urls: DatabaseUrls) -> None:
    indexes = text("SELECT indexname FROM pg_indexes WHERE schemaname = :schema")
    async with as_owner(urls) as connection:
        found = await connection.run_sync(differences, domain)
        assert not found, "Bring the last migration and migrations/tables into agreement."
        names = set((await connection.execute(indexes, {"schema": domain.schema})).scalars())
    declared = {index.name for table in domain.metadata.tables.values() for index in table.indexes}
    assert not declared - names, "migrations/tables declares these indexes: create them in a migration."


@pytest.fixture
async def bare() -> AsyncIterator[str]:
    """A server without the roles."""
    with postgres_for_tests() as server:
        yield f"{server.admin_url}/postgres"


async def test_missing_roles_are_named(domain: Domain, bare: str) -> None:
    reader, writer = f"{domain.name}_reader", f"{domain.name}_writer"
    with pytest.raises(MigrationRefused, match=rf"no role {reader} and no role {writer}.*CREATE ROLE"):
        await domain.migrate(bare)
    connection = await asyncpg.connect(bare)
    assert await connection.fetchval("SELECT to_regnamespace($1) IS NULL", domain.schema)
    await connection.execute(f"CREATE ROLE {reader}; CREATE ROLE {writer} BYPASSRLS")
    with pytest.raises(MigrationRefused, match=rf"{writer} bypasses row-level security.*NOBYPASSRLS"):
        await domain.migrate(bare)
    await connection.execute(f"ALTER ROLE {writer} NOBYPASSRLS")
    assert await domain.migrate(bare) == (None, domain.head)
    await connection.close()
