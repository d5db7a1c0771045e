"""`check` on databases: each defect is found and its remedy named, with the serving roles and with the owner."""

from datetime import UTC, datetime
from urllib.parse import urlsplit

import asyncpg
import pytest

from devkit.stores.databases import DatabaseUrls
from devkit.stores.testing import PostgresServer
from servicekit.preflight.schema import ServiceSchema
from tests.fixtures.databases import connected

from .checking import invoke
from .database_checks import as_owner, as_superuser, changed, checked, failures
from .domains import Domain, variables


async def test_the_owner_passes(domain: Domain, urls: DatabaseUrls) -> None:
    found = await checked(domain, urls, "--owner")
    assert (found.failed(), found.result.exit_code) == (set(), 0)
    assert {name.partition(".")[0] for name in found.findings} == {"owner"}
    assert {"owner.connection", "owner.role", "owner.migrations", "owner.isolation"} <= set(found.findings)


async def test_the_owner_needs_a_url(domain: Domain, urls: DatabaseUrls) -> None:
    settings = {"public_url": domain.description.resource, "reader_url": urls.reader, "writer_url": urls.writer}
    finished = await invoke(domain.name, variables(domain.description, settings), "check", "--owner")
    assert (finished.exit_code, finished.stdout) == (2, "")
    assert f"{domain.description.prefix}OWNER_URL is required" in finished.stderr


async def test_a_wrong_password_is_named(domain: Domain, urls: DatabaseUrls) -> None:
    wrong = "guessed-password-41c9"
    found = await checked(domain, urls, writer_url=changed(urls.writer, password=wrong))
    assert failures(found) == {"writer.connection"}
    assert f"{domain.description.prefix}WRITER_URL: 127.0.0.1 refuses the login of {domain.name}_writer" in found.said(
        "writer.connection"
    )
    assert wrong not in found.result.output


async def test_an_unknown_role_cannot_sign_in(domain: Domain, urls: DatabaseUrls) -> None:
    found = await checked(domain, urls, reader_url=changed(urls.reader, user="nobody_here"))
    assert failures(found) == {"reader.connection"}


async def test_an_unknown_database_is_named(domain: Domain, urls: DatabaseUrls) -> None:
    found = await checked(domain, urls, reader_url=changed(urls.reader, database="nowhere"))
    assert "has no database nowhere" in found.said("reader.connection")


async def test_an_unknown_host_is_named(domain: Domain, urls: DatabaseUrls) -> None:
    url = urls.reader.replace("127.0.0.1", "database.invalid")
    assert "the host name database.invalid is unknown" in (await checked(domain, urls, reader_url=url)).said(
        "reader.connection"
    )


async def test_a_superuser_is_refused(domain: Domain, urls: DatabaseUrls, postgres: PostgresServer) -> None:
    found = await checked(domain, urls, writer_url=f"{postgres.admin_url}/{urls.database}")
    assert failures(found) == {"writer.role"}
    said = found.said("writer.role")
    assert "postgres is a superuser, so tenants would see each other's rows." in said
    assert f"Sign in as {domain.name}_writer" in said


async def test_a_role_that_bypasses_is_refused(domain: Domain, own: DatabaseUrls, postgres: PostgresServer) -> None:
    role = f"{domain.name}_reader"
    async with as_superuser(postgres, own) as connection:
        await connection.execute(f"ALTER ROLE {role} BYPASSRLS")
        try:
            found, owner = await checked(domain, own), await checked(domain, own, "--owner")
        finally:
            await connection.execute(f"ALTER ROLE {role} NOBYPASSRLS")
    assert failures(found) == {"reader.role"}
    assert f"ALTER ROLE {role} NOSUPERUSER NOBYPASSRLS" in found.said("reader.role")
    assert failures(owner) == {"owner.role"}


async def test_swapped_roles_are_noticed(domain: Domain, urls: DatabaseUrls) -> None:
    found = await checked(domain, urls, reader_url=urls.writer, writer_url=urls.reader)
    assert failures(found) == {"reader.role", "writer.role"}
    assert f"Use {domain.name}_reader in the URL" in found.said("reader.role")


