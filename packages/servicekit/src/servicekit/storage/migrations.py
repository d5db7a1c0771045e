"""The steps of a service's schema: every missing one, in one transaction, one process at a time."""

from pathlib import Path
from urllib.parse import urlsplit

from alembic import command, context
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from servicekit.core.errors import NotReady


class MigrationRefused(NotReady):
    """The database is not ready for migrations."""


async def run_steps(owner_url: str, schema: str, steps: Path) -> tuple[str | None, str | None]:
    """Bring the database up to the newest step.

    Args:
        owner_url: ``postgresql://…`` of the role that owns the schema; tables belong to it.
        schema: the service's schema, and the first part of its roles' names: ``orders_reader``, ``orders_writer``.
        steps: the folder of the steps, in Alembic's layout.

    Returns:
        The revision before (None on an empty database) and the revision after; the same where a newer version was here.

    Raises:
        MigrationRefused: a role is missing, or one that serves calls may bypass row-level security.
    """
    engine = create_async_engine(urlsplit(owner_url)._replace(scheme="postgresql+asyncpg").geturl(), poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            return await connection.run_sync(_upgrade, schema, steps)
    finally:
        await engine.dispose()


def run_environment(metadata: MetaData, schema: str) -> None:
    """What a service's `env.py` does: run the steps on the connection that `run_steps` hands over."""
    context.configure(
        connection=context.config.attributes["connection"],
        target_metadata=metadata,
        version_table_schema=schema,
        include_schemas=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def _upgrade(connection: Connection, schema: str, steps: Path) -> tuple[str | None, str | None]:
    # Nothing else in a service's database locks by the name of its schema.
    connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:schema, 0))"), {"schema": schema})
    _require_roles(connection, (f"{schema}_reader", f"{schema}_writer"))
    connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {schema}"))
    before = _revision(connection, schema)
    config = Config()
    config.set_main_option("script_location", str(steps))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    known = {step.revision for step in ScriptDirectory.from_config(config).walk_revisions()}
    # A step of a newer version fits this one too (deploying.md), so going back to it needs none and must not fail here.
    if before is None or before in known:
        command.upgrade(config, "head")
    return before, _revision(connection, schema)


def _revision(connection: Connection, schema: str) -> str | None:
    return MigrationContext.configure(connection, opts={"version_table_schema": schema}).get_current_revision()


def _require_roles(connection: Connection, roles: tuple[str, str]) -> None:
    """Roles are made by the operator beforehand; migrations grant them rights and never make, change or drop one."""
    present = set(connection.execute(text("SELECT rolname FROM pg_roles")).scalars())
    if missing := [role for role in roles if role not in present]:
        raise MigrationRefused(
            f"The database has no role {' and no role '.join(missing)}. Roles are made by an administrator, not by "
            f"migrations: CREATE ROLE {missing[0]} LOGIN PASSWORD '…', then run migrate again."
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
