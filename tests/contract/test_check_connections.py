"""`check` on databases: the connections that the pods may open are compared with the limits."""

from devkit.stores.databases import DatabaseUrls
from devkit.stores.testing import PostgresServer
from tests.fixtures.databases import connected

from .database_checks import as_superuser, checked, failures
from .domains import Domain


async def test_too_many_pods_for_max_connections(domain: Domain, urls: DatabaseUrls) -> None:
    found = await checked(domain, urls, "--pods", "200", connections="10")
    assert failures(found) == {"database.connections"}
    said = found.said("database.connections")
    assert "200 pods may open 4000 (200 x 2 x 10)" in said
    assert f"Set {domain.description.prefix}CONNECTIONS" not in said
    assert failures(await checked(domain, urls, "--pods", "5", connections="10")) == set()


async def test_without_pods_those_that_fit_are_counted(domain: Domain, urls: DatabaseUrls) -> None:
    found = await checked(domain, urls, connections="10")
    assert found.findings["database.connections"]["detail"].endswith("enough for 9 pods of 20. Compare with --pods.")


async def test_a_limit_of_the_role_counts(domain: Domain, own: DatabaseUrls, postgres: PostgresServer) -> None:
    role = f"{domain.name}_writer"
    async with as_superuser(postgres, own) as connection:
        await connection.execute(f"ALTER ROLE {role} CONNECTION LIMIT 15")
        try:
            found = await checked(domain, own, "--pods", "2", connections="10")
        finally:
            await connection.execute(f"ALTER ROLE {role} CONNECTION LIMIT -1")
    assert failures(found) == {"database.connections"}
    assert f"{role} may open 15 connections; 2 pods need 20 for the writer." in found.said("database.connections")


async def test_a_full_server_is_named(domain: Domain, own: DatabaseUrls, postgres: PostgresServer) -> None:
    role = f"{domain.name}_writer"
    async with as_superuser(postgres, own) as connection, connected(own.writer):
        await connection.execute(f"ALTER ROLE {role} CONNECTION LIMIT 1")
        try:
            found = await checked(domain, own)
        finally:
            await connection.execute(f"ALTER ROLE {role} CONNECTION LIMIT -1")
    assert "the server has no connection left" in found.said("writer.connection")
