"""Databases of a service, and the official client on them, for tests of one service or of each in turn.

One database is migrated and seeded, once a session; tests that read share a copy of it, and a test that changes
something has a copy of its own. A folder's conftest imports the fixtures it wants and says in `scene` whose they are.
"""

from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import anyio
import asyncpg
import pytest
from mcp.client import Client

from devkit.composition import compose
from devkit.databases import DatabaseUrls, bootstrap, clone, drop
from devkit.stores.testing import PostgresServer, password_of
from servicekit.core.caller import Caller
from servicekit.sample_data.plan import TENANTS
from servicekit.server.service import Service
from servicekit.storage.postgres import Database
from servicekit.testing.service import connect


@dataclass(frozen=True)
class Scene:
    """Whose databases these are, and who uses them."""

    name: str
    """The service, as its folder and its roles are called."""
    plan: Any
    """The data that they hold: a `Plan` of the service."""
    reader: Caller
    clerk: Caller


@asynccontextmanager
async def connected(url: str, tenant: str | None = None, **options: Any) -> AsyncIterator[Any]:
    """A connection that acts for a tenant, or for none."""
    connection = await asyncpg.connect(url, **options)
    try:
        if tenant is not None:
            await connection.execute("SELECT set_config('app.tenant', $1, false)", tenant)
        yield connection
    finally:
        await connection.close()


def owner_of(urls: DatabaseUrls, tenant: str = "acme") -> AbstractAsyncContextManager[Any]:
    """The owner's connection to one tenant's rows: to set a scene, and to look behind the tools."""
    return connected(urls.owner, tenant)


async def content_of(urls: DatabaseUrls, schema: str, tables: Iterable[str]) -> list[list[str]]:
    """Every row of these tables, as text, in an order of its own."""
    rows: list[list[str]] = []
    for tenant, _ in TENANTS:
        async with owner_of(urls, tenant) as connection:
            for table in tables:
                found = await connection.fetch(f"SELECT t::text FROM {schema}.{table} AS t ORDER BY 1")
                rows.append([row[0] for row in found])
    return rows


def service_on(name: str, urls: DatabaseUrls, **settings: Any) -> Service:
    """The whole server on these databases."""
    return compose(
        name,
        {
            "public_url": "http://127.0.0.1:1/mcp",
            "reader_url": urls.reader,
            "writer_url": urls.writer,
            # These tests call faster than people do; limits have tests of their own.
            **dict.fromkeys(("limit_server", "limit_caller", "limit_tool"), 10**6),
            **settings,
        },
    )


def seeded(admin_url: str, name: str, database: str, plan: Any) -> DatabaseUrls:
    """A database of a service, migrated and filled, by the names that every service keeps for that."""

    async def prepare() -> DatabaseUrls:
        urls = await bootstrap(admin_url, name, database=database, password_of=password_of)
        await import_module(f"{name}_mcp.migrations.run").migrate(urls.owner)
        await import_module(f"{name}_mcp.sample_data.load").load_plan(urls.owner, plan)
        return urls

    return anyio.run(prepare)


@contextmanager
def copy_of(template: DatabaseUrls, postgres: PostgresServer) -> Iterator[DatabaseUrls]:
    """A copy of a database to which nobody is connected, for as long as the block."""
    name = f"copy_{uuid4().hex[:12]}"
    try:
        yield anyio.run(clone, postgres.admin_url, template, name)
    finally:
        anyio.run(drop, postgres.admin_url, name)


@pytest.fixture(scope="session")
def template(postgres: PostgresServer, scene: Scene) -> DatabaseUrls:
    """Migrated and seeded; nobody connects to it, it is only copied."""
    return seeded(postgres.admin_url, scene.name, f"{scene.name}_template", scene.plan)


@pytest.fixture(scope="session")
def urls(postgres: PostgresServer, template: DatabaseUrls) -> Iterator[DatabaseUrls]:
    """A copy that every test may read and none may change."""
    with copy_of(template, postgres) as urls:
        yield urls


@pytest.fixture
def own(postgres: PostgresServer, template: DatabaseUrls) -> Iterator[DatabaseUrls]:
    """A copy for one test to change."""
    with copy_of(template, postgres) as urls:
        yield urls


@pytest.fixture
async def empty(postgres: PostgresServer, template: DatabaseUrls) -> AsyncIterator[DatabaseUrls]:
    """A database without any table, for one test. The roles, and their passwords, are those of the template."""
    service = str(urlsplit(template.owner).username).removesuffix("_owner")
    name = f"empty_{uuid4().hex[:12]}"
    yield await bootstrap(postgres.admin_url, service, database=name, password_of=password_of)
    await drop(postgres.admin_url, name)


@pytest.fixture
async def database(urls: DatabaseUrls) -> AsyncIterator[Database]:
    """The reader's connections, as the server has them."""
    database = Database(urls.reader, read_only=True, connections=2)
    await database.start()
    yield database
    await database.stop()


@pytest.fixture(scope="session")
async def service(urls: DatabaseUrls, scene: Scene) -> AsyncIterator[Service]:
    """The whole server, running, on the data that all tests share."""
    service = service_on(scene.name, urls)
    async with service.running():
        yield service


@pytest.fixture
async def acme(service: Service, scene: Scene) -> AsyncIterator[Client]:
    """The official client, signed in for acme."""
    async with connect(service, scene.reader) as client:
        yield client


@pytest.fixture
async def refused_clerk(service: Service, scene: Scene) -> AsyncIterator[Client]:
    """As `clerk`, on the data that all tests share: for calls that are refused, and so change nothing."""
    async with connect(service, scene.clerk) as client:
        yield client


@pytest.fixture
async def own_service(own: DatabaseUrls, scene: Scene) -> AsyncIterator[Service]:
    """The whole server, running, on data for one test to change."""
    service = service_on(scene.name, own)
    async with service.running():
        yield service


@pytest.fixture
async def clerk(own_service: Service, scene: Scene) -> AsyncIterator[Client]:
    """The official client, signed in for acme with the right to write."""
    async with connect(own_service, scene.clerk) as client:
        yield client
