"""Measures of the database server that grow towards a limit: connections, the database and the audit log.

Each replica asks the primary once a minute, with one statement on the catalogue that needs no right. What the server
does not answer has no series until it does.
"""

import asyncio
from typing import Final

import asyncpg

from servicekit.core.errors import Unavailable
from servicekit.storage.postgres.database import Database
from servicekit.telemetry.instruments import audit_size, database_size, server_connections, server_connections_max

INTERVAL: Final = 60.0
"""Seconds between two measurements."""

# Only clients have both a database and a user, which every role may see. `reserved_connections` is there from
# PostgreSQL 16 on. Partitions have the rows and indexes of the audit log; the table itself is empty.
_MEASURE: Final = """
SELECT (SELECT count(*) FROM pg_stat_activity WHERE datid IS NOT NULL AND usesysid IS NOT NULL) AS used,
    current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
        - coalesce(current_setting('reserved_connections', true)::int, 0) AS allowed,
    pg_database_size(current_database()) AS database_bytes,
    (SELECT sum(pg_total_relation_size(inhrelid)) FROM pg_inherits
        WHERE inhparent = to_regclass('{schema}.audit_log'))::bigint AS audit_bytes
"""


class PostgresMeasures:
    """The measures of one service's database.

    Args:
        database: the pool of the writer role.
        schema: the schema of the tables.
    """

    def __init__(self, database: Database, schema: str) -> None:
        self._database = database
        self._statement = _MEASURE.format(schema=schema)
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Measure now, and every `INTERVAL`."""
        self._task = asyncio.create_task(self._measure_periodically(), name="database measures")

    def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()

    async def measure(self) -> None:
        """Ask the server once."""
        try:
            async with self._database.without_tenant() as connection:
                found = await connection.fetchrow(self._statement)
        except (Unavailable, asyncpg.PostgresError):  # its component says so; an outdated number would mislead
            found = None
        server_connections.set(found and found["used"])
        server_connections_max.set(found and found["allowed"])
        database_size.set(found and found["database_bytes"])
        audit_size.set(found and found["audit_bytes"], "postgres")

    async def _measure_periodically(self) -> None:
        while True:
            await self.measure()
            await asyncio.sleep(INTERVAL)
