"""Row-level security keeps tenants apart whatever the SQL says, for every role, in every table of every database."""

from collections.abc import Iterable
from typing import Any

import asyncpg
import pytest

from devkit.stores.databases import DatabaseUrls
from servicekit.sample_data.plan import TENANTS
from tests.fixtures.databases import connected

from .domains import JOURNAL, Domain


def tenant_column(domain: Domain, table: str) -> str:
    return "tenant_id" if "tenant_id" in domain.metadata.tables[f"{domain.schema}.{table}"].columns else "id"


def no_rows_of(tables: Iterable[str], tenant: str, domain: Domain) -> str:
    """What to do about tables of which a tenant has no sample rows."""
    return (
        f"{', '.join(tables)}: no sample rows of tenant {tenant}, with which their isolation is tested. Add some in "
        f"sample_data/load.py of {domain.name}."
    )


async def allowed(connection: Any, statements: Iterable[str]) -> list[str]:
    """Those of the statements that the role of this connection has the right to."""
    found = []
    for statement in statements:
        try:
            await connection.execute(statement)
        except asyncpg.InsufficientPrivilegeError:
            continue
        found.append(statement)
    return found


@pytest.mark.parametrize("role", ["reader", "writer", "owner"])
async def test_sql_that_forgets_the_tenant_sees_one_tenant(domain: Domain, urls: DatabaseUrls, role: str) -> None:
    for tenant, _ in TENANTS:
        async with connected(getattr(urls, role), tenant) as connection:
            seen, others = {}, {}
            for table in domain.tables:
                column, name = tenant_column(domain, table), f"{domain.schema}.{table}"
                try:
                    rows = await connection.fetch(f"SELECT DISTINCT {column} FROM {name}")
                except asyncpg.InsufficientPrivilegeError:
                    pytest.fail(f"The {role} may not read {table}: grant it SELECT in a migration of {domain.name}.")
                seen[table] = [row[0] for row in rows]
                others[table] = await connection.fetchval(f"SELECT count(*) FROM {name} WHERE {column} <> $1", tenant)
        empty = [table for table, tenants in seen.items() if not tenants]
        assert not empty, no_rows_of(empty, tenant, domain)
        leaking = [table for table in domain.tables if seen[table] != [tenant] or others[table]]
        assert not leaking, f"The {role} sees other tenants: add row-level security to these tables in a migration."


@pytest.mark.parametrize("tenant", [None, "", "initech", "acme' OR true --"])
@pytest.mark.parametrize("role", ["reader", "writer", "owner"])
async def test_without_a_tenant_there_are_no_rows(
    domain: Domain, urls: DatabaseUrls, role: str, tenant: str | None
) -> None:
    async with connected(getattr(urls, role), tenant) as connection:
        counts = {
            table: await connection.fetchval(f"SELECT count(*) FROM {domain.schema}.{table}") for table in domain.tables
        }
    leaking = [table for table, count in counts.items() if count]
    assert not leaking, f"Their policies let the {role} read without a tenant: compare with current_setting(…, true)."


async def test_every_table_is_under_forced_row_level_security(domain: Domain, empty: DatabaseUrls) -> None:
    # Migrated, and never seeded: loading rows sets it again.
    await domain.migrate(empty.owner)
    async with connected(empty.reader) as connection:
        rows = await connection.fetch(
            "SELECT relname, relispartition, relrowsecurity, relforcerowsecurity FROM pg_class "
            "WHERE relkind IN ('r', 'p') AND relnamespace = $1::regnamespace AND relname <> 'alembic_version'",
            domain.schema,
        )
    made = {row["relname"] for row in rows if not row["relispartition"]}
    assert made == {*domain.tables, *JOURNAL}, "The migrations and migrations/tables name different tables."
    assert [row["relname"] for row in rows if row["relispartition"]] != []  # months of the audit log
    open_tables = [row["relname"] for row in rows if not (row["relrowsecurity"] and row["relforcerowsecurity"])]
    assert not open_tables, "Enable and force row-level security on these tables in their migration."


async def test_the_reader_changes_nothing(domain: Domain, urls: DatabaseUrls) -> None:
    async with connected(urls.reader, "acme") as connection:
        for table in domain.tables:
            name = f"{domain.schema}.{table}"
            statements = (
                f"DELETE FROM {name}",
                f"TRUNCATE {name}",
                f"UPDATE {name} SET {tenant_column(domain, table)} = 'acme'",
                f"INSERT INTO {name} DEFAULT VALUES",
            )
            excess = await allowed(connection, statements)
            assert not excess, f"The reader may do this: grant it only SELECT on {table}."


async def test_the_reader_knows_nothing_of_the_journal(domain: Domain, urls: DatabaseUrls) -> None:
    async with connected(urls.reader, "acme") as connection:
        assert await allowed(connection, [f"SELECT * FROM {domain.schema}.{table}" for table in JOURNAL]) == []


async def test_the_writer_deletes_nothing_that_is_kept(domain: Domain, urls: DatabaseUrls) -> None:
    tables = {*domain.tables, *JOURNAL}
    kept = tables - domain.deletable - {"pending_confirmations"}  # a caller's hundredth replaces the oldest
    async with connected(urls.writer, "acme") as connection:
        deleted = await allowed(connection, [f"DELETE FROM {domain.schema}.{table}" for table in kept])
        assert not deleted, (
            "The writer may do this: revoke DELETE in the migration, or declare the table with "
            'info={"derived": True} if its rows follow from others.'
        )
        assert await allowed(connection, [f"TRUNCATE {domain.schema}.{table}" for table in tables]) == []


async def test_the_writer_changes_no_entry_of_the_audit_trail(domain: Domain, urls: DatabaseUrls) -> None:
    async with connected(urls.writer, "acme") as connection:
        statements = [
            f"UPDATE {domain.schema}.audit_log SET entry = ''",
            f"INSERT INTO {domain.schema}.audit_cuts VALUES ('acme', 'acme/2020-01/0', 1, '', now(), '')",
            *(f"TABLE {domain.schema}.{partition}" for partition in await partitions(connection, domain)),
        ]
        assert len(statements) > 2
        assert await allowed(connection, statements) == []


async def partitions(connection: Any, domain: Domain) -> list[str]:
    """The names of the audit log's months."""
    query = "SELECT relname FROM pg_class WHERE relispartition AND relkind = 'r' AND relnamespace = $1::regnamespace"
    return [row[0] for row in await connection.fetch(query, domain.schema)]


@pytest.mark.parametrize("role", ["reader", "writer"])
async def test_serving_roles_make_nothing_and_see_no_other_schema(
    domain: Domain, urls: DatabaseUrls, role: str
) -> None:
    async with connected(getattr(urls, role), "acme") as connection:
        statements = (
            f"CREATE TABLE {domain.schema}.mine (id int)",
            "CREATE TABLE public.mine (id int)",
            "CREATE TEMPORARY TABLE mine (id int)",
            "CREATE SCHEMA mine",
            f"DELETE FROM {domain.schema}.alembic_version",
            f"UPDATE {domain.schema}.alembic_version SET version_num = '0001'",
            f"SET ROLE {domain.name}_owner",
            *(f"ALTER TABLE {domain.schema}.{table} DISABLE ROW LEVEL SECURITY" for table in domain.tables),
        )
        assert await allowed(connection, statements) == []
