"""Runs a service's Alembic migrations: all pending ones in one transaction, one process at a time."""

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from alembic import command, context
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from servicekit.core.errors import NotReady
from servicekit.storage.postgres.login.address import DatabaseAddress, address_from

# Statements without a name: behind a pooler, a name would stay in a server connection that other clients use.
_WITHOUT_SESSION: Final[Mapping[str, Any]] = {
    "statement_cache_size": 0,
    "prepared_statement_cache_size": 0,
    "prepared_statement_name_func": lambda: "",
}


class MigrationRefused(NotReady):
    """The database is not ready for migrations."""


async def migrate(owner: DatabaseAddress | str, package: str) -> tuple[str | None, str | None]:
    """Run all pending migrations of a service.

    Args:
        owner: address or URL of the role that owns the schema; tables belong to it.
        package: the service's package, such as ``orders_mcp``. Its `migrations` has Alembic's layout; `tables` there
            names the schema, which is also the first part of the roles' names: ``orders_reader``, ``orders_writer``.

    Returns:
        The revisions before (None on an empty database) and after. Both are the same if the database is newer.

    Raises:
        MigrationRefused: a role is missing, or can bypass row-level security.
        CannotConnect: no connection, or Postgres is too old.
    """
    tables = import_module(f"{package}.migrations.tables")
    folder = Path(import_module(f"{package}.migrations").__file__ or "").parent
    engine = create_async_engine(
        "postgresql+asyncpg://",
        poolclass=NullPool,
        connect_args={"async_creator_fn": address_from(owner).connect, **_WITHOUT_SESSION},
    )
    try:
        async with engine.begin() as connection:
            return await connection.run_sync(_upgrade, tables.SCHEMA, folder)
    finally:
        await engine.dispose()


def run_env(metadata: MetaData, schema: str) -> None:
    """The content of a service's `env.py`: run the migrations on the connection of `migrate`."""
    context.configure(
        connection=context.config.attributes["connection"],
        target_metadata=metadata,
        version_table_schema=schema,
        include_schemas=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def _upgrade(connection: Connection, schema: str, folder: Path) -> tuple[str | None, str | None]:
    # The schema's name is the key of this lock only.
    connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:schema, 0))"), {"schema": schema})
    _require_roles(connection, (f"{schema}_reader", f"{schema}_writer"))
    connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {schema}"))
    before = _revision(connection, schema)
    config = Config()
    config.set_main_option("script_location", str(folder))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    # After a rollback the database is newer than this version. That is supported (docs/deploying.md) and must not fail.
    if before is None or before in known:
        command.upgrade(config, "head")
    # `check` compares the revision with the credentials that serve calls, as an init container has no others.
    connection.execute(text(f"GRANT SELECT ON {schema}.alembic_version TO {schema}_reader, {schema}_writer"))
    return before, _revision(connection, schema)


def _revision(connection: Connection, schema: str) -> str | None:
    return MigrationContext.configure(connection, opts={"version_table_schema": schema}).get_current_revision()


def _require_roles(connection: Connection, roles: tuple[str, str]) -> None:
    """The operator creates the roles; migrations only grant them rights."""
    present = set(connection.execute(text("SELECT rolname FROM pg_roles")).scalars())
    if missing := [role for role in roles if role not in present]:
        raise MigrationRefused(
            f"The database has no role {' and no role '.join(missing)}. Let an administrator create it: "
            f"CREATE ROLE {missing[0]} LOGIN PASSWORD '…', then run migrate again."
        )
    bypasses = connection.execute(
        text("SELECT rolname FROM pg_roles WHERE (rolsuper OR rolbypassrls) AND rolname IN (:reader, :writer)"),
        dict(zip(("reader", "writer"), roles, strict=True)),
    ).scalars()
    if names := list(bypasses):
        raise MigrationRefused(
            f"The role {names[0]} bypasses row-level security, so tenants would see each other's rows. "
            f"ALTER ROLE {names[0]} NOSUPERUSER NOBYPASSRLS, then run migrate again."
        )
