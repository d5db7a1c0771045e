"""SQL for the tables of the Postgres journal, for the migrations of services."""

from collections.abc import Iterable, Iterator

# The roles that serve calls cannot change or delete audit entries and used confirmations. Expired replies are deleted.
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
"""
_AUDIT_LOG = """
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
_TABLE_NAMES = ("write_journal", "used_consents")
# Both are personal data of a moment: the writer deletes them after an hour (`journal.pending`).
_PENDING = """
CREATE TABLE {schema}.pending_confirmations (
    tenant_id text NOT NULL,
    caller text NOT NULL,
    code text NOT NULL,
    content text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, caller, code)
);
CREATE INDEX pending_confirmations_age ON {schema}.pending_confirmations (created_at);
CREATE TABLE {schema}.wrong_codes (
    tenant_id text NOT NULL,
    caller text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX wrong_codes_caller ON {schema}.wrong_codes (tenant_id, caller, created_at);
"""
_PENDING_NAMES = ("pending_confirmations", "wrong_codes")


def create_statements(schema: str, writer: str) -> Iterator[str]:
    """Statements that create the tables and grant rights.

    Args:
        schema: the service's schema.
        writer: the role that serves writes.
    """
    yield from _tables(_TABLES, _TABLE_NAMES, schema, writer)
    yield f"GRANT UPDATE (digest, reply, created_at), DELETE ON {schema}.write_journal TO {writer}"
    yield from audit_log_statements(schema, writer)


def drop_statements(schema: str) -> Iterator[str]:
    """Statements that drop the tables."""
    yield from (f"DROP TABLE {schema}.{table}" for table in ("audit_log", *reversed(_TABLE_NAMES)))


def audit_log_statements(schema: str, writer: str) -> Iterator[str]:
    """Statements that create the audit log with one chain per tenant; the first makes the table."""
    yield from _tables(_AUDIT_LOG, ("audit_log",), schema, writer)
    # The owner verifies the chains of every tenant, so it may read them, and only that.
    yield f"CREATE POLICY verifier ON {schema}.audit_log FOR SELECT TO CURRENT_USER USING (true)"


def create_pending_statements(schema: str, writer: str) -> Iterator[str]:
    """Statements that create the tables of pending confirmations and grant rights."""
    yield from _tables(_PENDING, _PENDING_NAMES, schema, writer)
    yield from (f"GRANT DELETE ON {schema}.{table} TO {writer}" for table in _PENDING_NAMES)


def drop_pending_statements(schema: str) -> Iterator[str]:
    """Statements that drop the tables of pending confirmations."""
    yield from (f"DROP TABLE {schema}.{table}" for table in reversed(_PENDING_NAMES))


def _tables(definitions: str, names: Iterable[str], schema: str, writer: str) -> Iterator[str]:
    rights = (_RIGHTS.format(schema=schema, table=table, writer=writer) for table in names)
    for statements in (definitions.format(schema=schema), *rights):
        yield from (f"{statement};" for statement in statements.split(";\n") if statement.strip())
