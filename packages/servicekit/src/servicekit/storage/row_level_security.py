"""SQL for row-level security by tenant, for the migrations of services.

The tenant is the session setting `app.tenant`. If it is null or empty, it equals no tenant and no row is visible.
Access needs both a policy and a grant, so that a mistake in one of them gives no access.
"""

from collections.abc import Iterator, Mapping

_TENANT_MATCHES = "{column} = current_setting('app.tenant', true)"


def policy_statements(schema: str, tables: Mapping[str, str]) -> Iterator[str]:
    """Enable row-level security, for the owner too, add policies by tenant, and grant SELECT to the reader.

    The service itself grants rights to the writer.

    Args:
        schema: the service's schema, and the prefix of its roles.
        tables: each table with its tenant column.
    """
    for table, column in tables.items():
        own = _TENANT_MATCHES.format(column=column)
        yield f"ALTER TABLE {schema}.{table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY"
        yield f"CREATE POLICY reader ON {schema}.{table} FOR SELECT TO {schema}_reader USING ({own})"
        for policy, role in (("writer", f"{schema}_writer"), ("owner", "CURRENT_USER")):
            yield f"CREATE POLICY {policy} ON {schema}.{table} TO {role} USING ({own}) WITH CHECK ({own})"
    yield f"GRANT USAGE ON SCHEMA {schema} TO {schema}_reader, {schema}_writer"
    for table in tables:
        yield f"GRANT SELECT ON {schema}.{table} TO {schema}_reader"


def drop_policy_statements(schema: str, tables: Mapping[str, str]) -> Iterator[str]:
    """Revoke every grant and drop the policies. Row-level security stays on, so only superusers see rows."""
    yield f"REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM {schema}_reader, {schema}_writer"
    yield f"REVOKE ALL ON SCHEMA {schema} FROM {schema}_reader, {schema}_writer"
    for table in tables:
        for policy in ("reader", "writer", "owner"):
            yield f"DROP POLICY {policy} ON {schema}.{table}"
