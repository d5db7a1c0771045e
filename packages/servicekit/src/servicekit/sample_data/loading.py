"""Fills a service's tables by COPY, as the owner, in one transaction."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from itertools import islice
from typing import Any, Generic, TypeAlias, TypeVar

import asyncpg

from servicekit.core.errors import NotReady
from servicekit.storage.postgres.login.address import DatabaseAddress, address_from

Connection: TypeAlias = "asyncpg.Connection"
Row: TypeAlias = tuple[Any, ...]
Item = TypeVar("Item")
Plan = TypeVar("Plan")
Advance = Callable[[int], object]
"""Takes the number of records loaded since the last call."""
BATCH = 10_000


class NotMigrated(NotReady):
    """The database has no tables; the message names the command that creates them."""


class Loader:
    """Copies rows into the tables of a schema, on the owner's connection."""

    def __init__(self, connection: Connection, schema: str) -> None:
        self._connection = connection
        self._schema = schema

    async def copy(self, table: str, rows: Iterable[Row], columns: Sequence[str] | None = None) -> None:
        """Add rows to a table. Without `columns`, rows have every column in the table's order."""
        await self._connection.copy_records_to_table(table, schema_name=self._schema, columns=columns, records=rows)

    async def execute(self, statement: str) -> None:
        await self._connection.execute(statement)


def in_batches(items: Iterable[Item], size: int = BATCH) -> Iterator[list[Item]]:
    """Split `items` into lists of at most `size`."""
    remaining = iter(items)
    while batch := list(islice(remaining, size)):
        yield batch


def _ignore(_count: int) -> None:
    pass


class SampleLoader(Generic[Plan]):
    """Loads the sample data of a service.

    Args:
        schema: the service's schema.
        tables: every table to fill, in an order that references allow.
        fill: copies the rows of a plan, in batches of the given size, and reports the records of each batch.
    """

    def __init__(
        self, schema: str, tables: Sequence[str], fill: Callable[[Loader, Plan, Advance, int], Awaitable[None]]
    ) -> None:
        self._schema, self._tables, self._fill = schema, tables, fill

    async def __call__(
        self,
        owner: DatabaseAddress | str,
        plan: Plan,
        *,
        replace: bool = False,
        advance: Advance = _ignore,
        batch: int = BATCH,
    ) -> bool:
        """Fill the tables in one transaction.

        Args:
            owner: address or URL of the role that owns the tables.
            plan: what to generate.
            replace: remove all existing rows first.
            advance: takes the progress.
            batch: records per COPY; the rows do not depend on it.

        Returns:
            Whether anything was loaded. Existing rows (in the first table) are kept unless `replace`.

        Raises:
            NotMigrated: the tables do not exist.
        """
        schema, tables = self._schema, self._tables
        names = ", ".join(f"{schema}.{table}" for table in tables)
        # Neither parameters nor statements of the session, which may be shared behind a pooler.
        connection = await address_from(owner).connect(statement_cache_size=0)
        try:
            if not await connection.fetchval("SELECT to_regclass($1) IS NOT NULL", f"{schema}.{tables[-1]}"):
                raise NotMigrated(f"The database has no {schema} tables. Run `{schema}-mcp migrate` first.")
            async with connection.transaction(), _open_to_owner(connection, schema, tables):
                await connection.execute("SET LOCAL maintenance_work_mem = '512MB'")
                if replace:
                    await connection.execute(f"TRUNCATE {names}")
                elif await connection.fetchval(f"SELECT EXISTS (SELECT FROM {schema}.{tables[0]})"):  # noqa: S608 (our names)
                    return False
                async with _without_indexes(connection, schema, tables):
                    await self._fill(Loader(connection, schema), plan, advance, batch)
            # Outside the transaction: VACUUM sets the visibility map, which index-only scans need.
            await connection.execute(f"VACUUM (ANALYZE) {names}")
            return True
        finally:
            await connection.close()


@asynccontextmanager
async def _open_to_owner(connection: Connection, schema: str, tables: Sequence[str]) -> AsyncIterator[None]:
    """Turn off row-level security for the owner, since COPY refuses tables under it.

    ALTER TABLE locks the tables exclusively, so no other session reads them meanwhile.
    """
    for table in tables:
        await connection.execute(f"ALTER TABLE {schema}.{table} NO FORCE ROW LEVEL SECURITY")
    yield
    for table in tables:
        await connection.execute(f"ALTER TABLE {schema}.{table} FORCE ROW LEVEL SECURITY")


@asynccontextmanager
async def _without_indexes(connection: Connection, schema: str, tables: Sequence[str]) -> AsyncIterator[None]:
    """Drop references and the tables' secondary indexes, and create them again after the load, which is faster."""
    constraints = await connection.fetch(
        "SELECT conrelid::regclass::text AS owner, quote_ident(conname) AS name, "
        "pg_get_constraintdef(oid) AS definition "
        "FROM pg_constraint WHERE contype = 'f' AND connamespace = $1::text::regnamespace ORDER BY conname",
        schema,
    )
    indexes = await connection.fetch(
        "SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS definition "
        "FROM pg_index WHERE indrelid = ANY ($1::text[]::regclass[]) "
        "AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid) ORDER BY 1",
        [f"{schema}.{table}" for table in tables],
    )
    for constraint in constraints:
        await connection.execute(f"ALTER TABLE {constraint['owner']} DROP CONSTRAINT {constraint['name']}")
    for index in indexes:
        await connection.execute(f"DROP INDEX {index['name']}")
    yield
    for index in indexes:
        await connection.execute(index["definition"])
    for constraint in constraints:
        await connection.execute(
            f"ALTER TABLE {constraint['owner']} ADD CONSTRAINT {constraint['name']} {constraint['definition']}"
        )
