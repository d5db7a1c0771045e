"""Roles and databases of a service: privileges, repeated bootstrap, clones for tests."""

import uuid
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import asyncpg
import pytest

from devkit.stores.databases import DatabaseUrls, bootstrap, clone, drop, is_empty
from devkit.stores.testing import PostgresServer


@pytest.fixture
async def urls(postgres: PostgresServer) -> AsyncIterator[DatabaseUrls]:
    """A new service for each test, because roles belong to the cluster."""
    name = f"service_{uuid.uuid4().hex[:8]}"
    yield await bootstrap(postgres.admin_url, name)
    await drop(postgres.admin_url, name)


async def run(url: str, statement: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


def elsewhere(url: str, database: str) -> str:
    return urlsplit(url)._replace(path=f"/{database}").geturl()


async def test_only_the_owner_may_create_tables(urls: DatabaseUrls) -> None:
    assert await is_empty(urls.owner)
    await run(urls.owner, "CREATE TABLE things (id int)")
    assert not await is_empty(urls.owner)
    for url in (urls.writer, urls.reader):
        assert await run(url, "SELECT 1") == 1
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await run(url, "SELECT * FROM things")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await run(url, "CREATE TABLE mine (id int)")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await run(url, "CREATE TEMP TABLE mine (id int)")


async def test_no_role_bypasses_row_security(postgres: PostgresServer, urls: DatabaseUrls) -> None:
    powers = "rolsuper OR rolbypassrls OR rolcreatedb OR rolcreaterole OR rolreplication"
    for url in (urls.owner, urls.writer, urls.reader):
        assert await run(url, f"SELECT {powers} FROM pg_roles WHERE rolname = current_user") is False
    assert await run(f"{postgres.admin_url}/postgres", "SELECT rolsuper FROM pg_roles WHERE rolname = current_user")


async def test_roles_cannot_connect_to_another_service(postgres: PostgresServer, urls: DatabaseUrls) -> None:
    name = f"other_{uuid.uuid4().hex[:8]}"
    other = await bootstrap(postgres.admin_url, name)
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await run(elsewhere(urls.owner, other.database), "SELECT 1")
    finally:
        await drop(postgres.admin_url, name)


async def test_repeated_bootstrap_keeps_data_and_sets_passwords(postgres: PostgresServer, urls: DatabaseUrls) -> None:
    await run(urls.owner, "CREATE TABLE things AS SELECT 7 AS id")
    again = await bootstrap(postgres.admin_url, urls.database, password_of=lambda role: f"it's @ {role}/%")
    assert await run(again.owner, "SELECT id FROM things") == 7
    with pytest.raises(asyncpg.InvalidPasswordError):
        await run(urls.reader, "SELECT 1")


async def test_clone_has_the_tables_and_the_privileges(postgres: PostgresServer, urls: DatabaseUrls) -> None:
    await run(urls.owner, "CREATE TABLE things AS SELECT 7 AS id")
    copy = await clone(postgres.admin_url, urls, f"copy_{uuid.uuid4().hex[:8]}")
    stranger = f"stranger_{uuid.uuid4().hex[:8]}"
    strangers = await bootstrap(postgres.admin_url, stranger)
    try:
        assert await run(copy.owner, "SELECT id FROM things") == 7
        assert await run(copy.reader, "SELECT 1") == 1
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await run(elsewhere(strangers.owner, copy.database), "SELECT 1")
        await run(copy.owner, "DROP TABLE things")
        assert await run(urls.owner, "SELECT id FROM things") == 7
    finally:
        await drop(postgres.admin_url, copy.database)
        await drop(postgres.admin_url, stranger)
    await drop(postgres.admin_url, copy.database)