async def test_the_owner_may_not_serve(domain: Domain, urls: DatabaseUrls) -> None:
    assert failures(await checked(domain, urls, writer_url=urls.owner)) == {"writer.role"}


async def test_a_member_of_the_role_may_serve(domain: Domain, own: DatabaseUrls, postgres: PostgresServer) -> None:
    role = f"{domain.name}_member"
    async with as_superuser(postgres, own) as connection:
        await connection.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'member' IN ROLE {domain.name}_writer")
        try:
            found = await checked(domain, own, writer_url=changed(own.writer, user=role, password="member"))
        finally:
            await connection.execute(f"DROP ROLE {role}")
    assert failures(found) == set()


async def test_a_writer_among_the_owners_is_refused(
    domain: Domain, own: DatabaseUrls, postgres: PostgresServer
) -> None:
    owner, writer = f"{domain.name}_owner", f"{domain.name}_writer"
    async with as_superuser(postgres, own) as connection:
        await connection.execute(f"GRANT {owner} TO {writer}")
        try:
            found = await checked(domain, own)
        finally:
            await connection.execute(f"REVOKE {owner} FROM {writer}")
    assert failures(found) == {"writer.ownership"}
    assert f"REVOKE {owner} FROM {writer}" in found.said("writer.ownership")


async def test_a_reader_that_can_write_is_refused(domain: Domain, own: DatabaseUrls) -> None:
    table = f"{domain.schema}.{domain.tables[0]}"
    await as_owner(own, f"GRANT INSERT ON {table} TO {domain.name}_reader")
    found = await checked(domain, own)
    assert failures(found) == {"reader.read_only"}
    assert f"can write to {domain.tables[0]}" in found.said("reader.read_only")


async def test_a_writer_that_can_destroy_is_refused(domain: Domain, own: DatabaseUrls) -> None:
    writer, table = f"{domain.name}_writer", f"{domain.schema}.{domain.tables[0]}"
    await as_owner(own, f"GRANT TRUNCATE ON {table} TO {writer}")
    await as_owner(own, f"GRANT DELETE ON {domain.schema}.audit_log TO {writer}")
    found = await checked(domain, own)
    assert failures(found) == {"writer.excess"}
    assert f"DELETE ON {domain.schema}.audit_log; TRUNCATE ON {table}" in found.said("writer.excess")
    assert f"REVOKE DELETE, TRUNCATE ON those tables FROM {writer}" in found.said("writer.excess")


async def test_missing_rights_are_named(domain: Domain, own: DatabaseUrls) -> None:
    await as_owner(own, f"REVOKE INSERT ON {domain.schema}.audit_log FROM {domain.name}_writer")
    await as_owner(own, f"REVOKE SELECT ON {domain.schema}.{domain.tables[1]} FROM {domain.name}_reader")
    found = await checked(domain, own)
    assert failures(found) == {"reader.rights", "writer.rights"}
    assert f"GRANT INSERT ON {domain.schema}.audit_log TO" in found.said("writer.rights")
    assert f"SELECT ON {domain.schema}.{domain.tables[1]}" in found.said("reader.rights")


async def test_a_missing_function_right_is_named(domain: Domain, own: DatabaseUrls) -> None:
    await as_owner(own, f"REVOKE EXECUTE ON FUNCTION {domain.schema}.make_audit_month FROM {domain.name}_writer")
    found = await checked(domain, own)
    assert f"EXECUTE ON FUNCTION {domain.schema}.make_audit_month" in found.said("writer.rights")


