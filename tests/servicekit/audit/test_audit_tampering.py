"""A change of any column of any stored entry is found and named, except one that only anchors find (a cut end)."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from itertools import pairwise
from typing import Any

import asyncpg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devkit.stores.databases import DatabaseUrls, clone, drop
from devkit.stores.testing import PostgresServer
from servicekit.audit.hash_chain import GENESIS, entry_hash, verify
from servicekit.audit.postgres_trail import TRAIL, audit_sql, stored_entry
from servicekit.audit.trail import TrailEntry
from tests.servicekit.apps.writes_app import SCHEMA
from tests.servicekit.apps.writes_database import WritesDatabase

from .audit_entries import append, entries, writer

DAMAGE = {
    "number": "number + 100",
    "at": "at + interval '1 microsecond'",
    "month": "month + interval '1 year'",
    "lane": "lane + 1000",
    "tenant_id": "tenant_id || 'x'",
    "subject": "subject || 'x'",
    "entry": "overlay(entry placing '~' from 1 + {byte} % length(entry))",
    "previous": "set_byte(previous, {byte} % 32, 255 - get_byte(previous, {byte} % 32))",
    "hash": "set_byte(hash, {byte} % 32, 255 - get_byte(hash, {byte} % 32))",
}
ROW = "(month, tenant_id, lane, number) = ($1, $2, $3, $4)"


@pytest.fixture
async def tampered(
    postgres: PostgresServer, writes_template: DatabaseUrls
) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """A superuser's connection to two tenants with entries in several lanes of two months."""
    name = "accounts_tampered"
    writes = WritesDatabase(await clone(postgres.admin_url, writes_template, name), postgres.admin_url)
    for tenant in ("acme", "globex"):
        for month in (11, 12):
            for count in (3, 4):
                async with writer(writes) as log:  # a new connection, so most likely a lane of its own
                    at = datetime(2026, month, 5, tzinfo=UTC)
                    await append(log, entries(count, at=at, tenant=tenant), tenant)
    connection = await asyncpg.connect(f"{postgres.admin_url}/{name}")
    await connection.fetchval("SELECT accounts.make_audit_month('2027-11-01'), accounts.make_audit_month('2027-12-01')")
    yield connection
    await connection.close()
    await drop(postgres.admin_url, name)


async def found(connection: Any) -> list[str]:
    rows = await connection.fetch(audit_sql(TRAIL, SCHEMA), date.min, date.max)

    async def trail() -> AsyncIterator[TrailEntry]:
        for row in rows:
            yield stored_entry(row)

    return (await verify(trail())).problems


async def stored(connection: Any) -> list[Any]:
    rows: list[Any] = await connection.fetch(audit_sql(TRAIL, SCHEMA), date.min, date.max)
    return rows


def place(row: Any) -> tuple[Any, ...]:
    return row["month"], row["tenant_id"], row["lane"], row["number"]


async def test_every_column_is_verified(tampered: Any) -> None:
    columns = await tampered.fetch("SELECT attname FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0", LOG)
    assert {row[0] for row in columns} == set(DAMAGE)
    assert await found(tampered) == []


LOG = f"{SCHEMA}.audit_log"
CHAIN = "acme/2026-11/7"


@pytest.mark.parametrize("column", DAMAGE)
async def test_a_changed_column_of_any_entry_is_named(tampered: Any, column: str) -> None:
    for index, row in enumerate(await stored(tampered)):
        transaction = tampered.transaction()
        await transaction.start()
        value = DAMAGE[column].format(byte=index * 7)
        await tampered.execute(f"UPDATE {LOG} SET {column} = {value} WHERE {ROW}", *place(row))
        problems = await found(tampered)
        await transaction.rollback()
        assert problems != [], (column, place(row))
        if column in ("at", "subject", "entry", "hash", "previous"):
            entry = stored_entry(row)
            assert any(line.startswith(f"{entry.chain} #{entry.number}: ") for line in problems), problems


async def test_a_deleted_entry_is_named_by_the_next(tampered: Any) -> None:
    for row, next_row in pairwise(await stored(tampered)):
        entry, following = stored_entry(row), stored_entry(next_row)
        if following.chain != entry.chain:
            continue  # the end of a chain: anchors find it
        transaction = tampered.transaction()
        await transaction.start()
        await tampered.execute(f"DELETE FROM {LOG} WHERE {ROW}", *place(row))
        problems = await found(tampered)
        await transaction.rollback()
        assert problems == [f"{entry.chain} #{following.number}: 1 entries are missing before it"]


async def test_swapped_and_inserted_entries_are_named(tampered: Any) -> None:
    rows = await stored(tampered)
    for one, two in pairwise(rows):
        for statement in (
            f"""UPDATE {LOG} AS one SET entry = two.entry, hash = two.hash, previous = two.previous, at = two.at
            FROM {LOG} AS two WHERE (one.month, one.tenant_id, one.lane, one.number) = ($1, $2, $3, $4)
            AND (two.month, two.tenant_id, two.lane, two.number) = ($5, $6, $7, $8)""",
            f"""INSERT INTO {LOG} SELECT two.number + 1, at, $1, $3, $2, subject, entry, previous, hash
            FROM {LOG} AS two WHERE (two.month, two.tenant_id, two.lane, two.number) = ($5, $6, $7, $8)
            AND $4::bigint > 0 ON CONFLICT DO NOTHING RETURNING true""",
        ):
            transaction = tampered.transaction()
            await transaction.start()
            changed = await tampered.execute(statement, *place(one), *place(two))
            problems = await found(tampered)
            await transaction.rollback()
            assert (problems != []) == (not changed.endswith(" 0")), (place(one), place(two), changed)


def chain_in_memory(count: int) -> list[TrailEntry]:
    made: list[TrailEntry] = []
    head = GENESIS
    for number, (entry, text) in enumerate(entries(count), start=1):
        own = entry_hash(head, CHAIN, number, text)
        columns = {"tenant": "acme", "subject": "ann", "at": entry.at.isoformat()}
        made.append(TrailEntry(CHAIN, number, text, head, own, columns))
        head = own
    return made


def flipped(entry: TrailEntry, field: str, byte: int) -> TrailEntry:
    """The entry with one byte of a field changed."""
    if field in entry.columns:
        text = entry.columns[field]
        place = byte % len(text)
        changed = text[:place] + chr(ord(text[place]) ^ 1) + text[place + 1 :]
        return entry._replace(columns={**entry.columns, field: changed})
    value = getattr(entry, field)
    if isinstance(value, int):
        return entry._replace(number=value ^ (1 << byte % 40))
    place = byte % len(value)
    if isinstance(value, bytes):
        return entry._replace(**{field: value[:place] + bytes([value[place] ^ 1]) + value[place + 1 :]})
    return entry._replace(**{field: value[:place] + chr(ord(value[place]) ^ 1) + value[place + 1 :]})


@settings(max_examples=300)
@given(
    st.integers(0, 4),
    st.sampled_from(["chain", "number", "text", "previous", "own", "tenant", "subject", "at"]),
    st.integers(0, 500),
)
def test_a_flipped_byte_anywhere_is_found(index: int, field: str, byte: int) -> None:
    made = chain_in_memory(5)

    async def trail() -> AsyncIterator[TrailEntry]:
        for entry in [*made[:index], flipped(made[index], field, byte), *made[index + 1 :]]:
            yield entry

    assert asyncio.run(verify(trail())).problems != []
