"""Migrations of every database: from nothing, again, at once; and that they make what the metadata says."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine

from contract.domains import JOURNAL, Domain
from databases import connected
from devkit.databases import DatabaseUrls
from devkit.stores.testing import postgres_for_tests
from servicekit.migrations import MigrationRefused


async def test_an_empty_database_is_migrated_once(domain: Domain, empty: DatabaseUrls) -> None:
    assert domain.head is not None
    assert await domain.migrate(empty.owner) == (None, domain.head)
    assert await domain.migrate(empty.owner) == (domain.head, domain.head)


async def test_a_version_that_is_gone_back_to_leaves_the_newer_schema_alone(
    domain: Domain, empty: DatabaseUrls
) -> None:
    await domain.migrate(empty.owner)
    async with connected(empty.owner) as connection:
        await connection.execute(f"UPDATE {domain.schema}.alembic_version SET version_num = '9999'")
    assert await domain.migrate(empty.owner) == ("9999", "9999")


async def test_two_at_once_do_the_work_of_one(domain: Domain, empty: DatabaseUrls) -> None:
    results = await asyncio.gather(*(domain.migrate(empty.owner) for _ in range(3)))
    head = domain.head
    assert sorted(results, key=str) == [(head, head), (head, head), (None, head)]


def differences(connection: Connection, domain: Domain) -> list[object]:
    def ours(name: str | None, kind: str, _parents: object) -> bool:
        # The kit makes the tables of its journal, and tests them.
        return name == domain.schema if kind == "schema" else name not in {"alembic_version", *JOURNAL}

    context = MigrationContext.configure(
        connection,
        opts={"include_schemas": True, "include_name": ours, "compare_type": True, "compare_server_default": True},
    )
    return list(compare_metadata(context, domain.metadata))


async def test_the_migrated_schema_is_that_of_the_metadata(domain: Domain, urls: DatabaseUrls) -> None:
    engine = create_async_engine(urls.owner.replace("postgresql://", "postgresql+asyncpg://"))
    indexes = text("SELECT indexname FROM pg_indexes WHERE schemaname = :schema")
    async with engine.connect() as connection:
        assert await connection.run_sync(differences, domain) == []
        names = set((await connection.execute(indexes, {"schema": domain.schema})).scalars())
    await engine.dispose()
    assert {index.name for table in domain.metadata.tables.values() for index in table.indexes} <= names


@pytest.fixture
async def bare() -> AsyncIterator[str]:
    """A server on which nobody made the roles."""
    with postgres_for_tests() as server:
        yield f"{server.admin_url}/postgres"


async def test_roles_are_asked_for_by_name(domain: Domain, bare: str) -> None:
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
