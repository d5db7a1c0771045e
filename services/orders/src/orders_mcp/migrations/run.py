"""`orders-mcp migrate`: every missing step, in one transaction, one process at a time."""

from pathlib import Path
from urllib.parse import urlsplit

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from orders_mcp.migrations.tables import SCHEMA

ROLES = ("orders_reader", "orders_writer")
"""Roles the operator makes beforehand; migrations grant them rights and never make, change or drop a role."""

_LOCK = 0x6F7264657273  # "orders": any number that nothing else in this database locks


class MigrationRefused(Exception):
    """The database is not ready for migrations; the text says what is missing and how to make it."""


async def migrate(owner_url: str) -> tuple[str | None, str | None]:
    """Bring the database up to the newest step.

    Args:
        owner_url: ``postgresql://…`` of the role that owns the schema; tables belong to it.

    Returns:
        The revision before (None on an empty database) and the revision after.

    Raises:
        MigrationRefused: a role is missing, or the owner's role may bypass row-level security.
    """
    engine = create_async_engine(urlsplit(owner_url)._replace(scheme="postgresql+asyncpg").geturl(), poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            return await connection.run_sync(_upgrade)
    finally:
        await engine.dispose()


def _upgrade(connection: Connection) -> tuple[str | None, str | None]:
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    _require_roles(connection)
    connection.execute(text("CREATE SCHEMA IF NOT EXISTS orders"))
    before = _revision(connection)
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    after = _revision(connection)
    return before, after


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection, opts={"version_table_schema": SCHEMA}).get_current_revision()


def _require_roles(connection: Connection) -> None:
    present = set(connection.execute(text("SELECT rolname FROM pg_roles")).scalars())
    if missing := [role for role in ROLES if role not in present]:
        raise MigrationRefused(
            f"The database has no role {' and no role '.join(missing)}. Roles are made by an administrator, not by "
            f"migrations: CREATE ROLE {missing[0]} LOGIN PASSWORD '…', then run migrate again."
        )
    bypasses = connection.execute(
        text("SELECT rolname FROM pg_roles WHERE (rolsuper OR rolbypassrls) AND rolname IN (:reader, :writer)"),
        dict(zip(("reader", "writer"), ROLES, strict=True)),
    ).scalars()
    if names := list(bypasses):
        raise MigrationRefused(
            f"The role {names[0]} bypasses row-level security, so tenants would see each other's rows. "
            f"ALTER ROLE {names[0]} NOSUPERUSER NOBYPASSRLS, then run migrate again."
        )
