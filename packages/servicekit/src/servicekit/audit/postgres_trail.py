"""Reads the audit log in Postgres, across its lanes and months (ADR 0014)."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, date, datetime
from typing import Any, Final

from servicekit.audit.cuts import Cut
from servicekit.audit.entry import AuditEntry
from servicekit.audit.hash_chain import parse_entry
from servicekit.audit.trail import TrailEntry
from servicekit.storage.postgres.database import Database

_NEWEST: Final = ("9999-12-31T23:59:59+00:00", "9999-12/32767/9223372036854775807")  # a place after every entry
_COLUMNS: Final = "tenant_id, month, lane, number, entry, at, subject, previous, hash"
TRAIL: Final = """
SELECT {columns} FROM {schema}.audit_log WHERE month >= $1 AND month <= $2 ORDER BY month, tenant_id, lane, number
"""
ACTIONS: Final = """
SELECT month, lane, number, entry FROM {schema}.audit_log
WHERE tenant_id = $1 AND subject = $2 AND month <= $3 AND (month, at, lane, number) < ($3, $4, $5, $6)
ORDER BY month DESC, at DESC, lane DESC, number DESC LIMIT $7
"""
MONTHS: Final = """
SELECT to_date(right(relname, 7), 'YYYY_MM') AS month
FROM pg_inherits JOIN pg_class AS partition ON partition.oid = inhrelid
WHERE inhparent = '{schema}.audit_log'::regclass ORDER BY month DESC
"""
# The last entries of every chain of a month, each chain found by one step in the index.
LAST_OF_CHAINS: Final = """
WITH RECURSIVE chains AS (
    (SELECT tenant_id, lane FROM {schema}.audit_log WHERE month = $1 ORDER BY tenant_id, lane LIMIT 1)
    UNION ALL
    SELECT following.* FROM chains, LATERAL (
        SELECT log.tenant_id, log.lane FROM {schema}.audit_log AS log
        WHERE month = $1 AND (log.tenant_id, log.lane) > (chains.tenant_id, chains.lane)
        ORDER BY log.tenant_id, log.lane LIMIT 1
    ) AS following
)
SELECT last.* FROM chains, LATERAL (
    SELECT {columns} FROM {schema}.audit_log AS log
    WHERE month = $1 AND log.tenant_id = chains.tenant_id AND log.lane = chains.lane ORDER BY number DESC LIMIT $2
) AS last
"""
_LATEST = LAST_OF_CHAINS + "ORDER BY at DESC, tenant_id DESC, lane DESC, number DESC LIMIT $2"
_CUTS = "SELECT chain, number, hash, cut_at, signature FROM {schema}.audit_cuts ORDER BY chain, number"


class PostgresTrail:
    """Reads the entries that its role may see: the owner those of every tenant, the writer those of the caller's.

    Args:
        schema: the schema of the tables.
    """

    def __init__(self, database: Database, schema: str) -> None:
        self._database = database
        self._schema = schema

    async def calls_of(
        self, tenant: str, subject: str, count: int, before: tuple[Any, ...] | None
    ) -> Sequence[tuple[str, AuditEntry]]:
        """The latest entries of a user, newest first, with their places: month, lane and number."""
        at, place = before or _NEWEST
        month, lane, number = place.split("/")
        after = (date.fromisoformat(f"{month}-01"), datetime.fromisoformat(at), int(lane), int(number))
        rows = await self._database.fetch(self._sql(ACTIONS), tenant, subject, *after, count)
        return [(f"{row['month']:%Y-%m}/{row['lane']}/{row['number']}", parse_entry(row["entry"])) for row in rows]

    async def trail(self, since: datetime | None = None, until: datetime | None = None) -> AsyncIterator[TrailEntry]:
        """Every entry that the role may read, chain by chain: the owner reads all tenants.

        Args:
            since, until: read only the months that these times are in, and those between them.
        """
        first = since.astimezone(UTC).date().replace(day=1) if since is not None else date.min
        last = until.astimezone(UTC).date() if until is not None else date.max
        async with self._database.without_tenant() as connection, connection.transaction():
            async for row in connection.cursor(self._sql(TRAIL), first, last):
                yield stored_entry(row)

    async def latest(self, count: int) -> AsyncIterator[TrailEntry]:
        """The latest entries that the role may read, oldest first."""
        newest: list[TrailEntry] = []
        async with self._database.without_tenant() as connection:
            for row in await connection.fetch(self._sql(MONTHS)):
                if len(newest) < count:
                    rows = await connection.fetch(self._sql(_LATEST), row["month"], count - len(newest))
                    newest += [stored_entry(row) for row in rows]
        for entry in reversed(newest):
            yield entry

    async def cuts(self) -> Sequence[Cut]:
        """What retention removed."""
        async with self._database.without_tenant() as connection:
            return [Cut(*row) for row in await connection.fetch(self._sql(_CUTS))]

    def _sql(self, statement: str) -> str:
        return audit_sql(statement, self._schema)


def audit_sql(statement: str, schema: str) -> str:
    """A statement on the log of a schema."""
    return statement.replace("{schema}", schema).replace("{columns}", _COLUMNS)


def chain_name(tenant: str, month: date, lane: int) -> str:
    """The name of a chain, such as ``acme/2026-11/3``. Its hashes cover it."""
    return f"{tenant}/{month.year:04}-{month.month:02}/{lane}"  # strftime takes 4 µs


def stored_entry(row: Any) -> TrailEntry:
    """The entry in a row."""
    return TrailEntry(
        chain_name(row["tenant_id"], row["month"], row["lane"]),
        row["number"],
        row["entry"],
        row["previous"],
        row["hash"],
        {"tenant": row["tenant_id"], "subject": row["subject"], "at": row["at"].isoformat()},
    )
