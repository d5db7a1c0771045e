"""Enable row-level security by tenant, grant rights to the reader and writer roles, create the journal."""

from alembic import op

from servicekit.journal.latest_tables import drop_journal_statements, journal_statements
from servicekit.storage.row_level_security import drop_policy_statements, policy_statements

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TENANT_TABLES = {"tenants": "id", "invoices": "tenant_id"}

WRITER_GRANTS = (
    "GRANT SELECT ON billing.tenants, billing.invoices TO billing_writer",
    "GRANT UPDATE (status, archived_at, version) ON billing.invoices TO billing_writer",
)


def upgrade() -> None:
    """Enable row-level security, grant rights, create the journal."""
    closed = policy_statements("billing", TENANT_TABLES)
    for statement in (*closed, *WRITER_GRANTS, *journal_statements("billing", "billing_writer")):
        op.execute(statement)


def downgrade() -> None:
    """Drop the journal with its rows and revoke all rights."""
    journal = drop_journal_statements("billing", "billing_writer")
    for statement in (*journal, *drop_policy_statements("billing", TENANT_TABLES)):
        op.execute(statement)
