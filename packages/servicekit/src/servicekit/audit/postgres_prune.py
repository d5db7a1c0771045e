"""Retention in Postgres: whole months leave the audit log, and signed cuts say where its chains ended."""

from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import asyncpg

from servicekit.audit.anchor_keys import AnchorKeys
from servicekit.audit.cuts import Cut, signed_cut
from servicekit.audit.postgres_trail import LAST_OF_CHAINS, MONTHS, audit_sql, stored_entry
from servicekit.core.errors import NotReady, Unavailable
from servicekit.storage.postgres.database import Database
from servicekit.storage.postgres.login.address import DatabaseAddress

_LOCK_SECONDS: Final = 3  # writes wait behind the lock that drops a partition, so it must not wait long itself
_BUSY: Final = (
    "The audit log is being read, for example by `audit verify` or a backup, so no month can be removed now. "
    "Nothing of this month was removed; run it again later."
)
_RECORD = """
INSERT INTO {schema}.audit_cuts (tenant_id, chain, number, hash, cut_at, signature) VALUES ($1, $2, $3, $4, $5, $6)
"""


async def prune(owner: DatabaseAddress | str, schema: str, before: datetime, keys: AnchorKeys | None) -> list[Cut]:
    """Remove the months that ended before a time. Each month is removed with its cuts, in a transaction of its own.

    Args:
        owner: address or URL of the tables' owner. The roles that serve calls cannot remove entries.
        keys: sign the cuts. Without them a verification cannot tell retention from deletion.

    Raises:
        NotReady: another transaction uses the log for longer than `_LOCK_SECONDS`.
        Unavailable: the database is unavailable.
    """
    database = Database(owner, name="owner", connections=1, statement_timeout=600, pooler="transaction")
    await database.start()
    cuts: list[Cut] = []
    try:
        async with database.without_tenant() as connection:
            months = [row["month"] for row in await connection.fetch(audit_sql(MONTHS, schema))]
            for month in reversed(months):
                if _end_of(month) <= before.astimezone(UTC).date():
                    cuts += await _remove(connection, schema, month, keys)
    except Unavailable as error:
        if isinstance(error.__cause__, asyncpg.LockNotAvailableError):
            raise NotReady(_BUSY) from error
        raise
    finally:
        await database.stop()
    return cuts


async def _remove(connection: Any, schema: str, month: date, keys: AnchorKeys | None) -> list[Cut]:
    """Drop a partition and record what it held."""
    partition = f"{schema}.audit_log_{month:%Y_%m}"
    async with connection.transaction():
        await connection.execute(f"SET LOCAL lock_timeout = '{_LOCK_SECONDS}s'")
        await connection.execute(f"LOCK TABLE {partition} IN SHARE MODE")  # no entry is added after its chain was read
        rows = await connection.fetch(audit_sql(LAST_OF_CHAINS, schema), month, 1)
        now = datetime.now(UTC)
        cuts = [signed_cut(keys, last.chain, last.number, last.own, now) for last in map(stored_entry, rows)]
        tenants = [row["tenant_id"] for row in rows]
        await connection.executemany(
            audit_sql(_RECORD, schema), [(tenant, *cut) for tenant, cut in zip(tenants, cuts, strict=True)]
        )
        await connection.execute(f"DROP TABLE {partition}")
    return cuts


def _end_of(month: date) -> date:
    """The first day of the next month."""
    return (month + timedelta(days=31)).replace(day=1)
