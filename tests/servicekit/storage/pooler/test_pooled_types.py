"""Types and rows are read as they are now, through a pooler whose connections outlive a change of the schema."""

from datetime import UTC, datetime

import pytest

from servicekit.core.caller import acting_as
from servicekit.core.errors import Unavailable
from servicekit.storage.postgres.database import Database
from servicekit.testing.service import caller
from tests.servicekit.apps.writes_app import SCHEMA
from tests.servicekit.apps.writes_database import WritesDatabase

from .pooled import Bounce, acting_for, opened


async def test_types_of_the_schema_are_read_through_a_pooler(database: Database, writes: WritesDatabase) -> None:
    await writes.rows("CREATE TYPE mood AS ENUM ('fine', 'tired')")
    await writes.rows("CREATE TYPE pair AS (mood mood, weight int)")
    async with acting_for(database, "acme") as connection:
        for _ in range(2):
            query = "SELECT ARRAY['fine', 'tired']::mood[] AS moods, ROW('tired', 3)::pair AS pair"
            row = await connection.fetchrow(query)
            assert (row["moods"], tuple(row["pair"])) == (["fine", "tired"], ("tired", 3))


CHANGES = [
    ("int", "bigint", "7", 7),
    ("timestamp", "timestamptz", "2026-01-01", datetime(2026, 1, 1, tzinfo=UTC)),
    ("json", "jsonb", "[7]", "[7]"),
    ("int[]", "bigint[]", "{1,2}", [1, 2]),
]


@pytest.mark.parametrize(("before", "after", "text", "value"), CHANGES)
async def test_rows_are_never_read_by_types_of_the_past(
    bounce: Bounce, writes: WritesDatabase, before: str, after: str, text: str, value: object
) -> None:
    table, same = f"{SCHEMA}.changing", "SELECT value FROM {0} WHERE $1 <> 0"
    await writes.rows(f"CREATE TABLE {table} AS SELECT '{text}'::{before} AS value")
    await writes.rows(f"GRANT SELECT ON {table} TO PUBLIC")
    async with opened(bounce().through(writes.urls.writer), read_only=True, connections=2) as database:
        async with acting_for(database, "acme") as one, acting_for(database, "acme") as other:
            for connection in (one, other):
                await connection.fetchval(same.format(table), 1)
        await writes.rows(f"ALTER TABLE {table} ALTER value TYPE {after} USING value::text::{after}")
        with pytest.raises(Unavailable):
            async with database.tenant_transaction("acme") as connection:
                await connection.fetchval(same.format(table), 1)
        with acting_as(caller("accounts:read")):
            assert await database.fetchval(same.format(table), 1) == value


async def test_a_wide_description_in_many_pieces_is_read(database: Database) -> None:
    columns = ", ".join(f"{number} AS a_long_name_of_a_column_for_many_bytes_{number}" for number in range(1500))
    async with acting_for(database, "acme") as connection:
        for _ in range(3):
            assert list(await connection.fetchrow(f"SELECT {columns}")) == list(range(1500))
