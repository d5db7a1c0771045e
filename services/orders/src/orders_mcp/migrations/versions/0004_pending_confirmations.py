"""Create the tables of confirmations that wait for a person."""

from alembic import op

from servicekit.journal.tables import create_pending_statements, drop_pending_statements

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    for statement in create_pending_statements("orders", "orders_writer"):
        op.execute(statement)


def downgrade() -> None:
    """Drop the tables. Previews that were shown cannot be confirmed any more."""
    for statement in drop_pending_statements("orders"):
        op.execute(statement)
