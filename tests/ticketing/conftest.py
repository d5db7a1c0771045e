"""A migrated, seeded database for the whole session to read, and a copy of it for each test that changes something."""

from collections.abc import AsyncIterator
from uuid import uuid4

import anyio
import asyncpg
import pytest
from mcp.client import Client

from devkit.databases import DatabaseUrls, bootstrap, clone, drop
from devkit.stores.testing import PostgresServer, password_of
from servicekit.app import Service
from servicekit.database import Database
from servicekit.testing import connect
from ticketing.scene import ACME, CLERK, PLAN, service_of
from ticketing_mcp.adapters.postgres import PostgresDesk
from ticketing_mcp.migrations.run import migrate
from ticketing_mcp.sample_data.load import load_plan


@pytest.fixture(scope="session")
def template(postgres: PostgresServer) -> DatabaseUrls:
    """Migrated and seeded; nobody connects to it, it is only copied."""

    async def prepare() -> DatabaseUrls:
        urls = await bootstrap(postgres.admin_url, "ticketing", database="ticketing_template", password_of=password_of)
        await migrate(urls.owner)
        await load_plan(urls.owner, PLAN)
        return urls

    return anyio.run(prepare)


@pytest.fixture(scope="session")
def urls(postgres: PostgresServer, template: DatabaseUrls) -> DatabaseUrls:
    """A copy that every test may read and none may change."""
    return anyio.run(clone, postgres.admin_url, template, "ticketing_shared")


@pytest.fixture
async def own(postgres: PostgresServer, template: DatabaseUrls) -> AsyncIterator[DatabaseUrls]:
    """A copy for one test to change."""
    name = f"ticketing_{uuid4().hex[:12]}"
    yield await clone(postgres.admin_url, template, name)
    await drop(postgres.admin_url, name)


@pytest.fixture
async def empty(postgres: PostgresServer, template: DatabaseUrls) -> AsyncIterator[DatabaseUrls]:
    """A database without any table, for one test. The roles, and their passwords, are those of the template."""
    name = f"ticketing_{uuid4().hex[:12]}"
    connection = await asyncpg.connect(f"{postgres.admin_url}/postgres")
    await connection.execute(f"CREATE DATABASE {name} OWNER ticketing_owner")
    await connection.close()
    yield DatabaseUrls(
        *(url.replace("/ticketing_template", f"/{name}") for url in (template.owner, template.writer, template.reader))
    )
    await drop(postgres.admin_url, name)


@pytest.fixture
async def database(urls: DatabaseUrls) -> AsyncIterator[Database]:
    """The reader's connections, as the server has them."""
    database = Database(urls.reader, read_only=True, connections=2)
    await database.start()
    yield database
    await database.stop()


@pytest.fixture
def desk(database: Database) -> PostgresDesk:
    """The port on Postgres."""
    return PostgresDesk(database)


@pytest.fixture(scope="session")
async def service(urls: DatabaseUrls) -> AsyncIterator[Service]:
    """The whole server, running, on the data that all tests share."""
    service = service_of(urls)
    async with service.running():
        yield service


@pytest.fixture
async def acme(service: Service) -> AsyncIterator[Client]:
    """The official client, signed in for acme."""
    async with connect(service, ACME) as client:
        yield client


@pytest.fixture
async def refused_clerk(service: Service) -> AsyncIterator[Client]:
    """As `clerk`, on the data that all tests share: for calls that are refused, and so change nothing."""
    async with connect(service, CLERK) as client:
        yield client


@pytest.fixture
async def own_service(own: DatabaseUrls) -> AsyncIterator[Service]:
    """The whole server, running, on data for one test to change."""
    service = service_of(own)
    async with service.running():
        yield service


@pytest.fixture
async def clerk(own_service: Service) -> AsyncIterator[Client]:
    """The official client, signed in for acme with the right to write."""
    async with connect(own_service, CLERK) as client:
        yield client


@pytest.fixture(scope="session")
def bare_template(postgres: PostgresServer, template: DatabaseUrls) -> DatabaseUrls:
    """The desk of the sample data, and no ticket; nobody connects to it, it is only copied."""

    async def prepare() -> DatabaseUrls:
        urls = await clone(postgres.admin_url, template, "ticketing_bare")
        connection = await asyncpg.connect(f"{postgres.admin_url}/ticketing_bare")
        await connection.execute("TRUNCATE ticketing.tickets, ticketing.vocabulary CASCADE")
        requesters = "SELECT id FROM ticketing.users WHERE kind = 'requester'"
        await connection.execute(f"DELETE FROM ticketing.user_terms WHERE user_id IN ({requesters})")
        await connection.execute("DELETE FROM ticketing.users WHERE kind = 'requester'")
        await connection.execute("UPDATE ticketing.tenants SET next_ticket_number = 1")
        await connection.close()
        return urls

    return anyio.run(prepare)


@pytest.fixture
async def bare_desk(postgres: PostgresServer, bare_template: DatabaseUrls) -> AsyncIterator[DatabaseUrls]:
    """A copy of that for one test to change."""
    name = f"ticketing_{uuid4().hex[:12]}"
    yield await clone(postgres.admin_url, bare_template, name)
    await drop(postgres.admin_url, name)
