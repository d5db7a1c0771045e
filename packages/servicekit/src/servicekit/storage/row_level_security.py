"""Row-level security by tenant, for the migration of a service that owns a database.

The tenant is the session setting `app.tenant`. Without it the setting is null or empty, which equals no tenant, so
there are no rows. A right needs both a policy and a grant, so a mistake in one of them opens nothing.
"""

from collections.abc import Iterator, Mapping

OWN = "{column} = current_setting('app.tenant', true)"


def close_statements(schema: str, tables: Mapping[str, str]) -> Iterator[str]:
    """Close every table, forced for its owner too, and let the reader read it. The writer's rights are the service's.

    Args:
        schema: the service's schema, and the first part of its roles' names.
        tables: each table with the column that names the tenant.
    """
    for table, column in tables.items():
        own = OWN.format(column=column)
        yield f"ALTER TABLE {schema}.{table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY"
        yield f"CREATE POLICY reader ON {schema}.{table} FOR SELECT TO {schema}_reader USING ({own})"
        for policy, role in (("writer", f"{schema}_writer"), ("owner", "CURRENT_USER")):
            yield f"CREATE POLICY {policy} ON {schema}.{table} TO {role} USING ({own}) WITH CHECK ({own})"
    yield f"GRANT USAGE ON SCHEMA {schema} TO {schema}_reader, {schema}_writer"
    for table in tables:
        yield f"GRANT SELECT ON {schema}.{table} TO {schema}_reader"


def revoke_statements(schema: str, tables: Mapping[str, str]) -> Iterator[str]:
    """Take every right back. The tables stay closed: nobody but a superuser sees a row."""
    yield f"REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM {schema}_reader, {schema}_writer"
    yield f"REVOKE ALL ON SCHEMA {schema} FROM {schema}_reader, {schema}_writer"
    for table in tables:
        for policy in ("reader", "writer", "owner"):
            yield f"DROP POLICY {policy} ON {schema}.{table}"
