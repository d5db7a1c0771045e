"""A migrated, seeded database for the whole session to read, and a copy of it for each test that changes something."""

from collections.abc import AsyncIterator, Iterator
from uuid import uuid4

import anyio
import asyncpg
import pytest
from mcp.client import Client

from devkit.databases import DatabaseUrls, bootstrap, clone, drop
from devkit.stores.testing import PostgresServer, postgres_for_tests
from orders.scene import ACME, PLAN
from orders_mcp.adapters.postgres import PostgresOrders
from orders_mcp.app import build
from orders_mcp.migrations.run import migrate
from orders_mcp.sample_data.load import load_plan
from orders_mcp.settings import OrdersSettings
from servicekit.app import Service
from servicekit.database import Database
from servicekit.testing import connect


@pytest.fixture(scope="session")
def server() -> Iterator[PostgresServer]:
    """A Postgres server of these tests' own: other suites set passwords of the same roles."""
    with postgres_for_tests() as running:
        yield running


@pytest.fixture(scope="session")
def template(server: PostgresServer) -> DatabaseUrls:
    """Migrated and seeded; nobody connects to it, it is only copied."""

    async def prepare() -> DatabaseUrls:
        urls = await bootstrap(server.admin_url, "orders", database="orders_template")
        await migrate(urls.owner)
        await load_plan(urls.owner, PLAN)
        return urls

    return anyio.run(prepare)


@pytest.fixture(scope="session")
def urls(server: PostgresServer, template: DatabaseUrls) -> DatabaseUrls:
    """A copy that every test may read and none may change."""
    return anyio.run(clone, server.admin_url, template, "orders_shared")


@pytest.fixture
async def own(server: PostgresServer, template: DatabaseUrls) -> AsyncIterator[DatabaseUrls]:
    """A copy for one test to change."""
    name = f"orders_{uuid4().hex[:12]}"
    yield await clone(server.admin_url, template, name)
    await drop(server.admin_url, name)


@pytest.fixture
async def empty(server: PostgresServer, template: DatabaseUrls) -> AsyncIterator[DatabaseUrls]:
    """A database without any table, for one test. The roles, and their passwords, are those of the template."""
    name = f"orders_{uuid4().hex[:12]}"
    connection = await asyncpg.connect(f"{server.admin_url}/postgres")
    await connection.execute(f"CREATE DATABASE {name} OWNER orders_owner")
    await connection.close()
    yield DatabaseUrls(
        *(url.replace("/orders_template", f"/{name}") for url in (template.owner, template.writer, template.reader))
    )
    await drop(server.admin_url, name)


@pytest.fixture
async def database(urls: DatabaseUrls) -> AsyncIterator[Database]:
    """The reader's connections, as the server has them."""
    database = Database(urls.reader, read_only=True, connections=2)
    await database.start()
    yield database
    await database.stop()


@pytest.fixture
def orders(database: Database) -> PostgresOrders:
    """The port on Postgres."""
    return PostgresOrders(database)


@pytest.fixture
def service(urls: DatabaseUrls) -> Service:
    """The whole server."""
    return build(OrdersSettings(public_url="http://127.0.0.1:8101/mcp", reader_url=urls.reader))


@pytest.fixture
async def acme(service: Service) -> AsyncIterator[Client]:
    """The official client, signed in for acme."""
    async with service.running(), connect(service, ACME) as client:
        yield client
