"""The UUIDs that the database makes: version 7 of RFC 9562, in the order of their making."""

import time
from collections.abc import AsyncIterator
from typing import Any
from uuid import RFC_4122, UUID

import asyncpg
import pytest

from devkit.stores.databases import DatabaseUrls, bootstrap, drop
from devkit.stores.testing import PostgresServer, password_of
from servicekit.storage.identifiers import uuidv7_statements

SCHEMA = "made"


@pytest.fixture
async def urls(postgres: PostgresServer) -> AsyncIterator[DatabaseUrls]:
    """A database with the function and nothing else."""
    urls = await bootstrap(postgres.admin_url, SCHEMA, database="identifiers", password_of=password_of)
    owner = await asyncpg.connect(urls.owner)
    await owner.execute(f"CREATE SCHEMA {SCHEMA}; GRANT USAGE ON SCHEMA {SCHEMA} TO {SCHEMA}_writer")
    for statement in uuidv7_statements(SCHEMA):
        await owner.execute(statement)
    await owner.close()
    yield urls
    await drop(postgres.admin_url, urls.database)


@pytest.fixture
async def writer(urls: DatabaseUrls) -> AsyncIterator[Any]:
    connection = await asyncpg.connect(urls.writer)
    yield connection
    await connection.close()


def milliseconds(identifier: UUID) -> int:
    return identifier.int >> 80


def moment(identifier: UUID) -> int:
    """The part before the random bits: milliseconds and their fraction, without the version."""
    return milliseconds(identifier) << 12 | identifier.int >> 64 & 0xFFF


async def made(writer: Any, count: int) -> list[UUID]:
    rows = await writer.fetch(f"SELECT {SCHEMA}.uuidv7() AS id FROM generate_series(1, $1)", count)
    return [UUID(bytes=row["id"].bytes) for row in rows]


async def test_identifiers_are_of_version_7(writer: Any) -> None:
    for identifier in await made(writer, 1000):
        assert (identifier.version, identifier.variant) == (7, RFC_4122)


async def test_identifiers_tell_the_time(writer: Any) -> None:
    before = time.time_ns() // 1_000_000
    (identifier,) = await made(writer, 1)
    assert before <= milliseconds(identifier) <= time.time_ns() // 1_000_000


async def test_identifiers_of_one_statement_are_in_order(writer: Any) -> None:
    moments = [moment(identifier) for identifier in await made(writer, 10_000)]
    assert moments == sorted(moments)
    assert len({value & 0xFFF for value in moments}) > 100


async def test_identifiers_differ_and_every_random_bit_varies(writer: Any) -> None:
    identifiers = await made(writer, 10_000)
    assert len(set(identifiers)) == len(identifiers)
    for bit in range(62):
        ones = sum(identifier.int >> bit & 1 for identifier in identifiers)
        assert 4_500 < ones < 5_500


async def test_each_row_gets_an_identifier_of_its_own(urls: DatabaseUrls) -> None:
    owner = await asyncpg.connect(urls.owner)
    await owner.execute(f"CREATE TABLE {SCHEMA}.rows (id uuid DEFAULT {SCHEMA}.uuidv7(), number int)")
    await owner.execute(f"INSERT INTO {SCHEMA}.rows (number) SELECT generate_series(1, 1000)")
    assert await owner.fetchval(f"SELECT count(DISTINCT id) FROM {SCHEMA}.rows") == 1000
    await owner.close()
