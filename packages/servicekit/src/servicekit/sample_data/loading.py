"""Filling a service's tables by COPY, as the owner, in one transaction."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeAlias

import asyncpg

from servicekit.core.errors import NotReady

Connection: TypeAlias = "asyncpg.Connection"
Row: TypeAlias = tuple[Any, ...]


class NotMigrated(NotReady):
    """The database has no tables; the text says how to make them."""


class Loader:
    """One transaction that fills the tables of a schema.

    Args:
        connection: the owner's.
        schema: the service's schema.
    """

    def __init__(self, connection: Connection, schema: str) -> None:
        self._connection = connection
        self._schema = schema

    async def copy(self, table: str, rows: Iterable[Row], columns: Sequence[str] | None = None) -> None:
        """Add rows to a table. Without `columns`: all of them, in the order of the table."""
        await self._connection.copy_records_to_table(table, schema_name=self._schema, columns=columns, records=rows)

    async def execute(self, statement: str) -> None:
        """Run a statement between two loads."""
        await self._connection.execute(statement)


async def load_tables(
    owner_url: str,
    schema: str,
    tables: Sequence[str],
    fill: Callable[[Loader], Awaitable[None]],
    *,
    replace: bool = False,
) -> bool:
    """Fill the tables of a service.

    Args:
        owner_url: of the role that owns the tables.
        schema: the service's schema.
        tables: every table that is filled, in the order that references allow; there is data when the first has rows.
        fill: does it.
        replace: remove whatever is there first.

    Returns:
        Whether anything was loaded: False where there are rows already and they were not to be replaced.

    Raises:
        NotMigrated: the tables are not there.
    """
    names = ", ".join(f"{schema}.{table}" for table in tables)
    connection = await asyncpg.connect(owner_url, server_settings={"maintenance_work_mem": "512MB", "jit": "off"})
    try:
        if not await connection.fetchval("SELECT to_regclass($1) IS NOT NULL", f"{schema}.{tables[-1]}"):
            raise NotMigrated(f"The database has no {schema} tables. Run `{schema}-mcp migrate` first.")
        async with connection.transaction(), _open_to_owner(connection, schema, tables):
            if replace:
                await connection.execute(f"TRUNCATE {names}")
            elif await connection.fetchval(f"SELECT EXISTS (SELECT FROM {schema}.{tables[0]})"):  # noqa: S608 (our names)
                return False
            async with _without_indexes(connection, schema):
                await fill(Loader(connection, schema))
        # Outside the transaction: sets the visibility map, without which index-only scans visit the table.
        await connection.execute(f"VACUUM (ANALYZE) {names}")
        return True
    finally:
        await connection.close()


@asynccontextmanager
async def _open_to_owner(connection: Connection, schema: str, tables: Sequence[str]) -> AsyncIterator[None]:
    """COPY refuses tables under row-level security, so it is off for the owner until the transaction ends.

    Nobody can see the tables meanwhile: ALTER TABLE holds them exclusively.
    """
    for table in tables:
        await connection.execute(f"ALTER TABLE {schema}.{table} NO FORCE ROW LEVEL SECURITY")
    yield
    for table in tables:
        await connection.execute(f"ALTER TABLE {schema}.{table} FORCE ROW LEVEL SECURITY")


@asynccontextmanager
async def _without_indexes(connection: Connection, schema: str) -> AsyncIterator[None]:
    """Drop what can be built faster at the end (references and secondary indexes), and build it again as it was."""
    constraints = await connection.fetch(
        "SELECT conrelid::regclass::text AS owner, quote_ident(conname) AS name, "
        "pg_get_constraintdef(oid) AS definition "
        "FROM pg_constraint WHERE contype = 'f' AND connamespace = $1::text::regnamespace ORDER BY conname",
        schema,
    )
    indexes = await connection.fetch(
        "SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS definition "
        "FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid WHERE relnamespace = $1::text::regnamespace "
        "AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid) ORDER BY 1",
        schema,
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
