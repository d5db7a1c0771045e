"""SQL for every table of the Postgres journal in its latest form, for the first migration of a new service.

Services that began earlier have these steps in several migrations.
"""

from collections.abc import Iterator

from servicekit.audit.tables import drop_lanes_statements, lanes_statements
from servicekit.journal.expiry_function import drop_expiry_statements, expiry_statements
from servicekit.journal.tables import (
    create_pending_statements,
    create_statements,
    drop_pending_statements,
    drop_statements,
)


def journal_statements(schema: str, writer: str) -> Iterator[str]:
    """Statements that create the journal, pending confirmations and the audit log, and grant rights.

    Args:
        schema: the service's schema.
        writer: the role that serves writes.
    """
    yield from create_statements(schema, writer)
    yield from create_pending_statements(schema, writer)
    yield from lanes_statements(schema, writer)
    yield from expiry_statements(schema, writer)


def drop_journal_statements(schema: str, writer: str) -> Iterator[str]:
    """Statements that drop all of it with its rows."""
    yield from drop_expiry_statements(schema, writer)
    yield from drop_lanes_statements(schema, writer)
    yield from drop_pending_statements(schema)
    yield from drop_statements(schema)
