"""Checks the rights of a database role: what it needs, and what it must not have."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from servicekit.preflight.finding import Area
from servicekit.preflight.postgres_facts import Server, TableFacts

_WRITES: Final = frozenset({"INSERT", "UPDATE", "DELETE", "TRUNCATE"})
_EMPTIES: Final = frozenset({"TRUNCATE"})
_EDITS: Final = frozenset({"UPDATE", "DELETE", "TRUNCATE"})
_SHOWN: Final = 3  # tables named in one line

_MEMBER: Final = """
SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1) AS exists,
    coalesce((SELECT pg_has_role(oid, 'USAGE') FROM pg_roles WHERE rolname = $1), false) AS is_member
"""
_FUNCTIONS: Final = """
SELECT proname FROM pg_proc JOIN pg_namespace AS namespace ON namespace.oid = pronamespace
WHERE nspname = $1 AND proname = ANY($2) AND has_function_privilege(pg_proc.oid, 'EXECUTE')
"""


async def check_role(area: Area, connection: Any, server: Server, expected: str) -> bool:
    """Check that a role that serves calls is the one that migrations gave its rights to. Returns whether it is."""
    row = await connection.fetchrow(_MEMBER, expected)
    if server.bypasses:
        kind = "is a superuser" if server.is_superuser else "has BYPASSRLS"
        area.fail(
            "role",
            f"{server.role} {kind}, so tenants would see each other's rows.",
            f"Sign in as {expected}, or ALTER ROLE {server.role} NOSUPERUSER NOBYPASSRLS.",
        )
        return False
    if not row["exists"]:
        area.fail("role", f"The role {expected} does not exist.", f"CREATE ROLE {expected} LOGIN PASSWORD '…'.")
        return False
    if not row["is_member"]:
        area.fail(
            "role",
            f"Signed in as {server.role}, which is not {expected} nor a member of it.",
            f"Use {expected} in the URL, or GRANT {expected} TO {server.role}.",
        )
        return False
    area.ok("role", f"{server.role}, under row-level security.")
    return True


def check_not_owner(area: Area, server: Server, tables: Mapping[str, TableFacts]) -> bool:
    """Check that a role that serves calls cannot change the tables themselves. Returns whether it cannot."""
    if owned := [name for name, table in tables.items() if table.is_owned]:
        owner = tables[owned[0]].owner
        area.fail(
            "ownership",
            f"{server.role} owns {_names(owned)} or is a member of {owner}, so it could switch off row-level security.",
            f"Use a role of its own, or REVOKE {owner} FROM {server.role}.",
        )
        return False
    area.ok("ownership", "Owns no table.")
    return True


def check_reads_only(area: Area, server: Server, schema: str, tables: Mapping[str, TableFacts]) -> None:
    """Check that the reader cannot write."""
    if writable := [name for name, table in tables.items() if table.rights & _WRITES and not table.is_owned]:
        area.fail(
            "read_only",
            f"{server.role} can write to {_names(writable)}.",
            f"REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON ALL TABLES IN SCHEMA {schema} FROM {server.role}; check the "
            "roles that it is a member of.",
        )
    else:
        area.ok("read_only", "Can write to no table.")


def check_no_excess(
    area: Area, server: Server, schema: str, tables: Mapping[str, TableFacts], needed: Mapping[str, frozenset[str]]
) -> None:
    """Check that the writer can neither empty tables, which row-level security does not prevent, nor edit the audit
    trail.

    Args:
        needed: rights by table.
    """
    excess = dict[str, set[str]]()
    for name, table in tables.items():
        harmful = _EDITS if name.startswith("audit_") else _EMPTIES
        for right in (table.rights & harmful) - needed.get(name, frozenset()):
            excess.setdefault(right, set()).add(f"{schema}.{name}")
    if excess:
        said = "; ".join(f"{right} ON {_names(sorted(names))}" for right, names in sorted(excess.items()))
        area.fail(
            "excess",
            f"{server.role} has {said}, so it could destroy audit entries or rows of every tenant.",
            f"As the owner: REVOKE {', '.join(sorted(excess))} ON those tables FROM {server.role}; check the roles "
            "that it is a member of.",
        )
    else:
        area.ok("excess", "Can empty no table, and change no audit entry.")


async def check_rights(
    area: Area,
    connection: Any,
    tables: Mapping[str, TableFacts],
    needed: Mapping[str, frozenset[str]],
    functions: Iterable[str],
    schema: str,
    command: str,
) -> None:
    """Check that a role has the rights that its server uses.

    Args:
        needed: rights by table.
        functions: names of functions that it calls.
        command: the migration, such as ``orders-mcp migrate``.
    """
    if missing := [name for name in needed if name not in tables]:
        area.fail("rights", f"The tables {_names(missing)} do not exist.", f"Run `{command}` as the owner.")
        return
    lacking = [
        f"{', '.join(sorted(rights - tables[name].rights))} ON {schema}.{name}"
        for name, rights in needed.items()
        if rights - tables[name].rights
    ]
    callable_ = {row["proname"] for row in await connection.fetch(_FUNCTIONS, schema, list(functions))}
    lacking += [f"EXECUTE ON FUNCTION {schema}.{name}" for name in functions if name not in callable_]
    usable = await connection.fetchval("SELECT has_schema_privilege($1, 'USAGE')", schema)
    if not usable:
        lacking.insert(0, f"USAGE ON SCHEMA {schema}")
    if lacking:
        grants = "; ".join(f"GRANT {one}" for one in lacking[:_SHOWN])
        area.fail("rights", f"Lacks {_names(lacking)}.", f"As the owner: {grants} TO the role.")
    else:
        area.ok("rights", f"Has the rights that it needs on {len(needed)} tables.")


def _names(names: list[str]) -> str:
    shown = ", ".join(names[:_SHOWN])
    return f"{shown} and {len(names) - _SHOWN} more" if len(names) > _SHOWN else shown
