"""Fixtures: a large, analysed data set, and connections to it as the reader."""

from collections.abc import AsyncIterator, Iterator
from functools import partial
from typing import Any

import anyio
import pytest

from devkit.stores.databases import DatabaseUrls
from devkit.stores.testing import PostgresServer
from servicekit.storage.postgres.database import Database
from tests.fixtures.databases import connected, copy_of
from ticketing_mcp.sample_data.load import load_plan

from .large_data import SIZE


@pytest.fixture(scope="session")
def large(postgres: PostgresServer, template: DatabaseUrls) -> Iterator[DatabaseUrls]:
    """12 000 tickets, so that frequent words occur in more than 1000."""
    with copy_of(template, postgres) as urls:
        anyio.run(partial(load_plan, urls.owner, SIZE, replace=True))
        yield urls


@pytest.fixture
async def database(large: DatabaseUrls) -> AsyncIterator[Database]:
    database = Database(large.reader, read_only=True, connections=1, statement_timeout=60)
    await database.start()
    yield database
    await database.stop()


@pytest.fixture
async def reader(large: DatabaseUrls) -> AsyncIterator[Any]:
    async with connected(large.reader, "acme", server_settings={"jit": "off"}) as connection:
        yield connection
