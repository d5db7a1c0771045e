"""Checks the tables of a service: row-level security, migrations, the months of the audit log."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

import asyncpg

from servicekit.preflight.finding import Area
from servicekit.preflight.postgres_facts import TableFacts
from servicekit.preflight.schema import ServiceSchema

_SHOWN: Final = 3  # tables named in one line
_VERSIONS: Final = "alembic_version"
# Policies of a role that serves calls; one that does not compare the tenant shows every tenant's rows.
_OPEN_POLICIES: Final = """
SELECT tablename, policyname FROM pg_policies
WHERE schemaname = $1 AND permissive = 'PERMISSIVE'
    AND EXISTS (SELECT FROM unnest(roles) AS one WHERE one = 'public' OR pg_has_role(one, 'USAGE'))
    AND (qual NOT LIKE '%app.tenant%' OR with_check NOT LIKE '%app.tenant%')
ORDER BY 1, 2
"""


async def check_isolation(
    area: Area, connection: Any, schema: str, tables: Mapping[str, TableFacts], *, serves: bool
) -> None:
    """Check that row-level security is on, for the owner too, in every table but the migrations' own.

    Args:
        serves: the role serves calls, so also no policy of its may leave out the tenant.
    """
    if unprotected := [name for name, table in tables.items() if not table.is_isolated and name != _VERSIONS]:
        statements = "; ".join(
            f"ALTER TABLE {schema}.{name} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY"
            for name in sorted(unprotected)[:_SHOWN]
        )
        area.fail(
            "isolation",
            f"Row-level security is not enabled and forced on {len(unprotected)} tables, so tenants can see each "
            "other's rows.",
            f"As the owner: {statements}.",
        )
        return
    open_policies = await connection.fetch(_OPEN_POLICIES, schema) if serves else []
    if open_policies:
        first = open_policies[0]
        area.fail(
            "isolation",
            f"The policy {first['policyname']} of {schema}.{first['tablename']} shows rows of every tenant.",
            f"As the owner: DROP POLICY {first['policyname']} ON {schema}.{first['tablename']}.",
        )
    else:
        area.ok("isolation", f"Row-level security is forced on {len(tables) - (_VERSIONS in tables)} tables.")


async def check_migrations(
    area: Area, connection: Any, schema: ServiceSchema, tables: Mapping[str, TableFacts], command: str
) -> None:
    """Compare the revision of the database with that of this version of the server."""
    run = f"Run `{command}` as the owner."
    if _VERSIONS not in tables:
        area.fail("migrations", "The database is not migrated.", run)
        return
    try:
        query = f"SELECT version_num FROM {schema.name}.{_VERSIONS}"  # noqa: S608  # the package's own name
        revision = await connection.fetchval(query)
    except asyncpg.InsufficientPrivilegeError:
        area.unknown("migrations", "This role may not read the revision.", f"{run} It grants that right.")
        return
    head, known = schema.revisions()
    if revision == head:
        area.ok("migrations", f"At revision {revision}, the latest.")
    elif revision is None:
        area.fail("migrations", "The database is not migrated.", run)
    elif revision in known:
        area.fail("migrations", f"At revision {revision}; this version needs {head}.", run)
    else:
        area.warn(
            "migrations",
            f"Revision {revision} is newer than this version, which knows {head}.",
            "This is right after a rollback; otherwise deploy the newer version.",
        )


def check_audit_months(area: Area, tables: Mapping[str, TableFacts], now: datetime | None = None) -> None:
    """Check that the audit log has the partitions of this and the next month."""
    first = (now or datetime.now(UTC)).replace(day=1)
    months = [first, first.replace(year=first.year + first.month // 12, month=first.month % 12 + 1)]
    missing = [name for name in (f"audit_log_{month:%Y_%m}" for month in months) if name not in tables]
    if missing:
        area.warn(
            "audit_months",
            f"The partition {' and '.join(missing)} of the audit log is missing.",
            "A running server makes it within a minute of its start; check the writer's EXECUTE right.",
        )
    else:
        area.ok("audit_months", "The partitions of this and the next month exist.")
