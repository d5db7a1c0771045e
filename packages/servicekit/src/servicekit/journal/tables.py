"""The three tables of a journal, for the migration of a service that owns a database."""

from collections.abc import Iterator

# Insert and select only: no role that serves calls may change or remove what was recorded. Only what has expired is
# removed, and not from the audit log.
_TABLES = """
CREATE TABLE {schema}.write_journal (
    tenant_id text NOT NULL,
    caller text NOT NULL,
    tool text NOT NULL,
    key text NOT NULL,
    digest bytea NOT NULL,
    reply text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, caller, tool, key)
);
CREATE INDEX write_journal_age ON {schema}.write_journal (created_at);
CREATE TABLE {schema}.used_consents (
    tenant_id text NOT NULL,
    nonce text NOT NULL,
    used_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, nonce)
);
CREATE TABLE {schema}.audit_log (
    tenant_id text NOT NULL,
    number bigint NOT NULL,
    entry text NOT NULL,
    subject text NOT NULL,
    previous bytea NOT NULL,
    hash bytea NOT NULL,
    PRIMARY KEY (tenant_id, number)
);
CREATE INDEX audit_log_subject ON {schema}.audit_log (tenant_id, subject, number DESC);
"""
_RIGHTS = """
ALTER TABLE {schema}.{table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY writer ON {schema}.{table} TO {writer}
    USING (tenant_id = current_setting('app.tenant', true))
    WITH CHECK (tenant_id = current_setting('app.tenant', true));
GRANT SELECT, INSERT ON {schema}.{table} TO {writer};
"""
_TABLE_NAMES = ("write_journal", "used_consents", "audit_log")


def create_statements(schema: str, writer: str) -> Iterator[str]:
    """What makes the tables.

    Args:
        schema: the service's schema.
        writer: the role that serves writes.
    """
    yield from (f"{statement};" for statement in _TABLES.format(schema=schema).split(";\n") if statement.strip())
    for table in _TABLE_NAMES:
        rights = _RIGHTS.format(schema=schema, table=table, writer=writer)
        yield from (f"{statement};" for statement in rights.split(";\n") if statement.strip())
    yield f"GRANT UPDATE (digest, reply, created_at), DELETE ON {schema}.write_journal TO {writer}"
    # The owner verifies the chains of every tenant, and may read them for that and no more.
    yield f"CREATE POLICY verifier ON {schema}.audit_log FOR SELECT TO CURRENT_USER USING (true)"


def drop_statements(schema: str) -> Iterator[str]:
    """What removes them, with everything in them."""
    yield from (f"DROP TABLE {schema}.{table}" for table in reversed(_TABLE_NAMES))
