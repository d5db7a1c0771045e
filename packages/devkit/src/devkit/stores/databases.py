"""Creates the roles and databases of services, as the superuser, before their migrations run."""

import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import quote, urlsplit

import asyncpg

ROLES = ("owner", "writer", "reader")
"""`owner` runs migrations and owns the tables; `writer` and `reader` serve calls. None bypasses row-level security."""

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


@dataclass(frozen=True)
class DatabaseUrls:
    """`postgresql://role:password@host:port/database` of the three roles of one service."""

    owner: str
    writer: str
    reader: str

    @property
    def database(self) -> str:
        """Name of the database."""
        return urlsplit(self.owner).path.removeprefix("/")


def _random_password(_role: str) -> str:
    return secrets.token_urlsafe(18)


async def bootstrap(
    admin_url: str,
    service: str,
    *,
    database: str | None = None,
    password_of: Callable[[str], str] = _random_password,
) -> DatabaseUrls:
    """Create the roles `<service>_owner|writer|reader` and the database (by default named like the service).

    Safe to repeat: existing roles and databases are kept; passwords are set to `password_of(role)`. `admin_url` is the
    superuser's, without a database name. The tables come from the service's own migrations.
    """
    database = database or service
    roles = {role: f"{service}_{role}" for role in ROLES}
    passwords = {role: password_of(name) for role, name in roles.items()}
    async with _connected(admin_url) as connection:
        for role, name in roles.items():
            await _ensure_role(connection, name, passwords[role])
        if not await connection.fetchval("SELECT true FROM pg_database WHERE datname = $1", database):
            await _run(connection, "CREATE DATABASE %I OWNER %I", database, roles["owner"])
        await _close_to_public(connection, database, list(roles.values()))
    async with _connected(admin_url, database) as connection:
        # The default from Postgres 15 on.
        await connection.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    return DatabaseUrls(**{role: _url(admin_url, name, passwords[role], database) for role, name in roles.items()})


async def clone(admin_url: str, template: DatabaseUrls, database: str) -> DatabaseUrls:
    """Copy a migrated database under a new name, for one test. The template must have no connections.

    Roles belong to the cluster, so the URLs of the copy differ only in the database name.
    """
    owner, *others = (str(urlsplit(url).username) for url in (template.owner, template.writer, template.reader))
    async with _connected(admin_url) as connection:
        await _run(connection, "CREATE DATABASE %I OWNER %I TEMPLATE %I", database, owner, template.database)
        # CREATE DATABASE … TEMPLATE does not copy the privileges.
        await _close_to_public(connection, database, [owner, *others])
    urls = (template.owner, template.writer, template.reader)
    return DatabaseUrls(*(urlsplit(url)._replace(path=f"/{database}").geturl() for url in urls))


async def drop(admin_url: str, database: str) -> None:
    """Drop a database if it exists, and close its connections."""
    async with _connected(admin_url) as connection:
        await _run(connection, "DROP DATABASE IF EXISTS %I WITH (FORCE)", database)


async def is_empty(url: str) -> bool:
    """Whether the database has no tables (its migrations never ran)."""
    connection: Connection = await asyncpg.connect(url)
    try:
        count = await connection.fetchval(
            "SELECT count(*) FROM pg_class AS relation JOIN pg_namespace AS namespace ON namespace.oid = relnamespace "
            "WHERE relkind IN ('r', 'p') AND nspname NOT IN ('pg_catalog', 'information_schema') "
            "AND nspname NOT LIKE 'pg\\_toast%'"
        )
    finally:
        await connection.close()
    return bool(count == 0)


@asynccontextmanager
async def _connected(admin_url: str, database: str = "postgres") -> AsyncIterator[Connection]:
    connection: Connection = await asyncpg.connect(f"{admin_url}/{quote(database)}")
    try:
        yield connection
    finally:
        await connection.close()


async def _ensure_role(connection: Connection, name: str, password: str) -> None:
    if not await connection.fetchval("SELECT true FROM pg_roles WHERE rolname = $1", name):
        await _run(connection, "CREATE ROLE %I", name)
    await _run(
        connection,
        "ALTER ROLE %I LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOREPLICATION PASSWORD %L",
        name,
        password,
    )


async def _close_to_public(connection: Connection, database: str, roles: list[str]) -> None:
    await _run(connection, "REVOKE ALL ON DATABASE %I FROM PUBLIC", database)
    for role in roles:
        await _run(connection, "GRANT CONNECT ON DATABASE %I TO %I", database, role)


async def _run(connection: Connection, statement: str, *names: str) -> None:
    """Run a statement with names (%I) or literals (%L), which cannot be bound; the server quotes them."""
    placeholders = ", ".join(f"${number}::text" for number in range(2, len(names) + 2))
    await connection.execute(await connection.fetchval(f"SELECT format($1, {placeholders})", statement, *names))


def _url(admin_url: str, role: str, password: str, database: str) -> str:
    address = urlsplit(admin_url)
    return f"postgresql://{quote(role)}:{quote(password, safe='')}@{address.hostname}:{address.port}/{quote(database)}"
