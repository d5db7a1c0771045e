"""What a database says about itself and about the role that asks."""

import time
from dataclasses import dataclass
from typing import Any, Final

# `reserved_connections` is there from PostgreSQL 16 on. The time of the start tells two servers apart.
_SERVER: Final = """
SELECT current_setting('server_version_num')::int AS number,
    split_part(current_setting('server_version'), ' ', 1) AS version,
    current_user AS role, role.rolsuper OR role.rolbypassrls AS bypasses, role.rolsuper AS is_superuser,
    pg_is_in_recovery() AS is_standby,
    extract(epoch FROM clock_timestamp())::float8 AS clock,
    pg_postmaster_start_time()::text AS started,
    current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
        - coalesce(current_setting('reserved_connections', true)::int, 0) AS free_for_roles,
    current_setting('max_connections')::int AS max_connections,
    nullif(role.rolconnlimit, -1) AS role_limit,
    (SELECT nullif(datconnlimit, -1) FROM pg_database WHERE datname = current_database()) AS database_limit,
    current_database() AS database
FROM pg_roles AS role WHERE rolname = current_user
"""
_DELAY: Final = """
SELECT CASE WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0
    ELSE extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp())::float8 END
"""
_TABLES: Final = """
SELECT relation.relname AS name, relispartition AS is_partition, relrowsecurity AND relforcerowsecurity AS is_isolated,
    pg_has_role(relowner, 'USAGE') AS is_owned, pg_get_userbyid(relowner) AS owner,
    array_remove(ARRAY[
        CASE WHEN has_any_column_privilege(relation.oid, 'SELECT') THEN 'SELECT' END,
        CASE WHEN has_any_column_privilege(relation.oid, 'INSERT') THEN 'INSERT' END,
        CASE WHEN has_any_column_privilege(relation.oid, 'UPDATE') THEN 'UPDATE' END,
        CASE WHEN has_table_privilege(relation.oid, 'DELETE') THEN 'DELETE' END,
        CASE WHEN has_table_privilege(relation.oid, 'TRUNCATE') THEN 'TRUNCATE' END
    ], NULL) AS rights
FROM pg_class AS relation JOIN pg_namespace AS namespace ON namespace.oid = relnamespace
WHERE nspname = $1 AND relkind IN ('r', 'p')
"""


@dataclass(frozen=True, slots=True)
class Server:
    """A database server and the role that asked.

    Attributes:
        number: the version as a number, such as 180002.
        bypasses: the role bypasses row-level security.
        started: when the server started, which tells two servers apart.
        asked, answered: this machine's clock before and after, in seconds since the epoch.
        free_for_roles: connections that roles other than superusers can use.
        role_limit, database_limit: their connection limits; None without one.
        delay: seconds that a standby is behind; None on a primary, or where it is not known.
    """

    number: int
    version: str
    role: str
    bypasses: bool
    is_superuser: bool
    is_standby: bool
    clock: float
    started: str
    free_for_roles: int
    max_connections: int
    role_limit: int | None
    database_limit: int | None
    database: str
    asked: float
    answered: float
    delay: float | None


@dataclass(frozen=True, slots=True)
class TableFacts:
    """A table or partition of the service's schema.

    Attributes:
        is_isolated: row-level security is enabled, for the owner too.
        is_owned: the role that asked owns it, or is a member of the owner.
        rights: of the role that asked, on the table or on columns of it.
    """

    name: str
    is_partition: bool
    is_isolated: bool
    is_owned: bool
    owner: str
    rights: frozenset[str]


async def read_server(connection: Any) -> Server:
    """What the server and the role are."""
    await connection.fetchval("SELECT 1")  # the clock is read after the first statement, which prepares the session
    asked = time.time()
    row = await connection.fetchrow(_SERVER)
    answered = time.time()
    delay = await connection.fetchval(_DELAY) if row["is_standby"] else None
    return Server(**dict(row), asked=asked, answered=answered, delay=delay)


async def read_tables(connection: Any, schema: str) -> dict[str, TableFacts]:
    """The tables of a schema by name."""
    rows = await connection.fetch(_TABLES, schema)
    return {row["name"]: TableFacts(**{**dict(row), "rights": frozenset(row["rights"])}) for row in rows}
