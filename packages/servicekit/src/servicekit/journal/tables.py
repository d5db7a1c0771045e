"""SQL for the tables of the Postgres journal, for the migrations of services."""

from collections.abc import Iterator
from typing import Final

from servicekit.audit.tables import audit_log_statements
from servicekit.storage.tenant_tables import tenant_tables

# The roles that serve calls cannot change or delete audit entries and used confirmations. What expired is deleted by a
# function (`expiry_function`).
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
WRITER_RIGHTS: Final = {
    "write_journal": "INSERT UPDATE",
    "used_consents": "INSERT",
    "pending_confirmations": "INSERT DELETE",
    "wrong_codes": "INSERT",
    "audit_log": "INSERT",
    "audit_cuts": "",
}
"""What the writer may do with the kit's tables beside reading, as the last migration leaves it. `check` compares it."""

_TABLE_NAMES = ("write_journal", "used_consents")
# Both are personal data of a moment, kept for an hour (`journal.pending`).
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
    yield from tenant_tables(_TABLES, _TABLE_NAMES, schema, writer)
    yield f"GRANT UPDATE (digest, reply, created_at), DELETE ON {schema}.write_journal TO {writer}"
    yield from audit_log_statements(schema, writer)


def drop_statements(schema: str) -> Iterator[str]:
    """Statements that drop the tables."""
    yield from (f"DROP TABLE {schema}.{table}" for table in ("audit_log", *reversed(_TABLE_NAMES)))


def create_pending_statements(schema: str, writer: str) -> Iterator[str]:
    """Statements that create the tables of pending confirmations and grant rights."""
    yield from tenant_tables(_PENDING, _PENDING_NAMES, schema, writer)
    yield from (f"GRANT DELETE ON {schema}.{table} TO {writer}" for table in _PENDING_NAMES)


def drop_pending_statements(schema: str) -> Iterator[str]:
    """Statements that drop the tables of pending confirmations."""
    yield from (f"DROP TABLE {schema}.{table}" for table in reversed(_PENDING_NAMES))
