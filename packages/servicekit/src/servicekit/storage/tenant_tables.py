"""SQL for tables whose rows belong to tenants, as the kit itself needs them."""

from collections.abc import Iterable, Iterator

_RIGHTS = """
ALTER TABLE {schema}.{table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY writer ON {schema}.{table} TO {writer}
    USING (tenant_id = current_setting('app.tenant', true))
    WITH CHECK (tenant_id = current_setting('app.tenant', true));
GRANT SELECT, INSERT ON {schema}.{table} TO {writer};
"""


def tenant_tables(definitions: str, names: Iterable[str], schema: str, writer: str) -> Iterator[str]:
    """Statements that create tables, let `writer` read and add rows of its tenant, and let others do nothing.

    Args:
        definitions: the SQL, with `{schema}`, in statements that end with a semicolon and a line break.
        names: the tables in it.
    """
    rights = (_RIGHTS.format(schema=schema, table=table, writer=writer) for table in names)
    for statements in (definitions.format(schema=schema), *rights):
        yield from (f"{statement};" for statement in statements.split(";\n") if statement.strip())
