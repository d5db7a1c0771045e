"""Divide the audit log into lanes and monthly partitions. Its entries are kept, in lane 0."""

from alembic import op

from servicekit.audit.tables import drop_lanes_statements, lanes_statements

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Move the entries into the new log."""
    for statement in lanes_statements("ticketing", "ticketing_writer"):
        op.execute(statement)


def downgrade() -> None:
    """Move the entries back into one chain per tenant. The records of what retention removed are dropped."""
    for statement in drop_lanes_statements("ticketing", "ticketing_writer"):
        op.execute(statement)