async def test_row_level_security_must_be_forced(domain: Domain, own: DatabaseUrls) -> None:
    table = f"{domain.schema}.{domain.tables[0]}"
    await as_owner(own, f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    for found in (await checked(domain, own), await checked(domain, own, "--owner")):
        assert {name.partition(".")[2] for name in failures(found)} == {"isolation"}
        part = next(iter(failures(found)))
        assert f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY" in found.said(part)


async def test_a_policy_that_forgets_the_tenant_is_refused(domain: Domain, own: DatabaseUrls) -> None:
    table = domain.tables[0]
    await as_owner(own, f"CREATE POLICY open ON {domain.schema}.{table} FOR SELECT USING (true)")
    found = await checked(domain, own)
    assert failures(found) == {"reader.isolation", "writer.isolation"}
    assert f"DROP POLICY open ON {domain.schema}.{table}" in found.said("reader.isolation")


async def test_an_empty_database_is_not_migrated(domain: Domain, empty: DatabaseUrls) -> None:
    found = await checked(domain, empty)
    assert failures(found) == {"reader.migrations", "writer.migrations"}
    assert f"Run `{domain.name}-mcp migrate` as the owner." in found.said("reader.migrations")
    assert failures(await checked(domain, empty, "--owner")) == {"owner.migrations"}


@pytest.mark.parametrize("part", ["reader", "writer", "owner"])
@pytest.mark.parametrize(("revision", "status"), [("0001", "fail"), ("9999", "warn")])
async def test_the_revision_is_compared(
    domain: Domain, own: DatabaseUrls, part: str, revision: str, status: str
) -> None:
    await as_owner(own, f"UPDATE {domain.schema}.alembic_version SET version_num = '{revision}'")
    found = await checked(domain, own, *(["--owner"] if part == "owner" else []))
    assert found.status(f"{part}.migrations") == status
    assert revision in found.said(f"{part}.migrations")


async def test_an_unreadable_revision_is_unknown(domain: Domain, own: DatabaseUrls) -> None:
    await as_owner(own, f"REVOKE SELECT ON {domain.schema}.alembic_version FROM {domain.name}_reader")
    found = await checked(domain, own)
    assert (found.status("reader.migrations"), failures(found)) == ("unknown", set())


async def test_a_missing_month_of_the_audit_log_is_warned_of(domain: Domain, own: DatabaseUrls) -> None:
    partition = f"audit_log_{datetime.now(UTC):%Y_%m}"
    await as_owner(own, f"DROP TABLE {domain.schema}.{partition}")
    assert partition in (await checked(domain, own)).said("writer.audit_months")


async def test_a_missing_serving_role_is_named(domain: Domain, own: DatabaseUrls, postgres: PostgresServer) -> None:
    role = f"{domain.name}_reader"
    async with as_superuser(postgres, own) as connection:
        await connection.execute(f"ALTER ROLE {role} RENAME TO {role}_before")
        try:
            found = await checked(domain, own, "--owner")
        finally:
            await connection.execute(f"ALTER ROLE {role}_before RENAME TO {role}")
            await connection.execute(f"ALTER ROLE {role} PASSWORD '{urlsplit(own.reader).password}'")
    assert f"CREATE ROLE {role} LOGIN" in found.said("owner.role")


async def test_an_owner_of_nothing_is_refused(domain: Domain, urls: DatabaseUrls) -> None:
    found = await checked(domain, urls, "--owner", owner_url=urls.writer)
    assert failures(found) == {"owner.role"}
    assert f"Use {domain.name}_owner in the URL" in found.said("owner.role")


async def test_a_replica_that_is_a_primary_is_warned_of(domain: Domain, urls: DatabaseUrls) -> None:
    found = await checked(domain, urls, replica_url=urls.reader)
    assert failures(found) == set()
    assert "leads to a primary" in found.said("replica.standby")


async def test_stated_rights_are_those_of_the_migrations(domain: Domain, urls: DatabaseUrls) -> None:
    needed = ServiceSchema(f"{domain.name}_mcp").writer_needs
    async with connected(urls.writer) as connection:
        actual = {table: await rights_on(connection, f"{domain.schema}.{table}") for table in needed}
    assert actual == {table: set(rights) for table, rights in needed.items()}


async def rights_on(connection: "asyncpg.Connection[asyncpg.Record]", table: str) -> set[str]:
    query = """SELECT array_remove(ARRAY[
        CASE WHEN has_any_column_privilege($1, 'SELECT') THEN 'SELECT' END,
        CASE WHEN has_any_column_privilege($1, 'INSERT') THEN 'INSERT' END,
        CASE WHEN has_any_column_privilege($1, 'UPDATE') THEN 'UPDATE' END,
        CASE WHEN has_table_privilege($1, 'DELETE') THEN 'DELETE' END], NULL)"""
    return set(await connection.fetchval(query, table))
