"""Fixtures: databases of the ticketing service, its port, and a desk without tickets."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import anyio
import asyncpg
import pytest
from mcp.client import Client

from devkit.simulators.zendesk.seed import seed
from devkit.stores.databases import DatabaseUrls, clone
from devkit.stores.testing import PostgresServer
from servicekit.storage.postgres.database import Database
from tests.fixtures.databases import (
    Scene,
    acme,
    clerk,
    copy_of,
    database,
    empty,
    own,
    own_service,
    refused_clerk,
    service,
    template,
    urls,
    writer,
)
from ticketing_mcp.adapters.postgres.desk import PostgresDesk

from .port import own_port, port, port_database
from .scene import ACME, CLERK, PLAN
from .zendesk import zendesk_desks
from .zendesk_server import ZendeskServer

__all__ = [
    "acme",
    "clerk",
    "database",
    "empty",
    "own",
    "own_port",
    "own_service",
    "port",
    "port_database",
    "refused_clerk",
    "service",
    "template",
    "urls",
    "writer",
]


@pytest.fixture(scope="session")
def scene() -> Scene:
    """Data set and callers of these tests."""
    return Scene("ticketing", PLAN, ACME, CLERK)


@pytest.fixture
def desk(database: Database) -> PostgresDesk:
    """The port on Postgres."""
    return PostgresDesk(database)


@pytest.fixture
async def zendesk(valkey_url: str, tmp_path: Path) -> AsyncIterator[ZendeskServer]:
    """The ticketing server on accounts of Zendesk with sample tickets."""
    async with zendesk_desks(seed) as desks:
        yield ZendeskServer(desks, valkey_url, tmp_path)


@pytest.fixture
async def agent(zendesk: ZendeskServer) -> AsyncIterator[Client]:
    """The official client of the server on Zendesk, with every scope."""
    async with zendesk.client() as client:
        yield client


@pytest.fixture(scope="session")
def bare_template(postgres: PostgresServer, template: DatabaseUrls) -> DatabaseUrls:
    """The desk setup of the sample data without tickets. A template that is only copied."""

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
def bare_desk(postgres: PostgresServer, bare_template: DatabaseUrls) -> Iterator[DatabaseUrls]:
    """A copy of `bare_template` for one test to change."""
    with copy_of(bare_template, postgres) as urls:
        yield urls
