"""Checks the role that owns the tables, with which `migrate` runs."""

from collections.abc import Mapping
from typing import Any, Final

from servicekit.preflight.finding import Area
from servicekit.preflight.postgres_facts import Server, TableFacts

_SERVING_ROLES: Final = "SELECT rolname, rolsuper OR rolbypassrls AS bypasses FROM pg_roles WHERE rolname = ANY($1)"
_MAY_CREATE: Final = """
SELECT CASE WHEN EXISTS (SELECT FROM pg_namespace WHERE nspname = $1) THEN has_schema_privilege($1, 'CREATE')
    ELSE has_database_privilege(current_database(), 'CREATE') END
"""


async def check_owner_role(
    area: Area, connection: Any, server: Server, schema: str, tables: Mapping[str, TableFacts]
) -> None:
    """Check that the role owns the tables or may make them, and that the roles that serve calls exist."""
    serving = [f"{schema}_reader", f"{schema}_writer"]
    found = {row["rolname"]: row["bypasses"] for row in await connection.fetch(_SERVING_ROLES, serving)}
    missing = [role for role in serving if role not in found]
    bypassing = [role for role, bypasses in found.items() if bypasses]
    foreign = [table for table in tables.values() if not table.is_owned]
    if missing:
        area.fail("role", f"The role {missing[0]} does not exist.", f"CREATE ROLE {missing[0]} LOGIN PASSWORD '…'.")
    elif bypassing:
        area.fail(
            "role",
            f"The role {bypassing[0]} bypasses row-level security, so tenants would see each other's rows.",
            f"ALTER ROLE {bypassing[0]} NOSUPERUSER NOBYPASSRLS.",
        )
    elif foreign:
        area.fail(
            "role",
            f"{server.role} does not own {schema}.{foreign[0].name}; {foreign[0].owner} does.",
            f"Use {foreign[0].owner} in the URL, or GRANT {foreign[0].owner} TO {server.role}.",
        )
    elif not await connection.fetchval(_MAY_CREATE, schema):
        area.fail(
            "role",
            f"{server.role} may not create tables in the schema {schema}.",
            f"GRANT CREATE ON DATABASE {server.database} TO {server.role}.",
        )
    elif server.is_superuser:
        area.warn(
            "role",
            f"{server.role} is a superuser, to whom row-level security does not apply.",
            f"Use a role that owns only this database: ALTER DATABASE {server.database} OWNER TO {schema}_owner.",
        )
    else:
        area.ok("role", f"{server.role} owns the tables.")
